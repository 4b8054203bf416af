#include "core/base/signature.h"

#include "core/base/openssl_errors.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace strata {

namespace {

using Key = std::unique_ptr<evp_pkey_st, FreeKey>;

const unsigned char* as_openssl(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// An encrypted key is refused instead of a question on the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

template <typename Read>
Key read_pem(std::string_view pem, Read read) {
  struct Free {
    void operator()(BIO* bio) const { BIO_free(bio); }
  };
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(bio ? read(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
  take_openssl_errors();
  return key && EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519 ? std::move(key) : Key();
}

Digest id_of(evp_pkey_st* key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key, &der);
  if (size <= 0) openssl_cannot("write a public key");
  const auto id = sha256({reinterpret_cast<const char*>(der), static_cast<std::size_t>(size)});
  OPENSSL_free(der);
  return id;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  text.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), as_openssl(bytes),
                                                       static_cast<int>(bytes.size()))));
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), as_openssl(text), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  const auto padding = text.size() - std::min(text.size(), text.find_last_not_of('=') + 1);
  bytes.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, static_cast<std::size_t>(size)));
  // Bytes have one text: OpenSSL looks past blanks and stray bits.
  return base64(bytes) == text ? std::optional(std::move(bytes)) : std::nullopt;
}

std::string base64(const Signature& signature) {
  return base64(std::string_view(reinterpret_cast<const char*>(signature.data()), signature.size()));
}

std::optional<Signature> signature_from_base64(std::string_view text) {
  const auto bytes = from_base64(text);
  Signature signature{};
  if (!bytes || bytes->size() != signature.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), signature.begin());
  return signature;
}

void FreeKey::operator()(evp_pkey_st* key) const {
  EVP_PKEY_free(key);
}

PublicKey::PublicKey(evp_pkey_st* key) : key_(key), id_(id_of(key)) {}

Result<PublicKey> PublicKey::read(std::string_view pem, const std::string& path) {
  if (auto key = read_pem(pem, PEM_read_bio_PUBKEY)) return PublicKey(key.release());
  const bool is_private = read_pem(pem, PEM_read_bio_PrivateKey) != nullptr;
  return fail(ErrorCode::refused,
              path + (is_private ? " is a private key, where the public one is asked for"
                                 : " is no Ed25519 public key in PEM (BEGIN PUBLIC KEY)"),
              "openssl pkey -in KEY.pem -pubout -out PUB.pem writes the public half of a private key");
}

std::string PublicKey::raw() const {
  std::string bytes(32, '\0');
  std::size_t size = bytes.size();
  if (EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(bytes.data()), &size) != 1)
    openssl_cannot("write a public key");
  return bytes;
}

bool PublicKey::verifies(std::string_view bytes, const Signature& signature) const {
  const Context context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1)
    openssl_cannot("verify a signature");
  const bool valid =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), as_openssl(bytes), bytes.size()) == 1;
  take_openssl_errors();
  return valid;
}

Result<PrivateKey> PrivateKey::read(std::string_view pem, const std::string& path) {
  if (auto key = read_pem(pem, PEM_read_bio_PrivateKey)) return PrivateKey(key.release());
  const bool encrypted = pem.find("ENCRYPTED") != std::string_view::npos;
  return fail(ErrorCode::refused,
              path + (encrypted ? " is encrypted, and strata asks for no passphrase"
                                : " is no Ed25519 private key in PEM (BEGIN PRIVATE KEY)"),
              encrypted
                  ? "openssl pkey -in KEY.pem -out PLAIN.pem decrypts it: into memory, or a file that only you read"
                  : "openssl genpkey -algorithm ed25519 -out KEY.pem makes one");
}

Signature PrivateKey::sign(std::string_view bytes) const {
  Signature signature{};
  std::size_t size = signature.size();
  const Context context(EVP_MD_CTX_new());
  const bool done = context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.key_.get()) == 1 &&
                    EVP_DigestSign(context.get(), signature.data(), &size, as_openssl(bytes), bytes.size()) == 1 &&
                    size == signature.size();
  if (!done) openssl_cannot("sign");
  return signature;
}

}  // namespace strata
