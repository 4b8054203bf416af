// Who may include whom, and where an outside library is spoken to.
#include "tests/tree/source_tree.h"

#include <catch2/catch.hpp>

#include <optional>
#include <regex>
#include <set>

using namespace strata::test;

namespace {

// Only leftwards: a room includes itself and the rooms before it.
const std::vector<std::string> rooms = {"base",     "model",   "inventory", "config",       "sql",
                                        "schema",   "prisma",  "plugin.h",  "plugins/host", "discovery",
                                        "catalog",  "collate", "plan",      "forecast",     "state",
                                        "postgres", "execute", "runner",    "report",       "cli"};

struct OutsideLibrary {
  std::string header;  // or the beginning of it
  std::set<std::string> rooms;
};
const std::vector<OutsideLibrary> outside_libraries = {
    {"tl/expected.hpp", {"base"}},
    {"openssl/", {"base"}},
    {"toml++/", {"config", "discovery"}},
    {"pg_query.h", {"sql"}},
    {"boost/dll/", {"plugins/host"}},
    {"boost/process", {"cli"}},
    {"boost/filesystem", {"discovery", "plugins/host"}},
    {"sqlite3.h", {"state"}},
    {"zstd.h", {"state"}},
    {"libpq-fe.h", {"postgres"}},
    {"spdlog/", {"state", "postgres", "execute", "runner", "cli"}},
    {"nlohmann/",
     {"inventory", "prisma", "discovery", "plan", "forecast", "state", "postgres", "execute", "runner", "report",
      "cli"}},
    {"CLI/", {"cli"}},
};

// The one outside header that headers of ours may include.
const std::pair<std::string, std::string> allowed_in_header = {"core/base/result.h", "tl/expected.hpp"};

std::string room_of(const std::string& path) {
  for (const auto* folder : {"plugins/host", "state"}) {
    if (begins_with(path, std::string(folder) + "/")) return folder;
  }
  if (path == "strata/plugin.h" || path == "plugins/include/strata/plugin.h") return "plugin.h";
  if (!begins_with(path, "core/")) return "";
  const auto slash = path.find('/', 5);
  return slash == std::string::npos ? "runner" : path.substr(5, slash - 5);
}

std::optional<std::size_t> place_of(const std::string& room) {
  const auto found = std::find(rooms.begin(), rooms.end(), room);
  if (found == rooms.end()) return std::nullopt;
  return static_cast<std::size_t>(found - rooms.begin());
}

bool is_of_the_system(const std::string& header) {
  const auto slash = header.find('/');
  return slash == std::string::npos ||
         std::set<std::string>{"sys", "net", "netinet", "arpa", "linux"}.count(header.substr(0, slash)) == 1;
}

std::string problem_with_ours(const std::string& path, const std::string& included) {
  const auto from = place_of(room_of(path));
  const auto to = place_of(room_of(included));
  if (!from) return "lies in a room that the include line does not have";
  if (!to) return "is no path from the root into a room of the include line";
  return *to > *from ? "is of a later room" : "";
}

std::string problem_with_outside(const std::string& path, const std::string& header) {
  for (const auto& library : outside_libraries) {
    if (!begins_with(header, library.header)) continue;
    if (library.rooms.count(room_of(path)) == 0) return "is spoken to in another room";
    return ends_with(path, ".h") && allowed_in_header != std::pair(path, header) ? "does not belong into a header" : "";
  }
  return is_of_the_system(header) ? "" : "is of a library that no room is named for";
}

std::vector<std::string> problems_in(const std::string& path, const std::string& text) {
  static const std::regex include("^[ \t]*#[ \t]*include[ \t]*([\"<])([^\">]+)[\">]", std::regex::multiline);
  std::vector<std::string> problems;
  for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) {
    const auto included = (*at)[2].str();
    const auto problem = (*at)[1] == "\"" ? problem_with_ours(path, included) : problem_with_outside(path, included);
    if (!problem.empty()) problems.push_back(path + ": " + included + " " + problem);
  }
  return problems;
}

