#include "tests/prisma/schema_case.h"

using namespace strata::prisma::test;

namespace {

// Models A and B with these lines below their ids: A begins in line 1, B in line 3 + the lines of A.
std::string two_models(const std::string& a, const std::string& b) {
  return "model A {\n  id Int @id\n  " + a + "\n}\nmodel B {\n  id Int @id\n  " + b + "\n}\nenum E {\n  P\n}\n";
}

}  // namespace

TEST_CASE("relations: one to many, one to one, many to many and to itself", "[prisma]") {
  using Lines = std::pair<std::string, std::string>;
  const auto [a, b] = GENERATE(
      Lines{"b B @relation(fields: [bId], references: [id])\n  bId Int", "a A[]"},
      Lines{"b B? @relation(fields: [bId], references: [id])\n  bId Int?", "a A[]"},
      Lines{"b B? @relation(fields: [bId], references: [id])\n  bId Int", "a A[]"},
      Lines{"b B @relation(fields: [bId], references: [id])\n  bId Int @unique", "a A?"},
      Lines{"b B @relation(fields: [id], references: [id])", "a A?"}, Lines{"b B[]", "a A[]"},
      Lines{"b B[] @relation(\"R\")", "a A[] @relation(name: \"R\")"},
      Lines{"b B @relation(\"x\", fields: [x], references: [id])\n  x Int\n  c B @relation(\"y\", fields: [y], "
            "references: [id])\n  y Int",
            "a A[] @relation(\"x\")\n  d A[] @relation(\"y\")"},
      Lines{"b B @relation(fields: bId, references: id)\n  bId Int", "a A[]"},
      Lines{"b B @relation(fields: [s], references: [t])\n  s Int[]", "t Int[] @unique\n  a A[]"},
      Lines{"b B @relation(fields: [bId], references: [id])\n  bId Int @unique(where: raw(\"x\"))", "a A?"},
      Lines{"p A? @relation(\"t\", fields: [pId], references: [id])\n  pId Int?\n  c A[] @relation(\"t\")", ""},
      Lines{"p A[] @relation(\"t\")\n  c A[] @relation(\"t\")", ""},
      Lines{"b B @relation(fields: [x, y], references: [p, q])\n  x Int\n  y Int",
            "p Int\n  q Int\n  a A[]\n  @@unique([q, p])"},
      Lines{"b B @relation(fields: [bId], references: [code], onDelete: SetNull, onUpdate: NoAction, map: \"fk\")\n  "
            "bId E",
            "code E @unique\n  a A[]"},
      Lines{"b B @relation(fields: [s], references: [t])\n  s String @db.Uuid", "t String @unique\n  a A[]"},
      Lines{"b B @relation(fields: [s], references: [t], onDelete: SetDefault)\n  s Int @ignore",
            "t Int @unique\n  a A[]"});
  check_accepted(two_models(a, b));
}

