// The text format of Prometheus, as a reader sees it.
#pragma once

#include <set>
#include <sstream>
#include <string>

namespace strata::test {

// Every sample stands under the announcement of its family, and no family is announced twice.
inline bool is_in_families(const std::string& text) {
  std::istringstream lines(text);
  std::set<std::string> families;
  std::string family;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      if (!families.insert(family).second) return false;
    } else if (!line.starts_with("#") && line.substr(0, line.find_first_of("{ ")) != family) {
      return false;
    }
  }
  return !families.empty();
}

}  // namespace strata::test
