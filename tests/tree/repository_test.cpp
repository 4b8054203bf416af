// What is true of the repository as a whole.
#include "tests/tree/source_tree.h"

#include <catch2/catch.hpp>

#include <regex>
#include <set>

using namespace strata::test;

namespace {

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}
std::string name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// All words between the parentheses of calls whose name matches `function`.
std::set<std::string> arguments_of(const std::string& cmake, const std::string& function) {
  const std::regex call(function + "\\(([^)]*)\\)");
  std::set<std::string> words;
  for (std::sregex_iterator at(cmake.begin(), cmake.end(), call), end; at != end; ++at) {
    const auto inside = (*at)[1].str();
    const std::regex word("[^ \n]+");
    for (std::sregex_iterator part(inside.begin(), inside.end(), word), last; part != last; ++part)
      words.insert(part->str());
  }
  return words;
}

// Paths that only the machine has on which they were written.
std::vector<std::string> paths_of_a_machine(const std::string& text) {
  std::vector<std::string> found;
  const std::string build_folder = STRATA_BINARY_DIR;
  const std::string source_folder = STRATA_SOURCE_DIR;
  for (const auto& folder : {build_folder, source_folder}) {
    // A folder right below the root, such as a container's /src, may well be named on purpose.
    if (folder.rfind('/') != 0 && text.find(folder) != std::string::npos) found.push_back(folder);
  }
  const std::regex home("/(home|Users)/[a-z][a-z0-9_-]*/");
  for (std::sregex_iterator at(text.begin(), text.end(), home), end; at != end; ++at) found.push_back(at->str());
  return found;
}

}  // namespace

TEST_CASE("repository: every test is built", "[tree]") {
  int tests = 0;
  for (const auto& path : files_of_repository()) {
    if (!begins_with(path, "tests/") || !ends_with(path, "_test.cpp")) continue;
    ++tests;
    const auto cmake = text_of(folder_of(path) + "/CMakeLists.txt");
    if (arguments_of(cmake, "strata[a-z_]*_test").count(name_of(path)) == 0)
      FAIL_CHECK(path << " is in no test of its CMakeLists.txt");
  }
  CHECK(tests > 20);
}

TEST_CASE("repository: every folder of tests is built", "[tree]") {
  const auto folders = arguments_of(text_of("tests/CMakeLists.txt"), "foreach");
  REQUIRE(folders.count("tree") == 1);
  for (const auto& path : files_of_repository()) {
    const auto folder = folder_of(path);
    if (!begins_with(path, "tests/") || name_of(path) != "CMakeLists.txt" || folder == "tests" ||
        folder == "tests/support")
      continue;
    if (folders.count(folder.substr(6)) == 0) FAIL_CHECK(folder << " is not named by tests/CMakeLists.txt");
  }
}

TEST_CASE("repository: no file names a path of the machine it was written on", "[tree]") {
  CHECK(paths_of_a_machine(std::string("cd /ho") + "me/somebody/strata && make").size() == 1);
  CHECK(paths_of_a_machine("/usr/lib/postgresql and /tmp/x").empty());
  for (const auto& path : files_of_repository()) {
    for (const auto& found : paths_of_a_machine(text_of(path))) FAIL_CHECK(path << " names " << found);
  }
}