TEST_CASE("relations: the two sides of one to many", "[prisma]") {
  const auto [a, b, line, column, says] = GENERATE(table<std::string, std::string, int, int, std::string>({
      {"b B @relation(fields: [bId], references: [id])\n  bId Int", "", 3, 3,
       "the relation b of A has no opposite field in B, which base (base.prisma:6:1)"},
      {"b B[]", "", 3, 3, "has no opposite field in B"},
      {"b B", "a A[]", 3, 3, "the relation b of A lacks fields:"},
      {"b B @relation", "a A[]", 3, 7, "lacks fields:"},
      {"b B @relation(fields: [bId])\n  bId Int", "a A[]", 3, 7, "lacks references:"},
      {"b B @relation(references: [id])", "a A[]", 3, 7, "lacks fields:"},
      {"b B @relation(fields: [], references: [])", "a A[]", 3, 25, "fields: is []"},
      {"b B @relation(fields: [x], references: [id])", "a A[]", 3, 26,
       "fields: names the field x, which A does not have"},
      {"b B @relation(fields: [b], references: [id])", "a A[]", 3, 26,
       "fields: names the field b, which has no column"},
      {"b B @relation(fields: [bId], references: [id])\n  bId Int[]", "a A[]", 4, 7,
       "bId of A is of type Int[], and id of B, to which it refers, of type Int"},
      {"b B @relation(fields: [\"bId\"], references: [id])\n  bId Int", "a A[]", 3, 26, "expected a field's name"},
      {"b B @relation(fields: [bId], references: [y])\n  bId Int", "a A[]", 3, 45,
       "references: names the field y, which B does not have"},
      {"b B @relation(fields: [bId, bId], references: [id, x])\n  bId Int", "a A[]", 3, 31,
       "fields: names the field bId twice"},
      {"b B @relation(fields: [bId, c], references: [id])\n  bId Int\n  c Int", "a A[]", 3, 7,
       "fields: has 2 and references: 1"},
      {"b B @relation(fields: [bId], references: [id])\n  bId String", "a A[]", 4, 7,
       "bId of A is of type String, and id of B"},
      {"b B @relation(fields: [bId], references: [id])\n  bId BigInt", "a A[]", 4, 7, "is of type BigInt"},
      {"b B @relation(fields: [bId], references: [x])\n  bId Int", "x Int\n  a A[]", 3, 44,
       "references: [x] is no id and no unique of model B"},
      {"b B @relation(fields: [bId], references: [x])\n  bId Int", "x Int\n  a A[]\n  @@unique([x], where: raw(\"x\"))",
       3, 44, "is no id and no unique"},
      {"b B @relation(fields: [bId], references: [id])\n  bId Int?", "a A[]", 3, 5,
       "the relation b is required, and its field bId is optional"},
      {"b B @relation(fields: [bId], references: [id], onDelete: Foo)\n  bId Int", "a A[]", 3, 60, "onDelete: is Foo"},
      {"b B @relation(fields: [bId], references: [id], onUpdate: \"Cascade\")\n  bId Int", "a A[]", 3, 60,
       "onUpdate: is \"Cascade\""},
      {"b B @relation(fields: [bId], references: [id], foo: 1)\n  bId Int", "a A[]", 3, 50,
       "@relation has no argument \"foo\""},
      {"b B @relation(\"\", fields: [bId], references: [id])\n  bId Int", "a A[] @relation(\"\")", 3, 17,
       "an empty name in @relation"},
      {"b B @relation(fields: [bId], references: [id])\n  bId Int", "a A[] @relation(fields: [id], references: [id])",
       8, 27, "fields: stands at a of B; it belongs to the opposite field, b of A"},
      {"b B @relation(fields: [bId], references: [id])\n  bId Int", "a A[] @relation(onDelete: Cascade)", 8, 29,
       "onDelete: stands at a of B"},
  }));
  check_refused(two_models(a, b), line, column, says);
}

TEST_CASE("relations: one to one", "[prisma]") {
  const auto [a, b, line, column, says] = GENERATE(table<std::string, std::string, int, int, std::string>({
      {"b B @relation(fields: [bId], references: [id])\n  bId Int", "a A?", 3, 3,
       "is one to one, and its fields are not unique: bId"},
      {"b B @relation(fields: [x, y], references: [p, q])\n  x Int @unique\n  y Int",
       "p Int\n  q Int\n  a A?\n  @@unique([p, q])", 3, 3, "its fields are not unique: x, y"},
      {"b B @relation(fields: [bId], references: [id])\n  bId Int @unique", "a A", 8, 5,
       "the field a of B is required, and no foreign key can see to that"},
      {"b B @relation(fields: [bId], references: [id])\n  bId Int @unique",
       "a A? @relation(fields: [id], references: [id])", 8, 26, "fields: stands at a of B"},
      {"b B @relation(fields: [bId], references: [id])\n  bId Int @unique", "a A? @relation(onDelete: Cascade)", 8, 28,
       "onDelete: stands at a of B"},
      {"b B?", "a A?", 3, 3, "the relation b of A lacks fields:"},
  }));
  check_refused(two_models(a, b), line, column, says);
}

