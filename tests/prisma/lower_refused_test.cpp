// Lowering may rely on validation, but must not crash without it.
#include "tests/prisma/lower_case.h"

#include <random>

using namespace strata;
using namespace strata::prisma;
using namespace strata::prisma::test;

namespace {

struct Refused {
  std::string text;
  int line;
  std::string says;
};

// Something of everything that lowering looks at.
const std::string rich = R"(datasource db {
  provider = "postgresql"
  extensions = [citext, uuid(map: "uuid-ossp", schema: "s", version: "1")]
  relationMode = "foreignKeys"
  schemas = ["a", "b"]
}
enum E {
  X @map("x")
  @@map("e")
  @@schema("a")
}
model A {
  id Int @id(map: "key") @default(autoincrement())
  s String @default("x") @db.VarChar(10) @unique(sort: Desc, where: { s: { not: null } })
  d Decimal @default("1.5e3") @db.Decimal(10, 2)
  t DateTime[] @default(["2020-01-02T03:04:05Z"]) @db.Time(3)
  y Bytes @default("aGVsbG8=")
  e E @default(X)
  bs B[]
  ms B[] @relation("m")
  @@index([s(ops: raw("x_ops"), sort: Asc)], type: Brin, where: raw("true"), map: "idx")
  @@unique(fields: [s, d], name: "n")
  @@map("as")
  @@schema("a")
}
model B {
  id Int
  aId Int?
  a A? @relation(fields: [aId], references: [id], onDelete: Cascade, onUpdate: NoAction, map: "fk")
  ms A[] @relation("m")
  @@id([id])
  @@schema("b")
}
)";

}  // namespace

TEST_CASE("lower: what has not been validated is refused where it makes no sense", "[prisma]") {
  const auto refused = GENERATE(
      Refused{"model A {\n  id Strin @id\n}\n", 2, "Strin"},
      Refused{"model A {\n  id String @id @db.Varchar(1)\n}\n", 2, "db.Varchar"},
      Refused{"model A {\n  id String @id @db.VarChar(x)\n}\n", 2, "whole numbers"},
      Refused{"model A {\n  id String @id @db.VarChar(99999999999)\n}\n", 2, "whole numbers"},
      Refused{"model A {\n  id Int @default(\"x\")\n}\n", 2, "no Int"},
      Refused{"model A {\n  id Int @default(sequence())\n}\n", 2, "sequence"},
      Refused{"model A {\n  id Bytes @default(\"x\")\n}\n", 2, "no Bytes"},
      Refused{"model A {\n  id E @default(Y)\n}\nenum E {\n  X\n}\n", 2, "no E"},
      Refused{"model A {\n  id Int[] @default([1, x])\n}\n", 2, "no Int"},
      Refused{"model A {\n  id Int @id\n  @@index([b])\n}\n", 3, "b"},
      Refused{"model A {\n  id Int @id\n  @@index([])\n}\n", 3, "empty list"},
      Refused{"model A {\n  id Int @id\n  @@index\n}\n", 3, "no field"},
      Refused{"model A {\n  id Int @id\n  @@index([id], type: Tree)\n}\n", 3, "Tree"},
      Refused{"model A {\n  id Int @id\n  @@index([id(ops: X)])\n}\n", 3, "X"},
      Refused{"model A {\n  id Int @id\n  @@index([id], where: 5)\n}\n", 3, "where"},
      Refused{"model A {\n  id Int @id\n  @@index([id], where: { x: 5 })\n}\n", 3, "no field x"},
      Refused{"model A {\n  id Int @id\n  @@index([id], where: { id: x })\n}\n", 3, "condition"},
      Refused{"model A {\n  id Int @id\n  a A @relation(fields: [x], references: [id])\n}\n", 3, "no field x"},
      Refused{"model A {\n  id Int @id\n  a A @relation(fields: [id], references: [x])\n}\n", 3, "no field x"},
      Refused{"model A {\n  id Int @id\n  a A @relation(fields: [id])\n}\n", 3, "references"},
      Refused{"model A {\n  id Int @id\n  a A @relation(fields: [id], references: [id, id])\n}\n", 3, "match"},
      Refused{"model A {\n  id Int @id\n  a A @relation(fields: [id], references: [id], onDelete: Explode)\n}\n", 3,
              "Explode"},
      Refused{"model A {\n  id Int @unique\n  a A[] @relation(\"x\")\n  b A[] @relation(\"x\")\n}\n", 3,
              "id of one field"},
      Refused{"model A {\n  id Int @id\n}\nmodel A {\n  id Int @id\n}\n", 4, "A"});
  INFO(refused.text);
  const auto schema = lower({parsed(refused.text)});
  REQUIRE_FALSE(schema);
  CHECK(schema.error().code == ErrorCode::bad_module);
  CHECK(schema.error().where.file == "a.prisma");
  CHECK(schema.error().where.line == refused.line);
  CHECK_THAT(schema.error().message, Catch::Contains(refused.says));
}

TEST_CASE("lower: a schema with pieces missing or doubled is lowered or refused, and never crashes", "[prisma]") {
  REQUIRE(lower({parsed(rich)}));
  std::mt19937 random(7);
  int lowered_ones = 0, refused_ones = 0;
  for (int i = 0; i < 20'000; ++i) {
    auto text = rich;
    for (auto changes = 1 + random() % 3; changes > 0; --changes) {
      const auto at = random() % text.size();
      const auto length = 1 + random() % 12;
      const auto piece = rich.substr(random() % rich.size(), random() % 12);
      text.replace(at, length, piece);
    }
    const auto file = parse(text, "a.prisma", "base");
    if (!file) continue;
    const auto schema = lower({*file});
    ++(schema ? lowered_ones : refused_ones);
    if (schema) CHECK_FALSE(creation_script(*schema).empty());
  }
  CHECK(lowered_ones > 100);
  CHECK(refused_ones > 100);
}
