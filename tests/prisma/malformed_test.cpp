// What the grammar refuses: the place, and the words that tell why.
#include "core/prisma/parse.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace std::string_literals;

namespace {

struct Malformed {
  std::string text;
  int line;
  int column;
  std::string says;
};

void check_refused(const Malformed& malformed) {
  INFO(malformed.text.substr(0, 200));
  const auto file = prisma::parse(malformed.text, "modules/cases/schema/a.prisma", "cases");
  REQUIRE_FALSE(file);
  CHECK(file.error().code == ErrorCode::bad_module);
  CHECK(file.error().where.file == "modules/cases/schema/a.prisma");
  CHECK(file.error().where.line == malformed.line);
  CHECK(file.error().where.column == malformed.column);
  CHECK_THAT(file.error().message, Catch::Contains(malformed.says));
}

}  // namespace

TEST_CASE("malformed: what is no UTF-8 text is refused with its place", "[prisma]") {
  check_refused(GENERATE(Malformed{"model A {\n  id Int // \xff\n}\n", 2, 13, "invalid UTF-8 (\\xff)"},
                         Malformed{"model A {\n  id\0 Int\n}\n"s, 2, 5, "a NUL byte"},
                         Malformed{"\xff\xfem\0o\0"s, 1, 1, "UTF-16 instead of UTF-8"},
                         Malformed{"model A {\n}\n\xef\xbb\xbfmodel B {\n}\n", 3, 1, "a byte order mark"},
                         Malformed{"model A {\n  id Int @map(\"\xc3\")\n}\n", 2, 16, "invalid UTF-8 (\\xc3)"}));
}

TEST_CASE("malformed: blocks", "[prisma]") {
  check_refused(GENERATE(
      Malformed{"garbage\n", 1, 1, "expected a block, found \"garbage\""},
      Malformed{"table A {\n}\n", 1, 1, "expected a block, found \"table\""},
      Malformed{"model-A {\n}\n", 1, 1, "expected a block, found \"model-A\""},
      Malformed{"}\n", 1, 1, "expected a block, found \"}\""},
      Malformed{"@@map(\"a\")\n", 1, 1, "expected a block, found \"@@\""},
      Malformed{"id Int\n", 1, 1, "expected a block, found \"id\""},
      Malformed{"model {\n}\n", 1, 7, "expected a name behind \"model\", found \"{\""},
      Malformed{"model\n", 1, 6, "expected a name behind \"model\", found the end of the line"},
      Malformed{"model _A {\n}\n", 1, 7, "expected a name behind \"model\", found \"_A\""},
      Malformed{"model \xe2\x82\xac {\n}\n", 1, 7, "expected a name behind \"model\", found \"\xe2\x82\xac\""},
      Malformed{"model A\n{\n}\n", 1, 8, "expected \"{\" behind model \"A\", found the end of the line"},
      Malformed{"model A B {\n}\n", 1, 9, "expected \"{\" behind model \"A\", found \"B\""},
      Malformed{"model A", 1, 8, "expected \"{\" behind model \"A\", found the end of the file"},
      Malformed{"model A { id Int @id }\n", 1, 1, "the block \"A\" is not closed"},
      Malformed{"model A {}\n", 1, 1, "the block \"A\" is not closed"},
      Malformed{"model A {", 1, 1, "the block \"A\" is not closed"},
      Malformed{"model A { /* a\n b */\n}\n", 2, 4, "expected the type of field \"b\""},
      Malformed{"\nmodel A {\n  id Int @id\n", 2, 1, "the block \"A\" is not closed"},
      Malformed{"model A {\n  id Int @id\nmodel B {\n}\n", 3, 9, "expected the end of the line"},
      Malformed{"model A {\n  id Int @id }\n", 2, 14, "expected the end of the line behind field \"id\", found \"}\""},
      Malformed{"model A {\n}\n}\n", 3, 1, "expected a block, found \"}\""}));
}

