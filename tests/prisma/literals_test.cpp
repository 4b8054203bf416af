#include "core/prisma/literals.h"

#include <catch2/catch.hpp>

using namespace strata::prisma;

using Normal = std::optional<std::string>;

TEST_CASE("literals: an integer loses its leading zeros, and zero its sign", "[prisma]") {
  CHECK(normal_integer("0") == "0");
  CHECK(normal_integer("007") == "7");
  CHECK(normal_integer("-007") == "-7");
  CHECK(normal_integer("-000") == "0");
  CHECK(normal_integer("123456789012345678901234567890") == "123456789012345678901234567890");
  for (const auto* text : {"", "-", "1.0", "x", "1e3", " 1"}) CHECK(normal_integer(text) == Normal());
}

TEST_CASE("literals: a decimal keeps the digits behind its point, and loses its exponent", "[prisma]") {
  const auto [text, normal] = GENERATE(table<std::string, std::string>({
      {"10", "10"},
      {"1.50", "1.50"},
      {"-007.10", "-7.10"},
      {"0000.1", "0.1"},
      {"-0.0", "0.0"},
      {"0.00", "0.00"},
      {"-0", "0"},
      {".5", "0.5"},
      {"5.", "5"},
      {"+5", "5"},
      {"1e5", "100000"},
      {"1.5e3", "1500"},
      {"1.23e1", "12.3"},
      {"1e-5", "0.00001"},
      {"12e-3", "0.012"},
      {"1E-7", "0.0000001"},
      {"0e-5", "0.00000"},
      {"0e5", "000000"},
      {"-1.20e+1", "-12.0"},
      {"1_000", "1000"},
      {"1_0.5_0", "10.50"},
      {"0.000001", "0.000001"},
      {"123456789012345678901.5", "123456789012345678901.5"},
  }));
  INFO(text);
  CHECK(normal_decimal(text) == normal);
}

TEST_CASE("literals: what is no decimal is told from one", "[prisma]") {
  for (const auto* text :
       {"", "-", ".", "e5", "1e", "1ex", "1.2.3", "abc", "1e999999999", "1e99999999999", "--1", "1 "}) {
    INFO(text);
    CHECK(normal_decimal(text) == Normal());
  }
}

TEST_CASE("literals: a moment keeps its offset, and a fraction has 3, 6 or 9 digits", "[prisma]") {
  const auto [text, normal] = GENERATE(table<std::string, std::string>({
      {"2020-01-02T03:04:05Z", "2020-01-02 03:04:05 +00:00"},
      {"2020-01-02t03:04:05z", "2020-01-02 03:04:05 +00:00"},
      {"2020-01-02 03:04:05-00:00", "2020-01-02 03:04:05 +00:00"},
      {"2020-01-02T03:04:05.1-05:30", "2020-01-02 03:04:05.100 -05:30"},
      {"2020-01-02T03:04:05\xe2\x88\x92"
       "05:30",
       "2020-01-02 03:04:05 -05:30"},
      {"2020-01-02T03:04:05.123456+14:00", "2020-01-02 03:04:05.123456 +14:00"},
      {"2020-01-02T03:04:05.1234Z", "2020-01-02 03:04:05.123400 +00:00"},
      {"2020-01-02T03:04:05.000000001Z", "2020-01-02 03:04:05.000000001 +00:00"},
      {"2020-01-02T03:04:05.12345678912Z", "2020-01-02 03:04:05.123456789 +00:00"},
      {"2020-01-02T03:04:05.000Z", "2020-01-02 03:04:05 +00:00"},
      {"2020-01-02T23:59:60Z", "2020-01-02 23:59:60 +00:00"},
  }));
  INFO(text);
  CHECK(normal_date_time(text) == normal);
}

TEST_CASE("literals: what is no moment is told from one", "[prisma]") {
  for (const auto* text :
       {"", "2020-01-02", "2020-01-02T03:04:05", "2020-01-02T03:04Z", "2020-01-02x03:04:05Z", "2020-1-2T03:04:05Z",
        "2020-01-02T03:04:05.Z", "2020-01-02T03:04:05+0200", "2020-01-02T03:04:05Zx", "2020-13-01T00:00:00Z",
        "2020-02-30T00:00:00Z", "2021-02-29T00:00:00Z", "2020-00-01T00:00:00Z", "2020-01-02T24:00:00Z",
        "2020-01-02T23:60:00Z", "2020-01-02T23:59:61Z", "2020-01-02T03:04:05+24:00", "2020-01-02T03:04:05+00:60",
        "x020-01-02T03:04:05Z"}) {
    INFO(text);
    CHECK(normal_date_time(text) == Normal());
  }
}

TEST_CASE("literals: base64 becomes hexadecimal digits", "[prisma]") {
  CHECK(bytes_in_hex("") == "\\x");
  CHECK(bytes_in_hex("AA==") == "\\x00");
  CHECK(bytes_in_hex("/+8=") == "\\xffef");
  CHECK(bytes_in_hex("aGVsbG8=") == "\\x68656c6c6f");
  CHECK(bytes_in_hex("AAECAwQFBgcICQo=") == "\\x000102030405060708090a");
  for (const auto* text : {"A", "aGVsbG8", "a===", "=aaa", "aG=s", "_-8=", "aGVs bG8=", "aGVsbG9="}) {
    INFO(text);
    CHECK(bytes_in_hex(text) == Normal());
  }
}

TEST_CASE("literals: JSON and numbers of 64 bits are told from others", "[prisma]") {
  CHECK(is_json("{\"a\": [1, null]}"));
  CHECK_FALSE(is_json("{a: 1}"));
  CHECK_FALSE(is_json(""));
  CHECK(fits_int64("-9223372036854775808"));
  CHECK_FALSE(fits_int64("9223372036854775808"));
  CHECK_FALSE(fits_int64("1.0"));
}
