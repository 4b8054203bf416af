// Which servers strata works with.
#pragma once

#include <charconv>
#include <string_view>

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

// Of a version as a server tells it: "15.20 (Debian …)", "18beta1". 0: there is none in it.
inline int major_in(std::string_view version) {
  int major = 0;
  std::from_chars(version.data(), version.data() + version.size(), major);
  return major;
}

}  // namespace strata