TEST_CASE("malformed: comments", "[prisma]") {
  check_refused(
      GENERATE(Malformed{"model A {\n  id Int\n  /* open\n}\n", 3, 3, "a comment that begins with /* and never ends"},
               Malformed{"model A {\n}\n/* open *\n", 3, 1, "never ends"}, Malformed{"/*/", 1, 1, "never ends"},
               Malformed{"model A {\n  id /* in */ Int\n}\n", 2, 6, "expected the type of field \"id\", found \"/*\""},
               Malformed{"model A {\n  id Int /* a */ @id\n}\n", 2, 18, "expected the end of the line"},
               Malformed{"# comment\n", 1, 1, "expected a block, found \"#\""},
               Malformed{"-- comment\n", 1, 1, "expected a block"}));
}

TEST_CASE("malformed: fields", "[prisma]") {
  const auto [line, column, says] = GENERATE(table<std::string, int, std::string>({
      {"f", 4, "expected the type of field \"f\", found the end of the line"},
      {"f @id", 5, "expected the type of field \"f\", found \"@\""},
      {"_f Int", 3, "expected a name or \"}\", found \"_f\""},
      {"\xe2\x82\xac Int", 3, "expected a name or \"}\", found \"\xe2\x82\xac\""},
      {"e\xcc\x81 Int", 4, "expected the type of field \"e\", found \"\xcc\x81\""},
      {"f: Int", 4, "expected the type of field \"f\", found \":\""},
      {"f Int String", 9, "expected the end of the line behind field \"f\", found \"String\""},
      {"f Int,", 8, "expected the end of the line behind field \"f\", found \",\""},
      {"f Int;", 8, "found \";\""},
      {"f Int[]?", 10, "a list cannot be optional"},
      {"f Int?[]", 9, "a list cannot have optional items"},
      {"f Int!", 8, "required without \"!\""},
      {"f [Int]", 5, "expected the type of field \"f\", found \"[\""},
      {"f Int[ ]", 8, "expected the end of the line behind field \"f\", found \"[\""},
      {"f Int[3]", 8, "found \"[\""},
      {"f Unsupported(circle)", 17, "expected the SQL type as a string in Unsupported(\xe2\x80\xa6), found \"circle\""},
      {"f Unsupported(\"circle\"", 25, "expected \")\", found the end of the line"},
      {"f Unsupported(\"circle)", 17, "a string without its closing quote"},
      {"f \"Int\"", 5, "expected the type of field \"f\", found a string"},
      {"[", 3, "expected a name or \"}\", found \"[\""},
  }));
  check_refused({"model A {\n  " + line + "\n}\n", 2, column, says});
}

TEST_CASE("malformed: attributes and their arguments", "[prisma]") {
  const auto [line, column, says] = GENERATE(table<std::string, int, std::string>({
      {"f Int @", 10, "expected an attribute's name behind \"@\", found the end of the line"},
      {"f Int @(", 10, "expected an attribute's name behind \"@\", found \"(\""},
      {"f Int @db.", 13, "expected a name behind \".\", found the end of the line"},
      {"f Int @db . Text", 13, "expected the end of the line behind field \"f\", found \".\""},
      {"f Int @@id", 9, "an attribute of the whole block, behind a field"},
      {"@id", 3, "expected a name or \"}\", found \"@\""},
      {"@@", 5, "expected an attribute's name behind \"@@\""},
      {"@@index([f]) @@unique([f])", 16, "expected the end of the line behind @@index, found \"@@\""},
      {"f Int @default(", 18, "expected an argument, found the end of the line"},
      {"f Int @default(1", 19, "expected \",\" or \")\", found the end of the line"},
      {"f Int @default(1\n)", 19, "expected \",\" or \")\", found the end of the line"},
      {"@@index([\nf])", 12, "expected a value, found the end of the line"},
      {"@@index([f)", 13, "expected \",\" or \"]\", found \")\""},
      {"@@index([f,])", 13, "a comma with nothing behind it before \"]\""},
      {"@@index([f], map: \"x\",)", 24, "a comma with nothing behind it before \")\""},
      {"@@index([f,,g])", 14, "expected a value, found \",\""},
      {"@@index([f] map: \"x\")", 15, "expected \",\" or \")\", found \"map\""},
      {"@@index([f], map:)", 20, "expected a value for \"map:\", found \")\""},
      {"@@index([f], where: { true })", 25, "expected a name and \":\", found \"true\""},
      {"@@index([f], where: { a: 1, })", 29, "a comma with nothing behind it before \"}\""},
      {"@@index([a.])", 14, "expected a name behind \".\", found \"]\""},
      {"@@index(f))", 13, "found \")\""},
      {"f Int @map('x')", 14, "expected an argument, found \"'\""},
      {"f Int @default(=1)", 18, "expected an argument, found \"=\""},
  }));
  check_refused({"model A {\n  " + line + "\n}\n", 2, column, says});
}

