#include "tests/prisma/schema_case.h"

using namespace strata;
using namespace strata::prisma;
using namespace strata::prisma::test;

namespace {

const std::string two_schemas = "datasource db {\n  provider = \"postgresql\"\n  schemas = [\"a\", \"b\"]\n}\n";

}  // namespace

TEST_CASE("names: one block of a name, whoever defines it", "[prisma]") {
  const std::vector files = {schema_file("\n\nmodel User {\n  id Int @id\n}\n", "identity"),
                             schema_file("model User {\n  id Int @id\n}\n", "cases")};
  check_refused(
      files, 1, 1,
      "model User is defined by module identity (identity.prisma:3:1) and by module cases (cases.prisma:1:1)");
  const auto valid = validate(files, {});
  CHECK(valid.error().where.file == "cases.prisma");
  CHECK_THAT(valid.error().next, Catch::Contains("rename"));
}

TEST_CASE("names: models, views, enums and types share their names", "[prisma]") {
  const auto* const second = GENERATE("model A {\n  id Int @id\n}\n", "view A {\n  id Int\n}\n", "enum A {\n  X\n}\n",
                                      "type A {\n  x Int\n}\n");
  check_refused("model A {\n  id Int @id\n}\n" + std::string(second), 4, 1,
                " A is defined by base (base.prisma:1:1) and by base (base.prisma:4:1)");
}

TEST_CASE("names: tables and enums of one schema have names of their own in the database", "[prisma]") {
  const std::vector files = {schema_file("model User {\n  id Int @id\n  @@map(\"users\")\n}\n", "identity"),
                             schema_file("model Person {\n  id Int @id(map: \"p\")\n  @@map(\"users\")\n}\n", "cases")};
  check_refused(files, 1, 1,
                "\"users\" in the database is both model User of module identity (identity.prisma:1:1) and model "
                "Person of module cases "
                "(cases.prisma:1:1)");
  check_refused("model A {\n  id Int @id\n  @@map(\"B\")\n}\nmodel B {\n  id Int @id\n}\n", 5, 1,
                "\"B\" in the database is both");
  check_refused("enum A {\n  X\n  @@map(\"y\")\n}\nenum B {\n  X\n  @@map(\"y\")\n}\n", 5, 1,
                "\"y\" in the database is both enum A");
  check_refused("model A {\n  id Int @id\n  @@map(\"y\")\n}\nenum B {\n  X\n  @@map(\"y\")\n}\n", 5, 1,
                "\"y\" in the database is both model A");
  check_accepted(two_schemas +
                 "model A {\n  id Int @id\n  @@schema(\"a\")\n  @@map(\"x\")\n}\nmodel B {\n  id Int @id\n  "
                 "@@schema(\"b\")\n  @@map(\"x\")\n}\n");
}

TEST_CASE("names: with schemas in the datasource every block says which is its", "[prisma]") {
  check_refused(two_schemas + "model A {\n  id Int @id\n}\n", 5, 1,
                "model A has no @@schema, and the datasource lists schemas");
  check_refused(two_schemas + "enum A {\n  X\n}\n", 5, 1, "enum A has no @@schema");
  check_refused(two_schemas + "model A {\n  id Int @id\n  @@schema(\"c\")\n}\n", 7, 3,
                "schema \"c\" is none of the datasource's");
  check_refused("model A {\n  id Int @id\n  @@schema(\"a\")\n}\n", 3, 3, "schema \"a\" is none of the datasource's");
  check_accepted(two_schemas + "model A {\n  id Int @id\n  @@schema(\"a\")\n}\nenum B {\n  X\n  @@schema(\"b\")\n}\n");
}

TEST_CASE("names: what is ill-formed or reserved is refused", "[prisma]") {
  const auto [text, line, column, says] = GENERATE(table<std::string, int, int, std::string>({
      {"model 1A {\n  id Int @id\n}\n", 1, 7, "the name of model 1A begins with a digit"},
      {"model A-B {\n  id Int @id\n}\n", 1, 7, "the name of model A-B has a \"-\""},
      {"model A {\n  1id Int @id\n}\n", 2, 3, "the name of field 1id begins with a digit"},
      {"model A {\n  i-d Int @id\n}\n", 2, 3, "the name of field i-d has a \"-\""},
      {"enum 1E {\n  A\n}\n", 1, 6, "the name of enum 1E begins with a digit"},
      {"enum E {\n  1A\n}\n", 2, 3, "the name of enum value 1A begins with a digit"},
      {"enum E {\n  A-B\n}\n", 2, 3, "the name of enum value A-B has a \"-\""},
      {"model String {\n  id Int @id\n}\n", 1, 7, "String is a scalar type"},
      {"enum Int {\n  A\n}\n", 1, 6, "Int is a scalar type"},
      {"model PrismaClient {\n  id Int @id\n}\n", 1, 7, "PrismaClient is a reserved name"},
      {"model async {\n  id Int @id\n}\n", 1, 7, "async is a reserved name"},
      {"enum class {\n  A\n}\n", 1, 6, "class is a reserved name"},
      {"view with {\n  id Int\n}\n", 1, 6, "with is a reserved name"},
  }));
  check_refused(text, line, column, says);
  check_accepted("model Prisma {\n  class Int @id\n  model Int\n}\nenum type {\n  async\n}\n");
}

TEST_CASE("names: fields and enum values are defined once, in the database too", "[prisma]") {
  check_refused(in_model("a Int\n  a Int"), 4, 3, "field a is defined twice in A: first in line 3");
  check_refused(in_model("a Int @map(\"x\")\n  b Int @map(\"x\")"), 4, 3,
                "fields a and b of A are both \"x\" in the database");
  check_refused(in_model("a Int @map(\"b\")\n  b Int"), 4, 3, "fields a and b of A are both \"b\"");
  check_refused("enum E {\n  X\n  X\n}\n", 3, 3, "enum value X is defined twice in E");
  check_refused("enum E {\n  X @map(\"y\")\n  Y @map(\"y\")\n}\n", 3, 3, "enum values X and Y of E are both \"y\"");
}

TEST_CASE("names: an enum has values, with @map only", "[prisma]") {
  check_refused("enum E {\n}\n", 1, 1, "enum E has no values");
  check_refused("enum E {\n  // X\n}\n", 1, 1, "enum E has no values");
  check_refused("enum E {\n  X @ignore\n}\n", 2, 5, "@ignore is no attribute of enum value X");
  check_refused("enum E {\n  X\n  @@index([X])\n}\n", 3, 3, "@@index is no attribute of enum E");
  check_refused("enum E {\n  X\n  @@ignore\n}\n", 3, 3, "@@ignore is no attribute of enum E");
  check_accepted("enum E {\n  X @map(\"x y\")\n  @@map(\"e\")\n}\n");
}

TEST_CASE("names: a view has uniques, but no id and no index", "[prisma]") {
  check_accepted("view V {\n  id Int\n  a Int @unique\n  @@unique([id])\n  @@map(\"v\")\n}\n");
  check_refused("view V {\n  id Int @id\n}\n", 2, 10, "view V has an @id");
  check_refused("view V {\n  id Int\n  @@id([id])\n}\n", 3, 3, "@@id is no attribute of view V");
  check_refused("view V {\n  id Int\n  @@index([id])\n}\n", 3, 3, "@@index is no attribute of view V");
}

TEST_CASE("names: an enum value may be empty in the database, other names may not", "[prisma]") {
  check_accepted("enum E {\n  A @map(\"\")\n  B\n}\n");
  check_refused("enum E {\n  A\n  @@map(\"\")\n}\n", 3, 9, "an empty name in @@map");
}
