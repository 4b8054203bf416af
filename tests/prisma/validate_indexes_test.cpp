#include "tests/prisma/schema_case.h"

using namespace strata::prisma::test;

namespace {

// A field of each kind for the tables below; the tested line is line 14.
std::string with_columns(const std::string& line) {
  return "model A {\n  id Int @id\n  s String\n  v String @db.VarChar(9)\n  n String @db.Inet\n  x String @db.Xml\n  j "
         "Json\n"
         "  l Int[]\n  u Unsupported(\"box\")\n  b Boolean\n  d DateTime @db.Date\n  e E\n  f BigInt\n  " +
         line + "\n}\nenum E {\n  P\n}\n";
}

}  // namespace

TEST_CASE("indexes: ids of one and of several required fields", "[prisma]") {
  const auto* const lines = GENERATE(
      "id Int @id", "id Int @id(map: \"pk\")", "id Int @id @unique", "a Int\n b Int\n @@id([a, b])", "a Int\n @@id(a)",
      "a Int\n b Int\n @@id(fields: [b, a], map: \"pk\", name: \"ab\")", "id Int @unique", "e Json @id", "e Bytes @id",
      "a Int\n b Int\n @@unique([a, b])", "id Int?\n @@ignore", "a Int @id\n b Int? @unique\n @@unique([a, b])");
  check_accepted(std::string("model A {\n ") + lines + "\n}\n");
}

TEST_CASE("indexes: what is no id is refused", "[prisma]") {
  const auto [lines, line, column, says] = GENERATE(table<std::string, int, int, std::string>({
      {"id Int", 1, 1, "model A has no id, and no unique of required fields"},
      {"", 1, 1, "model A has no id"},
      {"id Int? @unique", 1, 1, "model A has no id"},
      {"id Int\n b Int?\n @@unique([id, b])", 1, 1, "model A has no id"},
      {"e Unsupported(\"x\") @id", 1, 1, "model A has no id"},
      {"id Int? @id", 2, 10, "@id of model A has the field id, which is not required"},
      {"id Int[] @id", 2, 11, "which is not required"},
      {"a Int\n b Int?\n @@id([a, b])", 4, 2, "@@id of model A has the field b, which is not required"},
      {"a Int @id\n b Int @id", 3, 8, "model A has two ids"},
      {"a Int @id\n b Int\n @@id([a, b])", 4, 2, "model A has two ids"},
      {"a Int\n @@id([a])\n @@id([a])", 4, 2, "@@id is given twice"},
      {"a Int\n @@id", 3, 2, "@@id lacks its argument \"fields\""},
      {"a Int\n @@id([])", 3, 7, "@@id has an empty list"},
      {"a Int\n @@id([a, a])", 3, 11, "@@id names the field a twice"},
      {"a Int\n @@id([x])", 3, 8, "@@id names the field x, which A does not have"},
      {"a Int\n @@id([\"a\"])", 3, 8, "expected a field's name in @@id, found \"a\""},
      {"a Int @id(sort: Desc)", 2, 12, "@id has no argument \"sort\""},
      {"a Int @id(length: 3)", 2, 12, "@id has no argument \"length\""},
      {"a Int @id(\"x\")", 2, 12, "@id takes no argument without a name"},
      {"a Int @id(map: \"\")", 2, 17, "an empty name in @id"},
      {"a Int\n @@id([a(sort: Desc)])", 3, 10, "sort: is not for ids"},
      {"a Int\n @@id([a], where: raw(\"x\"))", 3, 12, "@@id has no argument \"where\""},
      {"a String @id @db.Xml", 2, 11, "@id has the field a of type Xml"},
  }));
  check_refused("model A {\n " + lines + "\n}\n", line, column, says);
}

