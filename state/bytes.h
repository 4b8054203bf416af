// Numbers and texts as strata writes them for ever: a number is 8 bytes, big-endian; a text its length, then its bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

inline void put_number(std::string& out, std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(bits >> shift & 0xff));
}

inline void put_text(std::string& out, std::string_view text) {
  put_number(out, static_cast<std::int64_t>(text.size()));
  out.append(text);
}

// Reads them back from bytes that nobody vouches for. nullopt: what is left is too short; nothing is consumed then.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : bytes_(bytes) {}

  std::size_t offset() const { return offset_; }
  bool at_end() const { return offset_ == bytes_.size(); }
  bool next_is(std::uint8_t byte) const { return !at_end() && static_cast<std::uint8_t>(bytes_[offset_]) == byte; }

  std::optional<std::string_view> take(std::uint64_t size) {
    if (size > bytes_.size() - offset_) return std::nullopt;
    const auto taken = bytes_.substr(offset_, size);
    offset_ += size;
    return taken;
  }

  std::optional<std::int64_t> take_number() {
    const auto taken = take(8);
    if (!taken) return std::nullopt;
    std::uint64_t bits = 0;
    for (const char byte : *taken) bits = bits << 8 | static_cast<std::uint8_t>(byte);
    return static_cast<std::int64_t>(bits);
  }

  std::optional<std::string_view> take_text() {
    const auto begin = offset_;
    const auto size = take_number();
    const auto text = size ? take(static_cast<std::uint64_t>(*size)) : std::nullopt;
    if (!text) offset_ = begin;
    return text;
  }

 private:
  std::string_view bytes_;
  std::size_t offset_ = 0;
};

}  // namespace strata
