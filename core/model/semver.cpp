#include "core/model/semver.h"

#include <algorithm>
#include <charconv>

namespace strata {

namespace {

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  if (!all_digits(text) || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return std::nullopt;
  return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool valid_identifiers(std::string_view dotted, bool numbers_without_leading_zero) {
  for (const auto part : split(dotted, '.')) {
    const bool characters = !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
    });
    if (!characters) return false;
    if (numbers_without_leading_zero && all_digits(part) && !number(part)) return false;
  }
  return true;
}

std::strong_ordering compare_prerelease(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() <=> b.empty();  // a release comes after its pre-releases
  const auto left = split(a, '.');
  const auto right = split(b, '.');
  for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
    const auto m = number(left[i]);
    const auto n = number(right[i]);
    if (m && n && *m != *n) return *m <=> *n;
    if (m.has_value() != n.has_value()) return m ? std::strong_ordering::less : std::strong_ordering::greater;
    if (!m && left[i] != right[i]) return left[i] <=> right[i];
  }
  return left.size() <=> right.size();
}

// A version of which the last parts may be missing: how many were there is `parts`.
struct PartialVersion {
  Version version;
  std::size_t parts = 0;
};

std::optional<PartialVersion> parse_partial(std::string_view text) {
  PartialVersion partial;
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    if (!valid_identifiers(text.substr(plus + 1), false)) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const auto hyphen = text.find('-'); hyphen != std::string_view::npos) {
    if (!valid_identifiers(text.substr(hyphen + 1), true)) return std::nullopt;
    partial.version.prerelease = text.substr(hyphen + 1);
    text = text.substr(0, hyphen);
  }
  const auto numbers = split(text, '.');
  if (numbers.size() > 3) return std::nullopt;
  std::uint64_t* const slots[] = {&partial.version.major, &partial.version.minor, &partial.version.patch};
  for (const auto part : numbers) {
    const auto value = number(part);
    if (!value) return std::nullopt;
    *slots[partial.parts++] = *value;
  }
  if (!partial.version.prerelease.empty() && partial.parts != 3) return std::nullopt;
  return partial;
}

Version next_minor(const Version& v) {
  return {v.major, v.minor + 1, 0, {}};
}
Version next_major(const Version& v) {
  return {v.major + 1, 0, 0, {}};
}

// What ^1.2.3 stops at: the next change of the left-most part that is not zero.
Version caret_limit(const PartialVersion& p) {
  if (p.version.major > 0 || p.parts == 1) return next_major(p.version);
  if (p.version.minor > 0 || p.parts == 2) return next_minor(p.version);
  return {0, 0, p.version.patch + 1, {}};
}

}  // namespace

std::strong_ordering Version::operator<=>(const Version& other) const {
  if (const auto order = major <=> other.major; order != 0) return order;
  if (const auto order = minor <=> other.minor; order != 0) return order;
  if (const auto order = patch <=> other.patch; order != 0) return order;
  return compare_prerelease(prerelease, other.prerelease);
}

std::string Version::text() const {
  auto text = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  return prerelease.empty() ? text : text + "-" + prerelease;
}

std::optional<Version> parse_version(std::string_view text) {
  const auto partial = parse_partial(text);
  if (!partial || partial->parts != 3) return std::nullopt;
  return partial->version;
}

std::optional<VersionRange> VersionRange::parse(std::string_view text) {
  VersionRange range;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  range.text_ = text;
  if (text.empty()) return std::nullopt;
  if (text == "*") return range;
  while (!text.empty()) {
    const auto version_at = text.find_first_not_of("<>=^~ ");
    if (version_at == std::string_view::npos) return std::nullopt;
    std::string comparator;
    for (const char c : text.substr(0, version_at)) {
      if (c != ' ') comparator.push_back(c);
    }
    text.remove_prefix(version_at);
    const auto version_end = text.find_first_of(" ,<>=^~");
    const auto partial = parse_partial(text.substr(0, version_end));
    if (!partial) return std::nullopt;
    text.remove_prefix(version_end == std::string_view::npos ? text.size() : version_end);
    while (!text.empty() && (text.front() == ' ' || text.front() == ',')) text.remove_prefix(1);

    Bound bound{.least = partial->version, .open = false, .beyond = {}, .bounded_below = true, .includes_upper = false};
    if (comparator == ">") {
      bound.open = true;
    } else if (comparator == "<" || comparator == "<=") {
      bound.bounded_below = false;
      bound.beyond = partial->version;
      bound.includes_upper = comparator == "<=";
    } else if (comparator == "^") {
      bound.beyond = caret_limit(*partial);
    } else if (comparator == "~") {
      bound.beyond = partial->parts == 1 ? next_major(partial->version) : next_minor(partial->version);
    } else if (comparator.empty() || comparator == "=") {
      bound.beyond = partial->parts == 1   ? next_major(partial->version)
                     : partial->parts == 2 ? next_minor(partial->version)
                                           : partial->version;
      bound.includes_upper = partial->parts == 3;
    } else if (comparator != ">=") {
      return std::nullopt;
    }
    range.bounds_.push_back(std::move(bound));
  }
  return range;
}

bool VersionRange::contains(const Version& version) const {
  return std::all_of(bounds_.begin(), bounds_.end(), [&](const Bound& bound) {
    if (bound.bounded_below && (bound.open ? version <= bound.least : version < bound.least)) return false;
    if (!bound.beyond) return true;
    if (bound.includes_upper) return version <= *bound.beyond;
    // 2.0.0-rc.1 is not what somebody means who asks for < 2.0.0; who asks for < 2.0.0-rc.2 names pre-releases himself.
    const Version release{version.major, version.minor, version.patch, {}};
    return version < *bound.beyond && (!bound.beyond->prerelease.empty() || release < *bound.beyond);
  });
}

}  // namespace strata