TEST_CASE("indexes: types, orders and operator classes that PostgreSQL has are accepted", "[prisma]") {
  const auto* const line = GENERATE(
      "@@index([s])", "@@index(s)", "@@index(fields: [s, id], map: \"i\", type: BTree)", "@@index([s], name: \"old\")",
      "@@index([s(sort: Desc), id(sort: Asc)])", "@@index([s(ops: raw(\"text_pattern_ops\"), sort: Desc)])",
      "@@index([s], type: Hash)", "@@index([j], type: Gin)", "@@index([l], type: Gin)", "@@index([u], type: Gin)",
      "@@index([j(ops: JsonbPathOps)], type: Gin)", "@@index([j(ops: JsonbOps)], type: Gin)",
      "@@index([l(ops: ArrayOps)], type: Gin)", "@@index([s(ops: raw(\"gin_trgm_ops\"))], type: Gin)",
      "@@index([j, l], type: Gin)", "@@index([n(ops: InetOps)], type: Gist)", "@@index([u], type: Gist)",
      "@@index([s(ops: raw(\"gist_trgm_ops\"))], type: Gist)", "@@index([s], type: Gist)", "@@index([s], type: SpGist)",
      "@@index([v(ops: TextOps)], type: SpGist)", "@@index([n(ops: InetOps)], type: SpGist)",
      "@@index([d, id], type: Brin)", "@@index([n(ops: InetInclusionOps)], type: Brin)",
      "@@index([id(ops: Int4BloomOps)], type: Brin)", "@@index([f(ops: Int8MinMaxMultiOps)], type: Brin)",
      "@@index([d(ops: DateMinMaxOps)], type: Brin)", "@@unique([s(sort: Desc)], map: \"q\", name: \"s_unique\")",
      "@@unique([b, e, l, j])", "@@index([s], where: raw(\"b\"))", "@@index([s], where: { l: null, l: { not: null } })",
      "@@unique([s, id], name: \"si\")\n  s_id Int", "@@unique([id])", "@@index([s, id])\n  s_id Int",
      "@@index([s], where: { b: true, s: { not: null }, id: 1, e: \"P\" })",
      "@@unique([s], where: { d: \"2020-01-01T00:00:00Z\" })", "o Int @unique(map: \"o\", sort: Desc)",
      "o Int @unique(where: raw(\"o > 0\"))");
  check_accepted(with_columns(line));
}

TEST_CASE("indexes: what PostgreSQL does not have is refused", "[prisma]") {
  const auto [line, column, says] = GENERATE(table<std::string, int, std::string>({
      {"@@index", 3, "@@index lacks its argument"},
      {"@@index([])", 11, "@@index has an empty list"},
      {"@@index([s, s])", 15, "@@index names the field s twice"},
      {"@@index([y])", 12, "@@index names the field y"},
      {"@@index([s.t])", 12, "@@index names the field s.t"},
      {"@@index(\"s\")", 11, "expected a field's name in @@index"},
      {"@@index([s], \"i\")", 16, "@@index is given \"fields\" twice"},
      {"@@index([s], map: \"x\", name: \"x\")", 32, "@@index is given name: and map:"},
      {"@@index([s], foo: 1)", 16, "@@index has no argument \"foo\""},
      {"@@index([s(length: 3)])", 14, "found length:"},
      {"@@index([s(Desc)])", 14, "found Desc"},
      {"@@index([s(sort: Foo)])", 20, "sort: is Foo"},
      {"@@index([s], type: Foo)", 22, "PostgreSQL has no index type Foo"},
      {"@@index([s], type: \"Hash\")", 22, "PostgreSQL has no index type \"Hash\""},
      {"@@index([s, v], type: Hash)", 25, "an index of type Hash has one column only"},
      {"@@index([s, v], type: SpGist)", 25, "an index of type SpGist has one column only"},
      {"@@index([s(sort: Desc)], type: Hash)", 14, "sort: in an index of type Hash"},
      {"@@index([j(sort: Desc)], type: Gin)", 14, "sort: in an index of type Gin"},
      {"@@index([s], type: Gin)", 12, "an index of type Gin has no operator class for field s"},
      {"@@index([v], type: Gist)", 12, "an index of type Gist has no operator class for field v"},
      {"@@index([n], type: Gist)", 12, "an index of type Gist has no operator class for field n"},
      {"@@index([id], type: SpGist)", 12, "an index of type SpGist has no operator class for field id"},
      {"@@index([b], type: Brin)", 12, "an index of type Brin has no operator class for field b"},
      {"@@index([j], type: Brin)", 12, "for field j"},
      {"@@index([e], type: Brin)", 12, "for field e"},
      {"@@index([l(ops: JsonbPathOps)], type: Gin)", 19, "JsonbPathOps is not for the type of field l"},
      {"@@index([j(ops: ArrayOps)], type: Gin)", 19, "ArrayOps is not for the type of field j"},
      {"@@index([s(ops: InetOps)], type: Gist)", 19, "InetOps is not for the type of field s"},
      {"@@index([n(ops: TextOps)], type: Gist)", 19, "TextOps is not for indexes of type Gist"},
      {"@@index([s(ops: TextOps)])", 19, "TextOps is not for indexes of type BTree"},
      {"@@index([id(ops: Int8BloomOps)], type: Brin)", 20, "Int8BloomOps is not for the type of field id"},
      {"@@index([s(ops: FooOps)])", 19, "FooOps is no operator class that is known here"},
      {"@@index([s(ops: \"x\")])", 19, "\"x\" is no operator class"},
      {"@@index([s(ops: raw(x))])", 19, "raw(x) is no operator class"},
      {"@@unique([s(ops: raw(\"x\"))])", 15, "ops: is for @@index only"},
      {"@@unique([s], type: Hash)", 17, "@@unique has no argument \"type\""},
      {"@@index([x])", 3, "@@index has the field x of type Xml"},
      {"@@unique([s], name: \"a-b\")", 23, "has more than letters, digits and _"},
      {"@@unique([s], where: true)", 24, "where: is true"},
      {"@@index([s], where: \"b\")", 23, "where: is \"b\""},
      {"@@index([s], where: raw(\"\"))", 23, "where: is raw(\"\")"},
      {"@@index([s], where: { })", 23, "where: is"},
      {"@@index([s], where: { y: 1 })", 25, "where: names the field y"},
      {"@@index([s], where: { b: 1 })", 28, "1 is nothing to compare field b with"},
      {"@@index([s], where: { id: \"x\" })", 29, "\"x\" is nothing to compare field id with"},
      {"@@index([s], where: { e: P })", 28, "P is nothing to compare field e with"},
      {"@@index([s], where: { j: \"x\" })", 28, "is nothing to compare field j with"},
      {"@@index([s], where: { id: { gt: 1 } })", 29, "a condition is a value, null, or { not: value }"},
      {"@@index([s], where: { l: 1 })", 28, "1 is nothing to compare field l with"},
      {"@@unique([s, id], name: \"b\")", 27, "name: \"b\" is the name of a field"},
      {"@@unique([s, id])\n  s_id Int", 3, "@@unique has the name s_id for the client, and so has a field"},
  }));
  check_refused(with_columns(line), 14, column, says);
}

