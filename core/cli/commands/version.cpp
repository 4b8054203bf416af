#include "core/cli/components.h"
#include "core/cli/workbench.h"

#include "core/origin.h"

#include <link.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace strata {

namespace {

#ifdef __clang__
constexpr const char* compiler = __VERSION__;
#else
constexpr const char* compiler = "GCC " __VERSION__;
#endif

// The files of the shared libraries in this process, as the loader found them.
std::vector<std::string> loaded_libraries() {
  std::vector<std::string> paths;
  dl_iterate_phdr(
      [](dl_phdr_info* object, std::size_t, void* into) {
        const std::string path = object->dlpi_name;
        if (path.find('/') != std::string::npos) static_cast<std::vector<std::string>*>(into)->push_back(path);
        return 0;
      },
      &paths);
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string version_as_json() {
  nlohmann::ordered_json document = {{"format", 1}, {"version", strata_version}, {"compiler", compiler}};
  auto& built_with = document["components"] = nlohmann::ordered_json::array();
  for (const auto& component : components)
    built_with.push_back({{"name", component.name},
                          {"kind", component.kind},
                          {"package", component.package},
                          {"version", component.version}});
  document["loaded"] = loaded_libraries();
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace

void add_version(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("version", "The version of strata; with --json also of all that it is built from");
  sub->footer(
      "With --json: each library with its Debian package and version at build time, and the files that this\n"
      "process has loaded. The same as a CycloneDX file: share/strata/strata.cdx.json of an installation.\n\n"
      "Example:  strata version --json");
  sub->callback([&bench] {
    bench.chosen = [&bench] {
      bench.print(bench.options.json ? version_as_json() : std::string("strata ") + strata_version + "\n");
      return 0;
    };
  });
}

}  // namespace strata
