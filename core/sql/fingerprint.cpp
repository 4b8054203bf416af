#include "core/sql/fingerprint.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace strata {

namespace {

constexpr std::size_t block_size = 65'536;

std::array<char, 8> big_endian(std::uint64_t number) {
  std::array<char, 8> bytes{};
  for (std::size_t i = bytes.size(); i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  return bytes;
}

std::size_t count_of(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + what.size())) ++count;
  return count;
}

}  // namespace

void Fingerprint::add_token(std::string_view token) {
  const auto length = big_endian(token.size() - count_of("\r\n", token));
  write({length.data(), length.size()});
  for (auto end = token.find("\r\n"); end != std::string_view::npos; end = token.find("\r\n")) {
    write(token.substr(0, end));
    token.remove_prefix(end + 1);
  }
  write(token);
}

void Fingerprint::end_statement() {
  add_token("");
  if (!block_.empty()) close_block();
}

void Fingerprint::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, block_size - block_.size());
    block_ += part;
    bytes.remove_prefix(part.size());
    if (block_.size() == block_size) close_block();
  }
}

void Fingerprint::close_block() {
  digest_ = sha256({as_bytes(digest_), block_});
  block_.clear();
}

}  // namespace strata
