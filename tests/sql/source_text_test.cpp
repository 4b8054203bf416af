#include "core/sql/source_text.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace std::string_literals;

namespace {

struct Refused {
  std::string bytes;
  int line;
  int column;
  std::string says;
};

}  // namespace

TEST_CASE("source text: a BOM at the start is dropped, and offsets count from behind it", "[sql]") {
  CHECK(check_source_text("\xef\xbb\xbfselect 1", "a.sql") == "select 1");
  CHECK(check_source_text("select 1", "a.sql") == "select 1");
  CHECK(check_source_text("", "a.sql") == "");
  CHECK(check_source_text("\xef\xbb\xbf", "a.sql") == "");
}

TEST_CASE("source text: what is no UTF-8 text is refused with its place and byte offset", "[sql]") {
  const auto refused = GENERATE(
      Refused{"select 1;\n-- \0"s, 2, 4, "a NUL byte at byte offset 13"},
      Refused{"\0"s, 1, 1, "a NUL byte at byte offset 0"},
      Refused{"\xef\xbb\xbf--\0"s, 1, 3, "a NUL byte at byte offset 5"},
      Refused{"-- \xc3\xa9\xff", 1, 5, "invalid UTF-8 (\\xff) at byte offset 5"},
      Refused{"'\n\xc3'", 2, 1, "invalid UTF-8 (\\xc3) at byte offset 2"},
      Refused{"\xff\xfes\0e\0"s, 1, 1, "UTF-16 instead of UTF-8"},
      Refused{"\xfe\xff\0s\0e"s, 1, 1, "UTF-16 instead of UTF-8"},
      Refused{"s\0e\0l\0"s, 1, 1, "UTF-16 instead of UTF-8"},
      Refused{"x\xef\xbb\xbf", 1, 2, "a byte order mark (U+FEFF) inside the text, at byte offset 1"},
      Refused{"\xef\xbb\xbf\xef\xbb\xbf", 1, 1, "a byte order mark (U+FEFF) inside the text, at byte offset 3"});
  const auto text = check_source_text(refused.bytes, "a.sql");
  REQUIRE_FALSE(text);
  CHECK(text.error().code == ErrorCode::bad_migration);
  CHECK(text.error().where.file == "a.sql");
  CHECK(text.error().where.line == refused.line);
  CHECK(text.error().where.column == refused.column);
  CHECK_THAT(text.error().message, Catch::Contains(refused.says));
}

TEST_CASE("source text: a place is a line and a column in characters", "[sql]") {
  const std::string_view text = "a\r\nd\xc3\xa9 f\n\nx";
  const auto place = [&](std::size_t offset) {
    const auto where = locate(text, offset, "f");
    return std::pair{where.line, where.column};
  };
  CHECK(place(0) == std::pair{1, 1});
  CHECK(place(2) == std::pair{1, 3});
  CHECK(place(3) == std::pair{2, 1});
  CHECK(place(6) == std::pair{2, 3});
  CHECK(place(9) == std::pair{3, 1});
  CHECK(place(10) == std::pair{4, 1});
  CHECK(place(99) == std::pair{4, 2});
}

TEST_CASE("source text: an excerpt is the line with a caret below the column", "[sql]") {
  const std::string_view text = "\xef\xbb\xbfselect 1;\r\n\tselect \xc3\xa9 x\x1b;\nlast";
  CHECK(source_excerpt(text, {"f", 1, 8}) == "select 1;\n       ^");
  CHECK(source_excerpt(text, {"f", 2, 11}) == "\tselect \xc3\xa9 x\\x1b;\n\t         ^");
  CHECK(source_excerpt(text, {"f", 3, 5}) == "last\n    ^");
  CHECK(source_excerpt(text, {"f", 0, 0}).empty());
}

TEST_CASE("source text: of a long line an excerpt shows the part around the column", "[sql]") {
  const auto excerpt = source_excerpt(std::string(5000, 'a') + "\xc3\xa9" + std::string(5000, 'b'), {"f", 1, 5001});
  CHECK(excerpt == "…" + std::string(60, 'a') + "\xc3\xa9" + std::string(59, 'b') + "…\n" + std::string(61, ' ') + "^");
}

TEST_CASE("source: an excerpt shows no password", "[sql]") {
  const auto shown = [](const std::string& line) {
    const auto excerpt = source_excerpt(line, {"f", 1, 1});
    return excerpt.substr(0, excerpt.find('\n'));
  };
  CHECK(shown("CREATE ROLE a PASSWORD 's3\u00e9''t' LOGIN;") == "CREATE ROLE a PASSWORD '*****' LOGIN;");
  CHECK(shown("ALTER ROLE a Password E'x' ;") == "ALTER ROLE a Password E'*' ;");
  CHECK(shown("OPTIONS (password 'abc', x 'y')") == "OPTIONS (password '***', x 'y')");
  CHECK(shown("CONNECTION 'password=abc host=h'") == "CONNECTION 'password=*** host=h'");
  CHECK(shown("CREATE TABLE a (password text);") == "CREATE TABLE a (password text);");
  CHECK(shown("PASSWORD 'never ended") == "PASSWORD '***********");
  const auto middle = source_excerpt("CREATE ROLE a PASSWORD 'secret' x;", {"f", 1, 28});
  CHECK(middle == "CREATE ROLE a PASSWORD '******' x;\n                           ^");
}
