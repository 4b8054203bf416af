// tests/faults/README.md says which test shows what strata does about which fault: it has to stay true.
#include "tests/tree/source_tree.h"

#include <catch2/catch.hpp>

#include <map>
#include <regex>
#include <set>
#include <sstream>

using namespace strata::test;

namespace {

// The names of all tests, and of the soak's scenarios as "soak NAME".
std::set<std::string> names_of_tests() {
  std::set<std::string> names;
  const std::regex test("TEST_CASE\\(((?:\\s*\"(?:[^\"\\\\]|\\\\.)*\")+)");
  const std::regex piece("\"((?:[^\"\\\\]|\\\\.)*)\"");
  const std::regex scenario("\\{\"([a-z-]+)\",\\s*\"");
  for (const auto& path : files_of_repository()) {
    if (!begins_with(path, "tests/") || !ends_with(path, ".cpp")) continue;
    const auto text = text_of(path);
    for (std::sregex_iterator at(text.begin(), text.end(), test), end; at != end; ++at) {
      const auto pieces = (*at)[1].str();
      std::string name;
      for (std::sregex_iterator part(pieces.begin(), pieces.end(), piece), last; part != last; ++part)
        name += (*part)[1].str();
      names.insert(std::regex_replace(name, std::regex("\\\\(.)"), "$1"));
    }
    if (path != "tests/faults/soak/main.cpp") continue;
    for (std::sregex_iterator at(text.begin(), text.end(), scenario), end; at != end; ++at)
      names.insert("soak " + (*at)[1].str());
  }
  return names;
}

}  // namespace

TEST_CASE("fault table: every fault and every invariant has its line, and every test that a line names is there",
          "[tree]") {
  const auto names = names_of_tests();
  REQUIRE(names.size() > 700);
  // How many faults there are of each kind, and invariants: reliability facts, 2.7 and 3.4.
  const std::map<char, int> counts = {{'P', 28}, {'L', 22}, {'C', 30}, {'M', 32}, {'G', 18}, {'S', 16}, {'I', 15}};
  std::set<std::string> missing;
  for (const auto& [kind, count] : counts) {
    for (int i = 1; i <= count; ++i) missing.insert(kind + std::to_string(i));
  }
  const std::regex row("\\| ([PLCMGSI][0-9]+) \\| (.*) \\|");
  const std::regex quoted("`([^`]+)`");
  std::istringstream lines(text_of("tests/faults/README.md"));
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, row)) continue;
    INFO(line);
    CHECK(missing.erase(found[1]) == 1);
    const auto shown_by = found[2].str();
    int tests = 0;
    for (std::sregex_iterator at(shown_by.begin(), shown_by.end(), quoted), end; at != end; ++at) {
      const auto name = (*at)[1].str();
      if (name.find(": ") == std::string::npos && !begins_with(name, "soak ")) continue;  // a command, a file
      INFO(name);
      CHECK(names.count(name) == 1);
      ++tests;
    }
    CHECK(tests > 0);
  }
  for (const auto& id : missing) FAIL_CHECK(id << " has no line");
}
