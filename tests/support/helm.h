// The helms that scripts/helm fetches, for the tests of the chart.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace strata::test {

// Where scripts/helm puts helm3 and helm4.
inline std::filesystem::path helm_folder() {
  namespace fs = std::filesystem;
  if (const char* given = std::getenv("STRATA_HELM")) return given;
  if (const char* cache = std::getenv("XDG_CACHE_HOME")) return fs::path(cache) / "strata" / "helm";
  const char* home = std::getenv("HOME");
  return fs::path(home == nullptr ? "/" : home) / ".cache" / "strata" / "helm";
}

}  // namespace strata::test
