// module.toml (design 4.3): what a module says of itself.
#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct Manifest {
  std::string id;
  std::string version;
  std::vector<std::string> requirements;  // "identity >= 1.2", as written
  std::vector<std::string> owned_schemas;
  std::string team;
};

// Fails with bad_module at line and column, for unknown keys as well. Whether id, version and requirements are well
// formed is checked where a module is assembled, for folders and plugins alike.
Result<Manifest> parse_manifest(std::string_view toml, const std::string& path);

}  // namespace strata