bool is_product_source(const std::string& path) {
  const bool in_a_room = begins_with(path, "core/") || begins_with(path, "state/") || begins_with(path, "plugins/");
  return in_a_room &&
         (ends_with(path, ".h") || ends_with(path, ".hpp") || ends_with(path, ".cpp") || ends_with(path, ".c"));
}

}  // namespace

TEST_CASE("include line: an arrow the wrong way is found", "[tree]") {
  const auto [path, include] = GENERATE(table<std::string, std::string>({
      {"core/base/x.cpp", "#include \"core/model/module.h\""},
      {"core/catalog/x.h", "#include \"core/plan/plan.h\""},
      {"plugins/host/x.cpp", "# include \"core/discovery/bundle.h\""},
      {"core/plan/x.cpp", "#include \"state/ledger.h\""},
      {"state/x.cpp", "  #include \"core/postgres/pg_session.h\""},
      {"core/execute/x.cpp", "#include \"core/runner.h\""},
      {"core/deploy.cpp", "#include \"core/report/text_report.h\""},
      {"core/report/x.cpp", "#include \"core/cli/workbench.h\""},
      {"core/plan/x.cpp", "#include \"plan.h\""},
      {"core/plan/x.cpp", "#include \"tests/support/builders.h\""},
      {"core/nowhere/x.cpp", "#include \"core/base/result.h\""},
      {"core/plan/x.cpp", "#include <libpq-fe.h>"},
      {"core/cli/x.cpp", "#include <sqlite3.h>"},
      {"core/catalog/x.cpp", "#include <spdlog/spdlog.h>"},
      {"core/discovery/x.cpp", "#include <boost/dll/shared_library.hpp>"},
      {"core/postgres/pg_session.h", "#include <libpq-fe.h>"},
      {"state/sqlite.h", "#include <sqlite3.h>"},
      {"core/model/x.h", "#include <tl/expected.hpp>"},
      {"core/cli/x.cpp", "#include <absl/strings/str_cat.h>"},
  }));
  INFO(path << ": " << include);
  CHECK(problems_in(path, "#pragma once\n" + include + "\n").size() == 1);
}

TEST_CASE("include line: an arrow the right way is none", "[tree]") {
  CHECK(
      problems_in(
          "core/plan/x.cpp",
          "#include \"core/plan/plan.h\"\n#include \"core/base/result.h\"\n#include <vector>\n#include <sys/stat.h>\n")
          .empty());
  CHECK(problems_in("core/cli/x.cpp",
                    "#include \"core/origin.h\"\n#include \"strata/plugin.h\"\n#include <CLI/CLI.hpp>\n")
            .empty());
  CHECK(problems_in("core/base/result.h", "#include <tl/expected.hpp>\n").empty());
}

TEST_CASE("include line: every source keeps to it", "[tree]") {
  int sources = 0;
  for (const auto& path : files_of_repository()) {
    if (!is_product_source(path)) continue;
    ++sources;
    for (const auto& problem : problems_in(path, text_of(path))) FAIL_CHECK(problem);
  }
  CHECK(sources > 100);
}

TEST_CASE("include line: what is included is there", "[tree]") {
  const std::regex include("^#include \"([^\"]+)\"", std::regex::multiline);
  for (const auto& path : files_of_repository()) {
    if (!is_product_source(path)) continue;
    const auto text = text_of(path);
    for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) {
      const auto included = (*at)[1].str();
      INFO(path << " includes " << included);
      CHECK((std::filesystem::exists(std::string(STRATA_SOURCE_DIR "/") + included) ||
             std::filesystem::exists(std::string(STRATA_SOURCE_DIR "/plugins/include/") + included)));
    }
  }
}

TEST_CASE("include line: a module needs nothing of strata but plugin.h", "[tree]") {
  const auto text = text_of("plugins/include/strata/plugin.h");
  const std::regex include("#include *([\"<][^\">]+[\">])");
  std::set<std::string> headers;
  for (std::sregex_iterator at(text.begin(), text.end(), include), end; at != end; ++at) headers.insert((*at)[1]);
  CHECK(headers == std::set<std::string>{"<stddef.h>", "<stdint.h>"});
}
