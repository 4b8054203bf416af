#include "tests/prisma/schema_case.h"

using namespace strata::prisma::test;

TEST_CASE("fields: every native type is for one scalar, with or without numbers", "[prisma]") {
  const auto* const field = GENERATE(
      "a String @db.Text", "a String @db.VarChar", "a String @db.VarChar(20)", "a String @db.VarChar(10485760)",
      "a Decimal @db.Decimal(p: 5, s: 2)", "a String @db.Char", "a String @db.Char(3)", "a String @db.Bit",
      "a String @db.Bit(1)", "a String @db.VarBit(8)", "a String @db.Uuid", "a String @db.Xml", "a String @db.Inet",
      "a String @db.Citext", "a Boolean @db.Boolean", "a Int @db.Integer", "a Int @db.SmallInt", "a Int @db.Oid",
      "a BigInt @db.BigInt", "a Float @db.DoublePrecision", "a Float @db.Real", "a Decimal @db.Decimal",
      "a Decimal @db.Decimal()", "a Decimal @db.Decimal(5, 5)", "a Decimal @db.Decimal(1000, 0)", "a Decimal @db.Money",
      "a DateTime @db.Timestamp", "a DateTime @db.Timestamp(6)", "a DateTime @db.Timestamptz(0)", "a DateTime @db.Date",
      "a DateTime @db.Time(3)", "a DateTime @db.Timetz", "a Json @db.JsonB", "a Json @db.Json", "a Bytes @db.ByteA",
      "a String[] @db.VarChar(3)", "a String? @db.Text");
  check_accepted(in_model(field));
}

TEST_CASE("fields: a native type that does not fit is refused", "[prisma]") {
  const auto [field, column, says] = GENERATE(table<std::string, int, std::string>({
      {"a String @db.Integer", 12, "@db.Integer is for fields of type Int; a is of type String"},
      {"a Int @db.BigInt", 9, "@db.BigInt is for fields of type BigInt"},
      {"a Json @db.Text", 10, "@db.Text is for fields of type String"},
      {"a String @db.Foo", 12, "PostgreSQL has no @db.Foo"},
      {"a String @db.text", 12, "PostgreSQL has no @db.text"},
      {"a String @db", 12, "@db is no attribute of field a"},
      {"a String @x.Text", 12, "@x.Text is no attribute of field a"},
      {"a E @db.Text", 7, "@db.Text is no attribute of field a"},
      {"a Unsupported(\"x\") @db.Text", 22, "@db.Text is no attribute of field a"},
      {"a String @db.Text @db.Uuid", 21, "@db is given twice"},
      {"a String @db.Text(1)", 12, "@db.Text is given 1 numbers, and takes none"},
      {"a String @db.VarChar(1, 2)", 12, "takes 1"},
      {"a String @db.VarChar(-1)", 24, "takes whole numbers from 0"},
      {"a String @db.VarChar(1.5)", 24, "takes whole numbers from 0"},
      {"a String @db.VarChar(x)", 24, "takes whole numbers from 0"},
      {"a String @db.VarChar(0)", 24, "the length is from 1 to 10485760"},
      {"a String @db.Char(10485761)", 21, "the length is from 1 to 10485760"},
      {"a String @db.Bit(83886081)", 20, "the length is from 1 to 83886080"},
      {"a String @db.VarChar(99999999999999999999)", 24, "takes whole numbers"},
      {"a String @db.Bit(0)", 20, "the length is from 1 to"},
      {"a String @db.VarBit(0)", 23, "the length is from 1 to"},
      {"a Decimal @db.Decimal(5)", 25, "precision and scale go together"},
      {"a Decimal @db.Decimal(0, 0)", 25, "the precision is from 1 to 1000"},
      {"a Decimal @db.Decimal(1001, 2)", 25, "the precision is from 1 to 1000"},
      {"a Decimal @db.Decimal(5, 6)", 25, "the scale is at most the precision"},
      {"a DateTime @db.Timestamp(7)", 28, "the precision is from 0 to 6"},
      {"a DateTime @db.Time(7)", 23, "the precision is from 0 to 6"},
      {"a DateTime @db.Date(1)", 14, "takes none"},
  }));
  check_refused(in_model(field), 3, column, says);
}

TEST_CASE("fields: native types begin with the name of the datasource", "[prisma]") {
  const std::string datasource = "datasource pg {\n  provider = \"postgresql\"\n}\n";
  check_accepted(datasource + in_model("a String @pg.VarChar(3) @unique\n  b Int @default(1) @pg.Oid"));
  check_refused(datasource + in_model("a String @db.Text"), 6, 12, "@db.Text is no attribute of field a");
  check_refused(datasource + in_model("a String @pg.Foo"), 6, 12, "PostgreSQL has no @pg.Foo");
  check_refused(datasource + in_model("a String @pg.Text @pg.Uuid"), 6, 21, "@pg is given twice");
  check_refused(datasource + in_model("a String @pg.Xml @unique"), 6, 20, "@unique has the field a of type Xml");
}