TEST_CASE("malformed: numbers and strings", "[prisma]") {
  const auto [value, column, says] = GENERATE(table<std::string, int, std::string>({
      {"1e5", 1, "this is no number"},
      {"-", 1, "this is no number"},
      {"1.", 1, "this is no number"},
      {"-.5", 1, "this is no number"},
      {"1.5.2", 4, "expected \",\" or \")\", found \".\""},
      {"0x1F", 1, "this is no number"},
      {".5", 1, "expected an argument, found \".\""},
      {"+5", 1, "expected an argument, found \"+\""},
      {"\"open", 1, "a string without its closing quote"},
      {"\"a\nb\"", 1, "a string without its closing quote"},
      {"\"a\\\")", 1, "a string without its closing quote"},
      {"\"a\\q\"", 3, "an unknown escape in a string: a backslash and \"q\""},
      {"\"C:\\dir\"", 4, "a backslash and \"d\""},
      {"\"a\tb\"", 3, "a control character in a string"},
      {"\"\\u12\"", 2, "\\u without four hexadecimal digits"},
      {"\"\\u12g4\"", 2, "\\u without four hexadecimal digits"},
      {"\"\\u0000\"", 2, "Postgres takes no NUL"},
      {"\"\\ud83d\"", 2, "a high surrogate without a low one"},
      {"\"\\ud83d\\u0041\"", 2, "a high surrogate without a low one"},
      {"\"\\ude00\"", 2, "a low surrogate without a high one"},
      {"\"a\" \"b\"", 5, "expected \",\" or \")\", found a string"},
  }));
  check_refused({"model A {\n  f Int @default(" + value + ")\n}\n", 2, 17 + column, says});
}

TEST_CASE("malformed: datasource, generator and enum", "[prisma]") {
  check_refused(GENERATE(
      Malformed{"datasource db {\n  provider\n}\n", 2, 11, "expected \"=\" behind property \"provider\""},
      Malformed{"datasource db {\n  provider =\n}\n", 2, 13, "expected a value for property \"provider\""},
      Malformed{"datasource db {\n  provider: \"x\"\n}\n", 2, 11,
                "expected \"=\" behind property \"provider\", found \":\""},
      Malformed{"datasource db {\n  a = 1 2\n}\n", 2, 9, "expected the end of the line behind \"a\", found \"2\""},
      Malformed{"datasource db {\n  a = [1,]\n}\n", 2, 9, "a comma with nothing behind it"},
      Malformed{"generator g {\n  @@map(\"x\")\n}\n", 2, 3, "take no attributes"},
      Malformed{"enum E {\n  A B\n}\n", 2, 5, "expected the end of the line behind enum value \"A\", found \"B\""},
      Malformed{"enum E {\n  A,\n}\n", 2, 4, "expected the end of the line behind enum value \"A\", found \",\""},
      Malformed{"enum E {\n  \"A\"\n}\n", 2, 3, "expected a name or \"}\", found a string"}));
}

TEST_CASE("malformed: a megabyte of brackets is refused where they become too many", "[prisma]") {
  const auto bracket = GENERATE("["s, "a("s, "{a:"s);
  std::string brackets;
  while (brackets.size() < 1024 * 1024) brackets += bracket;
  const auto refused = prisma::parse("model A {\n  @@index(" + brackets + "\n}\n", "a.prisma", "cases");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().where.line == 2);
  CHECK_THAT(refused.error().message, Catch::Contains("nested deeper than 32"));
}
