#include "core/prisma/collate.h"

#include "core/prisma/format.h"
#include "tests/prisma/schema_case.h"

using namespace strata::prisma;
using namespace strata::prisma::test;

namespace {

const std::string datasource = "datasource db {\n  provider = \"postgresql\"\n}\n";

}  // namespace

TEST_CASE("collate: one schema of all files, in their order, each under its owner", "[prisma]") {
  const std::vector files = {
      schema_file(
          "// of all\ndatasource db {\n  provider=\"postgresql\"\n}\n\nenum Status {\n OPEN\n}\n\n// base ends\n"),
      schema_file("/// Who signs in.\nmodel User {\n  id Int @id\n  cases Case[]\n}\n", "identity"),
      schema_file("generator client {\n  provider = \"prisma-client\"\n}\nmodel Case {\n  id Int @id\n\n  userId Int\n "
                  " user User "
                  "@relation(fields: [userId], references: [id])\n}\n// cases end\n",
                  "cases")};
  CHECK(collate(files, {{"identity", "1.6.0"}}) == R"(// of all
datasource db {
  provider = "postgresql"
}

generator client {
  provider = "prisma-client"
}

// base, base.prisma

enum Status {
  OPEN
}

// base ends

// module identity 1.6.0, identity.prisma

/// Who signs in.
model User {
  id    Int    @id
  cases Case[]
}

// module cases, cases.prisma

model Case {
  id Int @id

  userId Int
  user   User @relation(fields: [userId], references: [id])
}

// cases end
)");
}

TEST_CASE("collate: one module alone has no headings, and stays as its formatter left it", "[prisma]") {
  const std::string text = "// about it\n\n" + datasource + "\n/// doc\nmodel A {\n  id Int @id // c\n}\n\n// end\n";
  CHECK(collate({schema_file(text)}, {{"base", "1.0.0"}}) == text);
}

TEST_CASE("collate: without a datasource there is one for PostgreSQL", "[prisma]") {
  CHECK(collate({schema_file("enum A {\n  X\n}\n", "cases")}, {}) == datasource + "\nenum A {\n  X\n}\n");
  CHECK(collate({}, {}) == datasource);
  CHECK(collate({schema_file("generator g {\n  provider = \"x\"\n}\n")}, {}) ==
        datasource + "\ngenerator g {\n  provider = \"x\"\n}\n");
}

TEST_CASE("collate: the datasource comes first, wherever it stands", "[prisma]") {
  CHECK(collate({schema_file("enum A {\n  X\n}\ngenerator g {\n  provider = \"x\"\n}\n" + datasource)}, {}) ==
        datasource + "\ngenerator g {\n  provider = \"x\"\n}\n\nenum A {\n  X\n}\n");
}

TEST_CASE("collate: two files of one owner among others are headed each", "[prisma]") {
  auto first = schema_file("enum A {\n  X\n}\n", "a");
  auto second = schema_file("// only a comment\n", "a");
  auto third = schema_file("enum B {\n  X\n}\n", "b");
  second.path = "second.prisma";
  CHECK(collate({first, second, third}, {}) == datasource + R"(
// module a, a.prisma

enum A {
  X
}

// module a, second.prisma

// only a comment

// module b, b.prisma

enum B {
  X
}
)");
}

TEST_CASE("collate: the collated schema is valid, formatted, and collates to itself", "[prisma]") {
  const std::vector files = {
      schema_file("model User {\n  id Int @id\n  cases Case[]\n}\n", "identity"),
      schema_file("model Case {\n  id Int @id\n  userId Int\n  user User @relation(fields: [userId], "
                  "references: [id])\n}\n",
                  "cases")};
  const auto whole = collate(files, {});
  check_accepted(whole);
  CHECK(format(schema_file(whole)) == whole);
  CHECK(collate({schema_file(whole)}, {}) == whole);
}