TEST_CASE("fields: a default that fits its type is accepted", "[prisma]") {
  const auto* const field = GENERATE(
      "a Int @default(autoincrement())", "a BigInt? @default(autoincrement())", "a Int @default(007)",
      "a Int @default(value: -1)", "a Int @default(99999999999)", "a BigInt @default(9223372036854775807)",
      "a Float @default(10)", "a Float @default(1.50)", "a Decimal @default(1.5)", "a Decimal @default(\"1.5\")",
      "a Decimal @default(\"-1e5\")", "a Decimal @default(\".5\")", "a Decimal @default(\"1.\")",
      "a Bytes @default(\"aA==\")", "a Boolean @default(true)", "a String @default(\"it's\")",
      "a String @default(\"\")", "a String @default(uuid())", "a String @default(uuid(4))",
      "a String @default(uuid(7))", "a String @default(cuid())", "a String @default(cuid(2))",
      "a String @default(ulid())", "a String @default(nanoid())", "a String @default(nanoid(2))",
      "a String @default(nanoid(255))", "a DateTime @default(now())", "a DateTime @default(\"2020-01-01T00:00:00Z\")",
      "a DateTime @default(\"2020-02-29T23:59:59.123456+05:30\")", "a Json @default(\"{\\\"a\\\": [1, null]}\")",
      "a Bytes @default(\"aGk=\")", "a Bytes @default(\"\")", "a E @default(A)", "a E? @default(B)",
      "a E[] @default([A, B])", "a Int[] @default([])", "a Int[] @default([1, 2])",
      "a String[] @default([\"a\", \"b'c\"])", "a Int @default(dbgenerated(\"1 + 1\"))",
      "a Int @default(dbgenerated())", "a E @default(dbgenerated(\"'A'\"))", "a Int[] @default(dbgenerated(\"'{}'\"))",
      "a Unsupported(\"circle\") @default(dbgenerated(\"x\"))");
  check_accepted(in_model(field));
}

TEST_CASE("fields: a default that does not fit its type is refused", "[prisma]") {
  const auto [field, column, says] = GENERATE(table<std::string, int, std::string>({
      {"a Int @default", 9, "@default lacks its argument \"value\""},
      {"a Int @default()", 9, "@default lacks its argument"},
      {"a Int @default(1, 2)", 21, "@default is given \"value\" twice"},
      {"a Int @default(1) @default(2)", 21, "@default is given twice"},
      {"a Int @default(1, map: \"x\")", 21, "@default has no argument \"map\""},
      {"a Int @default(\"x\")", 18, "\"x\" is no default for field a of type Int: expected a whole number"},
      {"a Int @default(1.5)", 18, "expected a whole number"},
      {"a Int @default(true)", 18, "expected a whole number"},
      {"a BigInt @default(9223372036854775808)", 21, "of at most 64 bits"},
      {"a String @default(1)", 21, "expected a string"},
      {"a String? @default(null)", 22, "null is no default for field a"},
      {"a Boolean @default(\"true\")", 22, "expected true or false"},
      {"a Boolean @default(True)", 22, "expected true or false"},
      {"a Float @default(\"1\")", 20, "expected a number"},
      {"a Decimal @default(\"abc\")", 22, "expected a number, or a string with one"},
      {"a DateTime @default(\"2020-01-01\")", 23, "expected a string like"},
      {"a DateTime @default(\"2021-02-29T00:00:00Z\")", 23, "expected a string like"},
      {"a DateTime @default(\"2020-01-01T24:00:00Z\")", 23, "expected a string like"},
      {"a DateTime @default(\"2020-01-01T00:00:00\")", 23, "expected a string like"},
      {"a Json @default(\"x\")", 19, "expected a string with valid JSON"},
      {"a Json @default(\"{]\")", 19, "expected a string with valid JSON"},
      {"a Bytes @default(\"!!\")", 20, "expected a string in base64"},
      {"a Bytes @default(\"aGk\")", 20, "expected a string in base64"},
      {"a Bytes @default(\"aGl=\")", 20, "expected a string in base64"},
      {"a Bytes @default(\"====\")", 20, "expected a string in base64"},
      {"a Decimal @default(\".\")", 22, "expected a number, or a string with one"},
      {"a E @default(C)", 16, "C is no value of enum E"},
      {"a E @default(bee)", 16, "bee is no value of enum E"},
      {"a E @default(\"A\")", 16, "\"A\" is no value of enum E"},
      {"a E @default(now())", 16, "now() is no value of enum E"},
      {"a E[] @default([A, C])", 22, "C is no value of enum E"},
      {"a Int @default([1])", 18, "is a list, and the field is none"},
      {"a Int[] @default(1)", 20, "is no list"},
      {"a Int[] @default([1, \"x\"])", 24, "\"x\" is no default for field a"},
      {"a Int[] @default([[1]])", 21, "[1] is no default for field a"},
      {"a String[] @default([uuid()])", 24, "uuid() is no default for field a"},
      {"a Int[] @default(autoincrement())", 20, "autoincrement() is no default for a list"},
      {"a DateTime[] @default(now())", 25, "now() is no default for a list"},
      {"a String @default(autoincrement())", 21, "autoincrement() is no default for field a of type String"},
      {"a String @default(now())", 21, "now() is no default for field a of type String"},
      {"a Int @default(uuid())", 18, "uuid() is no default for field a of type Int"},
      {"a DateTime @default(now(1))", 27, "now() takes no arguments"},
      {"a String @default(uuid(5))", 26, "uuid() takes nothing, 4 or 7"},
      {"a String @default(cuid(3))", 26, "cuid() takes nothing, 1 or 2"},
      {"a String @default(nanoid(1))", 28, "from 2 to 255"},
      {"a String @default(nanoid(256))", 28, "from 2 to 255"},
      {"a String @default(nanoid(\"x\"))", 28, "from 2 to 255"},
      {"a Int @default(dbgenerated(\"\"))", 30, "one string that is not empty"},
      {"a Int @default(dbgenerated(1))", 30, "one string that is not empty"},
      {"a Int @default(sequence())", 18, "@default has no function sequence()"},
      {"a Int @default(auto())", 18, "@default has no function auto()"},
      {"a Int @default(foo())", 18, "@default has no function foo()"},
      {"a Unsupported(\"x\") @default(\"x\")", 31, "is no dbgenerated"},
      {"a Unsupported(\"x\") @default(now())", 31, "now() is no default"},
  }));
  check_refused(in_model(field), 3, column, says);
}

