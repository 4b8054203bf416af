#include "core/sql/fingerprint.h"

#include "core/sql/script.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace strata;
using namespace std::string_literals;

namespace {

Digest fingerprint(std::string_view text) {
  const auto digest = fingerprint_of(text, "m.sql");
  if (!digest) FAIL(digest.error().message);
  return *digest;
}

}  // namespace

TEST_CASE("fingerprint: it is what the header promises", "[sql]") {
  const auto nothing = sha256("");
  CHECK(fingerprint("") == nothing);
  CHECK(fingerprint(" -- c\n;") == nothing);

  const auto first = sha256({as_bytes(nothing), "\0\0\0\0\0\0\0\6select\0\0\0\0\0\0\0\1\x31\0\0\0\0\0\0\0\0"s});
  CHECK(fingerprint("select 1") == first);
  CHECK(fingerprint("select 1; 'a\r\nb'") == sha256({as_bytes(first), "\0\0\0\0\0\0\0\5'a\nb'\0\0\0\0\0\0\0\0"s}));
}

TEST_CASE("fingerprint: a long statement is taken in blocks of 64 KiB", "[sql]") {
  const auto literal = "'" + std::string(69'998, 'x') + "'";  // 70,000 bytes
  const auto stream = "\0\0\0\0\0\1\x11\x70"s + literal + "\0\0\0\0\0\0\0\0"s;
  const auto first = sha256({as_bytes(sha256("")), stream.substr(0, 65'536)});
  CHECK(fingerprint(literal) == sha256({as_bytes(first), stream.substr(65'536)}));
}

TEST_CASE("fingerprint: comments, white space, line ends, BOM and the last semicolon do not count", "[sql]") {
  const auto text =
      "create table t (a int, b text default 'x\ny');\ncopy t from stdin;\n1\t2\n\\.\nselect a::int from t"s;
  const auto same = GENERATE(
      "create table t (a int, b text default 'x\r\ny');\r\ncopy t from stdin;\r\n1\t2\r\n\\.\r\nselect a::int from t"s,
      "\xef\xbb\xbf"
      "create table t (a int, b text default 'x\ny');\ncopy t from stdin;\n1\t2\n\\.\nselect a::int from t"s,
      "-- c\ncreate/**/table\tt(a int,b text default'x\ny')\n;;copy t/* ; */from stdin -- x\n; -- y\n1\t2\n\\.\n\nselect a :: int\nfrom t;\n"s);
  CHECK(fingerprint(same) == fingerprint(text));
}

TEST_CASE("fingerprint: every token counts, and so does where statements end", "[sql]") {
  const auto text = "select a.b, 'x y' from t; select 1"s;
  const auto other = GENERATE("select a.b, 'x  y' from t; select 1"s, "Select a.b, 'x y' from t; select 1"s,
                              "select a.b, 'x y' from t select 1"s, "select a.b, E'x y' from t; select 1"s,
                              "select ab, 'x y' from t; select 1"s, "select a.\"b\", 'x y' from t; select 1"s,
                              "select a.b, 'x y' from t; select 1; select 1"s, "select a.b, 'x y' from t"s,
                              "select a.b, $$x y$$ from t; select 1"s, "select a.b, 'x y' from t; select 1 1"s);
  CHECK(fingerprint(other) != fingerprint(text));
  CHECK(fingerprint("copy t from stdin;\n1\n\\.\n") != fingerprint("copy t from stdin;\n1 \n\\.\n"));
  CHECK(fingerprint("select 0x1F") != fingerprint("select 0 x1F"));
}

TEST_CASE("fingerprint: a script's is that of its text, and so is that of its beginning", "[sql]") {
  const std::vector<std::string> statements = {"create table t (a int)", "copy t from stdin;\n1\r\n2\n\\.\n",
                                               "insert into t /* c */ values (-- c\n 'a\r\nb')", "select 1"};
  std::string text;
  for (const auto& statement : statements) text += statement + ";\n";
  const auto script = read_script(text, "m.sql", false);
  REQUIRE(script);
  CHECK(script->fingerprint == fingerprint(text));
  std::string beginning;
  for (std::size_t count = 0; count <= statements.size(); ++count) {
    CHECK(script->fingerprint_of_first(count) == fingerprint(beginning));
    if (count < statements.size()) beginning += statements[count] + ";\n";
  }
  CHECK(script->fingerprint_of_first(99) == script->fingerprint);
}

TEST_CASE("fingerprint: tokens may be spaced in any way that keeps them apart", "[sql]") {
  const std::vector<std::string> tokens = {"select", "a",       "::", "int",     ",",  "'it''s'", "||", "E'\\''",
                                           "(",      "1.5",     ")",  "*",       "-",  "$1",      "@-", "b",
                                           ".",      "\"c d\"", ";",  "$x$;$x$", "<=", "[",       "]"};
  const std::vector<std::string> gaps = {" ", "\n", "\t", "\r\n", " /* c */ ", " -- '\n", " \f "};
  const auto seed = GENERATE(range(0U, 100U));
  CAPTURE(seed);
  std::mt19937 random(seed);
  std::string plain, spaced;
  for (int i = 0; i < 30; ++i) {
    auto token = tokens[random() % tokens.size()];
    if (token == "(" || token == ")") token = "()";
    plain += token + " ";
    spaced += token + gaps[random() % gaps.size()];
  }
  CHECK(fingerprint(spaced) == fingerprint(plain));
}
