#include "core/base/escape.h"

#include <catch2/catch.hpp>

#include <random>

using namespace strata;
using namespace std::string_view_literals;

TEST_CASE("escape: what is meant to be read stays as it is", "[base]") {
  const auto text = "create table \"größe\" (\n\tid int); -- ✓ 😀";
  CHECK(printable(text) == text);
}

TEST_CASE("escape: control characters are shown, not obeyed", "[base]") {
  CHECK(printable("\x1b[31mred") == "\\x1b[31mred");
  CHECK(printable("a\0b"sv) == "a\\x00b");
  CHECK(printable("over\rwritten\b\x7f") == "over\\x0dwritten\\x08\\x7f");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\x9b31m");  // CSI as one C1 character
}

TEST_CASE("escape: nothing turns the direction of the text around", "[base]") {
  const auto [text, shown] = GENERATE(table<std::string, std::string>({{"\u202a", "\\u202a"},
                                                                       {"\u202b", "\\u202b"},
                                                                       {"\u202c", "\\u202c"},
                                                                       {"\u202d", "\\u202d"},
                                                                       {"\u202e", "\\u202e"},
                                                                       {"\u2066", "\\u2066"},
                                                                       {"\u2067", "\\u2067"},
                                                                       {"\u2068", "\\u2068"},
                                                                       {"\u2069", "\\u2069"},
                                                                       {"\u200e", "\\u200e"},
                                                                       {"\u200f", "\\u200f"},
                                                                       {"\u061c", "\\u061c"},
                                                                       {"\u2028", "\\u2028"},
                                                                       {"\u2029", "\\u2029"},
                                                                       {"\ufeff", "\\ufeff"}}));
  CHECK(printable("a" + text + "b") == "a" + shown + "b");
}

TEST_CASE("escape: bytes that are no UTF-8 are shown one by one", "[base]") {
  CHECK(printable("a\xff"
                  "b") == "a\\xffb");
  CHECK(printable("\x80") == "\\x80");                             // a continuation of nothing
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");                    // '/' in a longer form
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");           // half of a surrogate pair
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");  // beyond U+10FFFF
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");                    // cut off
}

TEST_CASE("escape: whatever comes in, what goes out is harmless", "[base]") {
  std::mt19937 random(1);
  for (int round = 0; round < 2'000; ++round) {
    std::string bytes(random() % 40, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random());
    const auto shown = printable(bytes);
    CHECK(find_invalid_utf8(shown) == std::string::npos);
    CHECK(std::none_of(shown.begin(), shown.end(),
                       [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }));
    CHECK(one_line(bytes).find_first_of("\n\t") == std::string::npos);
  }
}

TEST_CASE("escape: one line joins lines and runs of blanks", "[base]") {
  CHECK(one_line("  select 1,\n\t\t 2;\n") == "select 1, 2;");
  CHECK(one_line("a\x1b\nb") == "a\\x1b b");
  CHECK(one_line(" \n\t ") == "");
}

TEST_CASE("escape: one line is cut at characters, not at bytes", "[base]") {
  CHECK(one_line("äöü", 3) == "äöü");
  CHECK(one_line("äöüß", 3) == "äöü…");
  CHECK(one_line("abc\n", 3) == "abc");
  CHECK(count_characters(one_line(std::string(1'000, 'x'))) == 201);
}

TEST_CASE("escape: the first byte that is no UTF-8 is found", "[base]") {
  CHECK(find_invalid_utf8("größe 😀") == std::string_view::npos);
  CHECK(find_invalid_utf8("") == std::string_view::npos);
  CHECK(find_invalid_utf8("ä\xff\xfe") == 2);
  CHECK(find_invalid_utf8("abc\xf0\x9f\x98") == 3);
}

TEST_CASE("escape: characters are code points", "[base]") {
  CHECK(count_characters("") == 0);
  CHECK(count_characters("aä€😀") == 4);
}
