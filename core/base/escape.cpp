#include "core/base/escape.h"

#include <algorithm>
#include <cstdint>

namespace strata {

namespace {

// The length of the valid UTF-8 sequence at the front of `bytes`, or 0 (RFC 3629: shortest form, no surrogates).
std::size_t sequence_length(std::string_view bytes, std::uint32_t& code_point) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::uint8_t first = at(0);
  if (first < 0x80) {
    code_point = first;
    return 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) return 0;
  code_point = first & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (at(i) & 0x3f);
  }
  const bool shortest = length == 2 || (length == 3 && code_point >= 0x800) || (length == 4 && code_point >= 0x10000);
  const bool scalar = code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
  return shortest && scalar ? length : 0;
}

// The length of what stands for one U+FFFD: the longest beginning of a valid sequence, at least one byte.
std::size_t broken_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::uint8_t first = at(0);
  const std::size_t whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 1;
  // The second byte of some: no overlong forms, no surrogates, nothing above U+10FFFF.
  const std::uint8_t least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const std::uint8_t most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  std::size_t length = 1;
  while (length < whole && length < bytes.size() && at(length) >= (length == 1 ? least : 0x80) &&
         at(length) <= (length == 1 ? most : 0xbf))
    ++length;
  return length;
}

void append_hex(std::string& out, std::uint32_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) out.push_back("0123456789abcdef"[value >> (4 * i) & 15]);
}

bool reorders_text(std::uint32_t c) {
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c;
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    std::uint32_t c = 0;
    const auto length = sequence_length(text, c);
    if (length == 0) {
      out += "\\x";
      append_hex(out, static_cast<std::uint8_t>(text[0]), 2);
      text.remove_prefix(1);
      continue;
    }
    if ((c < 0x20 && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0)) {
      out += "\\x";
      append_hex(out, c, 2);
    } else if (reorders_text(c) || c == 0x2028 || c == 0x2029 || c == 0xfeff) {
      out += "\\u";
      append_hex(out, c, 4);
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string replace_invalid_utf8(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto valid = std::min(find_invalid_utf8(bytes), bytes.size());
    out.append(bytes.substr(0, valid));
    bytes.remove_prefix(valid);
    if (bytes.empty()) break;
    out += "\xef\xbf\xbd";
    bytes.remove_prefix(broken_length(bytes));
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t characters = 0;
  bool after_blank = false;
  for (const char c : printable(text)) {
    if (c == '\n' || c == '\t' || c == ' ') {
      after_blank = !out.empty();
      continue;
    }
    const bool begins_character = (static_cast<std::uint8_t>(c) & 0xc0) != 0x80;
    if (begins_character) {
      characters += after_blank ? 2 : 1;
      if (characters > most) return out + "…";
      if (after_blank) out.push_back(' ');
      after_blank = false;
    }
    out.push_back(c);
  }
  return out;
}

std::size_t find_invalid_utf8(std::string_view bytes) {
  std::size_t offset = 0;
  std::uint32_t c = 0;
  while (offset < bytes.size()) {
    const auto length = sequence_length(bytes.substr(offset), c);
    if (length == 0) return offset;
    offset += length;
  }
  return std::string_view::npos;
}

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<std::uint8_t>(c) & 0xc0) != 0x80;
  return count;
}

}  // namespace strata
