#include "core/base/signature.h"

#include "tests/support/builders.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

// RFC 8032, 7.1, test 2: one byte, 0x72.
const std::string rfc_private =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
const std::string rfc_signature =
    "kqAJqfDUyrhyDoILX2QlQKKye1QWUD+Ps3YiI+vbadoIWsHkPhWZbkWPNhPQ8R2MOHsurrQwKu6wDSkWErsMAA==";

std::string openssl(const TempDir& folder, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "openssl");
  const auto result = run(arguments, {.cwd = folder.path()});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return result.out;
}

}  // namespace

TEST_CASE("signature: a text is signed as RFC 8032 says", "[base]") {
  const auto key = value_of(PrivateKey::read(rfc_private, "key.pem"));
  CHECK(base64(key.sign("\x72")) == rfc_signature);
}

TEST_CASE("signature: what openssl made is read, and what was signed verifies with its other half alone", "[base]") {
  const TempDir folder;
  openssl(folder, {"genpkey", "-algorithm", "ed25519", "-out", "a.pem"});
  openssl(folder, {"genpkey", "-algorithm", "ed25519", "-out", "b.pem"});
  const auto key = value_of(PrivateKey::read(folder.read("a.pem"), "a.pem"));
  const auto own = value_of(PublicKey::read(openssl(folder, {"pkey", "-in", "a.pem", "-pubout"}), "a.pub"));
  const auto other = value_of(PublicKey::read(openssl(folder, {"pkey", "-in", "b.pem", "-pubout"}), "b.pub"));
  const auto signature = key.sign("a plan");
  CHECK(own.verifies("a plan", signature));
  CHECK_FALSE(own.verifies("a plan.", signature));
  CHECK_FALSE(other.verifies("a plan", signature));
  for (std::size_t i = 0; i < signature.size(); ++i) {
    auto damaged = signature;
    damaged[i] ^= 1;
    CHECK_FALSE(own.verifies("a plan", damaged));
  }
  CHECK(key.id() == own.id());
  openssl(folder, {"pkey", "-in", "a.pem", "-pubout", "-outform", "DER", "-out", "a.der"});
  CHECK(own.id() == sha256(folder.read("a.der")));
}

TEST_CASE("signature: a key of another kind is refused, and with what makes the right one", "[base]") {
  const TempDir folder;
  openssl(folder, {"genpkey", "-algorithm", "x25519", "-out", "x.pem"});
  openssl(folder, {"genpkey", "-algorithm", "ed25519", "-aes256", "-pass", "pass:secret", "-out", "locked.pem"});
  for (const auto& pem : {folder.read("x.pem"), std::string(), std::string("key"), rfc_private.substr(0, 60)}) {
    const auto error = error_of(PrivateKey::read(pem, "key.pem"));
    CHECK(error.code == ErrorCode::refused);
    CHECK_THAT(error.message, Contains("key.pem is no Ed25519 private key"));
    CHECK_THAT(error.next, Contains("openssl genpkey -algorithm ed25519"));
    CHECK_THAT(error_of(PublicKey::read(pem, "key.pem")).message, Contains("key.pem is no Ed25519 public key"));
  }
  CHECK_THAT(error_of(PrivateKey::read(folder.read("locked.pem"), "locked.pem")).message, Contains("is encrypted"));
  CHECK_THAT(error_of(PublicKey::read(rfc_private, "key.pem")).message, Contains("is a private key"));
  const auto pub = openssl(folder, {"pkey", "-in", folder.write("a.pem", rfc_private).string(), "-pubout"});
  CHECK_THAT(error_of(PrivateKey::read(pub, "a.pub")).message, Contains("no Ed25519 private key"));
}

TEST_CASE("signature: one signature has one text", "[base]") {
  const auto signature = signature_from_base64(rfc_signature);
  REQUIRE(signature);
  CHECK(base64(*signature) == rfc_signature);
  CHECK_FALSE(signature_from_base64(""));
  CHECK_FALSE(signature_from_base64(rfc_signature.substr(4)));
  CHECK_FALSE(signature_from_base64(rfc_signature.substr(0, 85) + "B=="));  // bits that nobody reads
  CHECK_FALSE(signature_from_base64(" " + rfc_signature.substr(1)));
  CHECK_FALSE(signature_from_base64(rfc_signature.substr(0, 86) + "AA"));
  CHECK_FALSE(signature_from_base64(rfc_signature.substr(0, 44) + "==" + rfc_signature.substr(46)));
}
