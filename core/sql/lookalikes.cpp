#include "core/sql/lookalikes.h"

#include <cstdint>

namespace strata {

namespace {

// The code point at the front of valid UTF-8, which is cut off.
std::uint32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : 4;
  std::uint32_t c = length == 1 ? byte(0) : byte(0) & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) c = c << 6 | (byte(i) & 0x3f);
  text.remove_prefix(length);
  return c;
}

}  // namespace

std::size_t find_reordering(std::string_view text) {
  for (auto at = text.find('\xe2'); at != std::string_view::npos; at = text.find('\xe2', at + 1)) {
    auto rest = text.substr(at);
    const auto c = take_character(rest);
    if ((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) return at;
  }
  return std::string_view::npos;
}

bool is_lookalike(std::string_view name) {
  bool latin = false;
  bool foreign = false;
  while (!name.empty()) {
    const auto c = take_character(name);
    latin |= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0x24f);
    foreign |= (c >= 0x370 && c <= 0x52f) || (c >= 0x1f00 && c <= 0x1fff);
    if ((c >= 0x200b && c <= 0x200f) || c == 0x2060 || c == 0xfeff || c == 0xad) return true;
  }
  return latin && foreign;
}

}  // namespace strata
