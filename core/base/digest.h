// SHA-256, the only hash that strata uses: of migration texts, bundles, events and chains.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace strata {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view bytes);
// Of the parts one after the other, without making a copy of them.
Digest sha256(std::initializer_list<std::string_view> parts);

// Of a text that comes in pieces.
class Hasher {
 public:
  Hasher();
  void add(std::string_view bytes);
  Digest finish();  // once

 private:
  struct Free {
    void operator()(evp_md_ctx_st* held) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

std::string hex(const Digest& digest);
std::optional<Digest> digest_from_hex(std::string_view text);  // 64 hexadecimal digits, either case
inline std::string_view as_bytes(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
std::optional<Digest> digest_from_bytes(std::string_view bytes);  // exactly 32

}  // namespace strata
