// Ed25519 (RFC 8032): who signed a text, with keys as `openssl genpkey -algorithm ed25519` writes them.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct evp_pkey_st;

namespace strata {

using Signature = std::array<std::uint8_t, 64>;

std::string base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);  // nullopt: not what base64() writes

std::string base64(const Signature& signature);                         // 88 characters
std::optional<Signature> signature_from_base64(std::string_view text);  // nullopt: not what base64() writes

struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};

class PublicKey {
 public:
  // PEM ("BEGIN PUBLIC KEY"). Fails with refused, naming `path`: no PEM, a private key, no Ed25519 key.
  static Result<PublicKey> read(std::string_view pem, const std::string& path);

  // SHA-256 of the key as DER: `openssl pkey -pubin -in PUB.pem -outform DER | openssl sha256`.
  const Digest& id() const { return id_; }
  std::string raw() const;  // the 32 bytes of the key itself
  bool verifies(std::string_view bytes, const Signature& signature) const;

 private:
  friend class PrivateKey;
  explicit PublicKey(evp_pkey_st* key);
  std::unique_ptr<evp_pkey_st, FreeKey> key_;
  Digest id_{};
};

class PrivateKey {
 public:
  // PEM ("BEGIN PRIVATE KEY"), without a passphrase. Fails with refused, naming `path`.
  static Result<PrivateKey> read(std::string_view pem, const std::string& path);

  const PublicKey& public_half() const { return key_; }
  const Digest& id() const { return key_.id(); }
  Signature sign(std::string_view bytes) const;  // the same bytes always get the same signature

 private:
  explicit PrivateKey(evp_pkey_st* key) : key_(key) {}
  PublicKey key_;  // OpenSSL's private key holds the public one
};

}  // namespace strata