TEST_CASE("fields: attributes that are unknown, misplaced or given twice are refused", "[prisma]") {
  const auto [line, column, says] = GENERATE(table<std::string, int, std::string>({
      {"a Int @foo", 9, "@foo is no attribute of field a"},
      {"a Int @index", 9, "@index is no attribute of field a"},
      {"a Int @map", 9, "@map lacks its argument \"name\""},
      {"a Int @map(x)", 14, "expected a string in @map"},
      {"a Int @map(\"\")", 14, "an empty name in @map"},
      {"a Int @map(\"x\", \"y\")", 19, "@map is given \"name\" twice"},
      {"a Int @map(\"x\") @map(\"y\")", 19, "@map is given twice"},
      {"a Int @ignore(1)", 17, "@ignore takes no argument without a name"},
      {"a Int @relation(\"x\")", 9, "@relation is no attribute of field a"},
      {"a Unsupported(\"x\") @ignore", 22, "@ignore on a field that is Unsupported"},
      {"a Int @updatedAt", 9, "@updatedAt is for fields of type DateTime"},
      {"a DateTime[] @updatedAt", 16, "@updatedAt is not for lists"},
      {"@@foo", 3, "@@foo is no attribute of model A"},
      {"@@fulltext([id])", 3, "@@fulltext is no attribute of model A"},
      {"@@map(\"x\")\n  @@map(\"y\")", 3, "@@map is given twice"},
  }));
  const bool second_line = line.find('\n') != std::string::npos;
  check_refused(in_model(line), second_line ? 4 : 3, column, says);
}

TEST_CASE("fields: an unknown type is refused, and a near one named", "[prisma]") {
  check_refused(in_model("a Foo"), 3, 5, "the type Foo of field a is no scalar, and no model, view or enum");
  const auto valid = strata::prisma::validate({schema_file(in_model("a int"))}, {});
  REQUIRE_FALSE(valid);
  CHECK(valid.error().next == "write Int");
}

TEST_CASE("fields: composite types are refused, also those that contain themselves", "[prisma]") {
  check_refused("type T {\n  a T\n}\n", 1, 1, "type T: PostgreSQL has no composite types");
  check_refused("model A {\n  id Int @id\n  t T\n}\ntype T {\n  a Int\n}\n", 3, 5,
                "the type T of field t is no scalar");
}

TEST_CASE("fields: of an ignored model none is ignored once more", "[prisma]") {
  check_refused(in_model("a Int @ignore\n  @@ignore"), 3, 9, "@ignore on a field of A, which is ignored as a whole");
}

TEST_CASE("fields: what changes nothing in the database is accepted", "[prisma]") {
  check_accepted(
      in_model("a DateTime @updatedAt\n  b DateTime? @updatedAt @default(now())\n  c Int @ignore\n  d "
               "Unsupported(\"circle\")?"));
}
