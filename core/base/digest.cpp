#include "core/base/digest.h"

#include "core/base/openssl_errors.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <new>

namespace strata {

namespace {

// With the algorithm at hand, nothing but memory can be missing.
void expect(bool done) {
  if (!done) throw std::bad_alloc();
}

// Fetched once: OpenSSL 3 spends more on finding SHA-256 than on a short text.
const EVP_MD* algorithm() {
  // Where OpenSSL found no memory to begin with, it has no lock to take either, and would crash.
  if (OSSL_LIB_CTX_get0_global_default() == nullptr) throw std::bad_alloc();
  static const EVP_MD* const fetched = [] {
    if (const auto* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr)) return sha256;
    openssl_cannot("make a SHA-256");
  }();
  return fetched;
}

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
  Hasher hasher;
  for (const auto part : parts) hasher.add(part);
  return hasher.finish();
}

Digest sha256(std::string_view bytes) {
  return sha256({bytes});
}

void Hasher::Free::operator()(evp_md_ctx_st* held) const {
  EVP_MD_CTX_free(held);
}

Hasher::Hasher() : context_(EVP_MD_CTX_new()) {
  expect(context_ && EVP_DigestInit_ex(context_.get(), algorithm(), nullptr) == 1);
}

void Hasher::add(std::string_view bytes) {
  expect(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

Digest Hasher::finish() {
  Digest digest{};
  expect(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
  return digest;
}

std::string hex(const Digest& digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const auto byte : digest) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 15]);
  }
  return text;
}

std::optional<Digest> digest_from_hex(std::string_view text) {
  const auto value_of = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  Digest digest{};
  if (text.size() != digest.size() * 2) return std::nullopt;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = value_of(text[2 * i]);
    const int low = value_of(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    digest[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return digest;
}

std::optional<Digest> digest_from_bytes(std::string_view bytes) {
  Digest digest{};
  if (bytes.size() != digest.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(digest.data()));
  return digest;
}

}  // namespace strata
