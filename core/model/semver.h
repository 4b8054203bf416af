// Versions of modules and the ranges that others ask for (semver.org 2.0; ranges as npm writes them, less the exotic).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct Version {
  std::uint64_t major = 0, minor = 0, patch = 0;
  std::string prerelease;  // "rc.1" of 1.0.0-rc.1; build metadata (+…) is read and dropped

  // Semver's precedence: 1.0.0-alpha < 1.0.0-alpha.1 < 1.0.0-beta < 1.0.0.
  std::strong_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }
  std::string text() const;
};

std::optional<Version> parse_version(std::string_view text);  // three numbers, no leading zeros

// A comparator list, all of which must hold: ">= 1.2", ">=1.2 <2", "^1.4.0", "~1.4", "= 1.0.0", "1.2.3", "*".
// Missing parts count as zero in comparisons; a bare "1.2" means any 1.2.x.
class VersionRange {
 public:
  static std::optional<VersionRange> parse(std::string_view text);
  bool contains(const Version& version) const;
  const std::string& text() const { return text_; }

 private:
  struct Bound {
    Version least;                  // inclusive unless `open`
    bool open = false;              // > rather than >=
    std::optional<Version> beyond;  // exclusive upper bound
    bool bounded_below = true;
    bool includes_upper = false;  // <= rather than <
  };
  std::vector<Bound> bounds_;
  std::string text_;
};

}  // namespace strata