TEST_CASE("relations: many to many needs ids of one field, and takes no keys", "[prisma]") {
  check_refused("model A {\n  id Int @id\n  b B[]\n}\nmodel B {\n  x Int\n  y Int\n  a A[]\n  @@id([x, y])\n}\n", 3, 5,
                "B has no id of one field");
  check_refused("model A {\n  id Int @id\n  b B[]\n}\nmodel B {\n  x Int @unique\n  a A[]\n}\n", 3, 5,
                "B has no id of one field");
  check_refused(two_models("b B[] @relation(onDelete: Cascade)", "a A[]"), 3, 29,
                "onDelete: stands at b of A, a relation of many to many");
  check_refused(two_models("b B[] @relation(references: [id])", "a A[]"), 3, 31, "references: stands at b of A");
  check_refused(two_models("b B[] @relation(fields: [id], references: [id])", "a A[]"), 3, 27,
                "fields: stands at b of A");
}

TEST_CASE("relations: several between two models need names", "[prisma]") {
  check_refused(two_models("b B[]\n  c B[]", "a A[]\n  d A[]"), 4, 3,
                "fields b and c of A both refer to B without a relation name");
  check_refused(two_models("b B[] @relation(\"x\")\n  c B[] @relation(\"x\")", "a A[] @relation(\"x\")"), 4, 3,
                "both refer to B in the relation \"x\"");
  check_refused(two_models("b B[] @relation(\"x\")", "a A[]"), 3, 3, "has no opposite field in B with the name \"x\"");
  check_refused(two_models("p A[]\n  c A[]", ""), 4, 3, "fields p and c of A both refer to A without a relation name");
  check_refused(two_models("p A[] @relation(\"t\")\n  c A[] @relation(\"t\")\n  d A[] @relation(\"t\")", ""), 4, 3,
                "in the relation \"t\"");
  check_refused(two_models("p A[]", ""), 3, 3, "the relation p of A has no opposite field in A");
}

TEST_CASE("relations: a relation field has no column, and so no attributes of one", "[prisma]") {
  const auto* const attribute = GENERATE("id", "unique", "default(1)", "map(\"x\")", "updatedAt", "db.Text");
  const std::string name = std::string(attribute).substr(0, std::string(attribute).find('('));
  check_refused(two_models("b B[] @" + std::string(attribute), "a A[]"), 3, 9,
                "@" + name + " is no attribute of the relation field b");
}

TEST_CASE("relations: a relation field is in no index", "[prisma]") {
  const auto* const attribute = GENERATE("index", "unique");
  check_refused(
      two_models("b B @relation(fields: [bId], references: [id])\n  bId Int\n  @@" + std::string(attribute) + "([b])",
                 "a A[]"),
      5, static_cast<int>(std::string("  @@([").size() + std::string(attribute).size()) + 1,
      "names b, which is a relation and has no column");
}

TEST_CASE("relations: foreign keys of one model have names of their own", "[prisma]") {
  check_refused(two_models("b B @relation(\"x\", fields: [k], references: [id])\n  k Int\n  c B @relation(\"y\", "
                           "fields: [k], references: [id])",
                           "a A[] @relation(\"x\")\n  d A[] @relation(\"y\")"),
                5, 7, "\"A_k_fkey\" is the name of both the relation b and the relation c of A");
  check_refused(
      two_models("b B @relation(fields: [k], references: [id], map: \"x\")\n  k Int\n  @@index([k], map: \"x\")",
                 "a A[]"),
      3, 7, "\"x\" is the name of both @@index and the relation b of A");
  check_refused(
      two_models("b B @relation(fields: [k], references: [id], map: \"" + std::string(64, 'x') + "\")\n  k Int",
                 "a A[]"),
      3, 53, "has 64 bytes");
  check_accepted(two_models("b B @relation(fields: [k], references: [id], map: \"x\")\n  k Int", "a A[]") +
                 "model C {\n  id Int @id\n  d D @relation(fields: [id], references: [id], map: \"x\")\n}\nmodel D {\n "
                 " id Int @id\n  c C?\n}\n");
}