TEST_CASE("indexes: JSON that is not binary cannot be compared", "[prisma]") {
  check_refused(in_model("a Json @unique @db.Json"), 3, 10, "@unique has the field a of type Json");
  check_refused(in_model("a Json @db.Json\n  @@index([id, a])"), 4, 3, "@@index has the field a of type Json");
  check_accepted(in_model("a Json @db.Json\n  b Json @db.JsonB\n  @@index([b, a(ops: raw(\"x\"))])"));
}

TEST_CASE("indexes: a name of map: has at most 63 bytes", "[prisma]") {
  const std::string longest(63, 'x');
  check_accepted(in_model("a Int @unique(map: \"" + longest + "\")"));
  check_refused(in_model("a Int @unique(map: \"" + longest + "x\")"), 3, 22,
                "has 64 bytes; PostgreSQL cuts names at 63");
  check_refused(in_model("@@index([id], map: \"" + longest + "x\")"), 3, 22, "has 64 bytes");
  check_accepted(in_model("@@map(\"" + longest + "x\")"));
}

TEST_CASE("indexes: two with one name in one schema are refused, with both places", "[prisma]") {
  check_refused(
      in_model("@@index([id], map: \"A_pkey\")"), 3, 3,
      "\"A_pkey\" is the name of both @id of A of base (base.prisma:2:10) and @@index of A of base (base.prisma:3:3)");
  check_refused(in_model("a Int @unique\n  @@unique([a])"), 4, 3, "\"A_a_key\" is the name of both @unique of A");
  check_refused(
      "model A {\n  id Int @id\n  @@index([id], map: \"x\")\n}\nmodel B {\n  id Int @id\n  @@unique([id], map: "
      "\"x\")\n}\n",
      7, 3, "\"x\" is the name of both @@index of A");
  check_accepted(
      "datasource db {\n  provider = \"postgresql\"\n  schemas = [\"a\", \"b\"]\n}\n"
      "model A {\n  id Int @id(map: \"x\")\n  @@schema(\"a\")\n}\nmodel B {\n  id Int @id(map: \"x\")\n  "
      "@@schema(\"b\")\n}\n");
}

TEST_CASE("indexes: long names are cut as Prisma cuts them, and may then be equal", "[prisma]") {
  const std::string table(62, 't');
  const std::string model =
      "model A {\n  id Int @id\n  a Int\n  b Int\n  @@index([a])\n  @@index([b])\n  @@map(\"" + table + "\")\n}\n";
  check_refused(model, 6, 3, "\"" + table.substr(0, 59) + "_idx\" is the name of both");
}

TEST_CASE("indexes: the client's name of a unique is given once in a model", "[prisma]") {
  check_refused(in_model("@@unique([id], name: \"a\", map: \"b\")\n  @@unique([id], name: \"a\", map: \"c\")"), 4, 24,
                "name: \"a\" is given twice");
}
