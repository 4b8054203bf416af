#include "core/base/digest.h"

#include <catch2/catch.hpp>

using namespace strata;

TEST_CASE("digest: SHA-256 has the values of FIPS 180-4", "[base]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>(
      {{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
       {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
       {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
       {std::string(1'000'000, 'a'), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}}));
  CHECK(hex(sha256(text)) == expected);
}

TEST_CASE("digest: the parts give the digest of the whole", "[base]") {
  CHECK(sha256({"a", "", "bc"}) == sha256("abc"));
  CHECK(sha256({"ab", "c"}) != sha256({"ab", "d"}));
  Hasher hasher;
  for (const auto* part : {"a", "", "bc"}) hasher.add(part);
  CHECK(hasher.finish() == sha256("abc"));
}

TEST_CASE("digest: hexadecimal digits are read back, either case", "[base]") {
  const auto digest = sha256("abc");
  auto upper = hex(digest);
  for (auto& c : upper) c = static_cast<char>(std::toupper(c));
  CHECK(digest_from_hex(hex(digest)) == digest);
  CHECK(digest_from_hex(upper) == digest);
}

TEST_CASE("digest: what are not 64 hexadecimal digits is refused", "[base]") {
  const auto digits = std::string(64, '0');
  CHECK(digest_from_hex(digits) == Digest{});
  CHECK_FALSE(digest_from_hex(""));
  CHECK_FALSE(digest_from_hex(digits.substr(1)));
  CHECK_FALSE(digest_from_hex(digits + "0"));
  CHECK_FALSE(digest_from_hex("g" + digits.substr(1)));
  CHECK_FALSE(digest_from_hex(digits.substr(1) + " "));
}

TEST_CASE("digest: its bytes are read back, and are exactly 32", "[base]") {
  const auto digest = sha256("abc");
  CHECK(digest_from_bytes(as_bytes(digest)) == digest);
  CHECK_FALSE(digest_from_bytes(as_bytes(digest).substr(1)));
  CHECK_FALSE(digest_from_bytes(std::string(33, 'x')));
}
