#include "core/cli/workbench.h"

#include "core/origin.h"

#include <CLI/CLI.hpp>

namespace strata {

void add_version(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("version", "The version of strata");
  sub->footer("Example:  strata version --json");
  sub->callback([&bench] {
    bench.chosen = [&bench] {
      bench.print(bench.options.json
                      ? std::string("{\n  \"format\": 1,\n  \"version\": \"") + strata_version + "\"\n}\n"
                      : std::string("strata ") + strata_version + "\n");
      return 0;
    };
  });
}

}  // namespace strata
