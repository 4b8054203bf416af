// What Prisma's own formatter (7.8.0) makes of unformatted/*.prisma is in formatted/, written by it.
#include "core/prisma/format.h"

#include "tests/prisma/schema_case.h"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace strata::prisma;
using namespace strata::prisma::test;

namespace {

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::filesystem::path> files_in(const std::string& folder) {
  const std::filesystem::directory_iterator all(STRATA_SOURCE_DIR "/tests/prisma/" + folder);
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : all) paths.push_back(entry.path());
  REQUIRE(paths.size() >= 6);
  return paths;
}

std::string formatted(const std::string& text) {
  return format(schema_file(text));
}

}  // namespace

TEST_CASE("format: any text becomes what Prisma's formatter makes of it", "[prisma]") {
  for (const auto& path : files_in("unformatted")) {
    INFO(path.filename());
    CHECK(formatted(text_of(path)) == text_of(path.parent_path().parent_path() / "formatted" / path.filename()));
  }
}

TEST_CASE("format: what Prisma's formatter wrote stays byte for byte", "[prisma]") {
  for (const auto& path : files_in("formatted")) {
    INFO(path.filename());
    CHECK(formatted(text_of(path)) == text_of(path));
  }
}

TEST_CASE("format: blocks are a blank line apart, and have none at their ends", "[prisma]") {
  CHECK(formatted("\n\nenum A {\n\n\n  X\n\n\n  Y\n\n}\nenum B {\n  Z\n}\n\n") ==
        "enum A {\n  X\n\n  Y\n}\n\nenum B {\n  Z\n}\n");
  CHECK(formatted("").empty());
  CHECK(formatted("// a\n\n\n// b") == "// a\n\n// b\n");
}

TEST_CASE("format: comments do not end a group of columns, blank lines do", "[prisma]") {
  CHECK(formatted("model A {\nid Int @id\n// c\nlonger Int @map(\"x\")\n\nb Int @map(\"y\")\n}\n") ==
        "model A {\n  id     Int @id\n  // c\n  longer Int @map(\"x\")\n\n  b Int @map(\"y\")\n}\n");
}

TEST_CASE("format: a comment behind a brace is kept", "[prisma]") {
  CHECK(formatted("enum A { // one\n  X\n} // two\nenum B {\n  Y\n}\n") ==
        "enum A {\n  // one\n  X\n}\n\n// two\nenum B {\n  Y\n}\n");
}

TEST_CASE("format: what is no comment behind a brace is left out, as Prisma leaves it out", "[prisma]") {
  CHECK(formatted("enum A { X // one\n  Y\n}\n") == "enum A {\n  Y\n}\n");
}

TEST_CASE("format: an attribute above the fields leaves no blank line behind", "[prisma]") {
  CHECK(formatted("model A {\n  @@map(\"x\")\n\n  id Int @id\n}\n") ==
        "model A {\n  id Int @id\n\n  @@map(\"x\")\n}\n");
}

TEST_CASE("format: CRLF and tabs become LF and spaces", "[prisma]") {
  CHECK(formatted("\xef\xbb\xbf"
                  "enum A {\r\n\tX\t@map(\"x\")\t// c\r\n}\r\n") == "enum A {\n  X @map(\"x\") // c\n}\n");
}

TEST_CASE("format: twice is once, for whatever can be parsed", "[prisma]") {
  const auto* const text =
      GENERATE("/***/\nmodel A {\n  /**/\n  id Int @id /* a\n b */\n}\n", "/*\n * **\n *\n / */\n", "/*/ x */",
               "model A {\n  @@x({ a: { } })\n  @@y(1, [[], f(g(\"\\u0041\"))])\n  // end\n}\n// a\n\n\n\n/// b\n",
               "model A { /* x */\n\n  id Int\n}\n");
  const auto once = formatted(text);
  CHECK(formatted(once) == once);
}

TEST_CASE("format: values and attributes on their own", "[prisma]") {
  const auto file =
      schema_file("model A {\n  id Int @default( -1.50 )\n  @@index([ a( sort : Desc ) ,b],where : {c:true})\n}\n");
  const auto& entries = file.blocks.at(0).entries;
  CHECK(format(entries.at(0).attributes.at(0).arguments.at(0).value) == "-1.50");
  CHECK(format(entries.at(1).attributes.at(0), "@@") == "@@index([a(sort: Desc), b], where: { c: true })");
}
