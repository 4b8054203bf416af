// Databases as the environment names them.
#pragma once

#include "core/config/database_address.h"

#include <map>

namespace strata::test {

using Variables = std::map<std::string, std::string>;

inline Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

inline Config config_with_url(const std::string& url) {
  Config config;
  config.targets["default"].url = url;
  return config;
}

// All of an error that anybody gets to see.
inline std::string shown(const Error& error) {
  return error.message + "\n" + error.next + "\n" + error.where.file + "\n" + error.subject;
}

}  // namespace strata::test