TEST_CASE("relations: one to an ignored model is ignored too", "[prisma]") {
  const std::string a = "b B @relation(fields: [k], references: [id])\n  k Int\n  @@ignore";
  check_refused(two_models(a, "a A[]"), 9, 3, "the relation a of B refers to A, which is ignored");
  check_accepted(two_models(a, "a A[] @ignore"));
}

TEST_CASE("relations: models that refer to each other in a ring are fine", "[prisma]") {
  check_accepted(
      two_models("b B? @relation(\"x\", fields: [k], references: [id])\n  k Int?\n  c B[] @relation(\"y\")",
                 "a A? @relation(\"y\", fields: [k], references: [id])\n  k Int?\n  d A[] @relation(\"x\")"));
}

TEST_CASE("relations: tables of many to many have names of their own", "[prisma]") {
  const std::string many = two_models("b B[] @relation(\"X\")", "a A[] @relation(\"X\")");
  check_refused(many +
                    "model C {\n  id Int @id\n  d D[] @relation(\"X\")\n}\nmodel D {\n  id Int @id\n  c C[] "
                    "@relation(\"X\")\n}\n",
                14, 3,
                "\"_X\" in the database is both the table of relation b of A of base (base.prisma:3:3) and the table "
                "of relation d of C");
  check_refused(
      two_models("b B[]", "a A[]") + "model C {\n  id Int @id\n  @@map(\"_AToB\")\n}\n", 3, 3,
      "\"_AToB\" in the database is both model C of base (base.prisma:12:1) and the table of relation b of A");
  check_accepted(two_models("b B[]\n  c B[] @relation(\"c\")", "a A[]\n  d A[] @relation(\"c\")"));
}

TEST_CASE("relations: relationMode = \"prisma\" knows no cycles, and fewer actions", "[prisma]") {
  const std::string datasource = "datasource db {\n  provider = \"postgresql\"\n  relationMode = \"prisma\"\n}\n";
  const auto [a, b, line, column, says] = GENERATE(table<std::string, std::string, int, int, std::string>({
      {"b B? @relation(fields: [x], references: [id], onDelete: NoAction)\n  x Int?", "a A[]", 7, 59,
       "onDelete: is NoAction, which relationMode"},
      {"b B? @relation(fields: [x], references: [id], onUpdate: SetDefault)\n  x Int?", "a A[]", 7, 59,
       "onUpdate: is SetDefault"},
      {"b B? @relation(fields: [x], references: [id], onDelete: SetNull)\n  x Int", "a A[]", 7, 59,
       "onDelete: is SetNull, and field x of A is required"},
      {"p A @relation(\"t\", fields: [x], references: [id])\n  c A[] @relation(\"t\")\n  x Int", "", 7, 3,
       "the relation p of A is part of a cycle"},
      {"p A? @relation(\"t\", fields: [x], references: [id], onUpdate: Restrict)\n  c A[] @relation(\"t\")\n  x Int?",
       "", 7, 3, "the relation p of A is part of a cycle"},
      {"b B @relation(\"x\", fields: [x], references: [id])\n  x Int\n  e B[] @relation(\"y\")",
       "a A[] @relation(\"x\")\n  c A @relation(\"y\", fields: [y], references: [id])\n  y Int", 7, 3,
       "the relation b of A is part of a cycle"},
  }));
  check_refused(datasource + two_models(a, b), line, column, says);
  check_accepted(two_models(a, b));
  check_accepted(datasource +
                 two_models("p A @relation(\"t\", fields: [x], references: [id], onUpdate: Restrict)\n  x Int\n  c A[] "
                            "@relation(\"t\")",
                            ""));
}
