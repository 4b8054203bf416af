// Which servers strata works with.
#pragma once

namespace strata {

// The newest major version that the tests run against (tests/servers).
inline constexpr int newest_tested_postgres = 18;

enum class ServerSupport {
  too_old,  // before 12: refused
  tested,
  newer,  // than anything that the tests have seen: works as far as anybody knows, and is worth a warning
};

// `version` as libpq gives it: 150020; of a development version too.
constexpr ServerSupport support_of(int version) {
  const int major = version / 10'000;
  if (major < 12) return ServerSupport::too_old;
  return major > newest_tested_postgres ? ServerSupport::newer : ServerSupport::tested;
}

}  // namespace strata
