#include "tests/prisma/lower_case.h"

using namespace strata;
using namespace strata::prisma::test;

namespace {

std::vector<std::string> tables_of(const std::string& text) {
  std::vector<std::string> names;
  for (const auto& table : lowered({parsed(text)}).tables) names.push_back(table.name.name);
  return names;
}

}  // namespace

TEST_CASE("lower: a relation of two lists has a table of its own", "[prisma]") {
  CHECK(script_in_public(R"(
model zebra {
  id     String  @id @db.VarChar(30) @map("ident")
  apples Apple[]

  @@map("zebras")
}

model Apple {
  id     BigInt  @id @default(autoincrement())
  zebras zebra[]

  @@map("apples")
}
)") == R"(-- CreateTable
CREATE TABLE "zebras" (
    "ident" VARCHAR(30) NOT NULL,

    CONSTRAINT "zebras_pkey" PRIMARY KEY ("ident")
);

-- CreateTable
CREATE TABLE "apples" (
    "id" BIGSERIAL NOT NULL,

    CONSTRAINT "apples_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "_AppleTozebra" (
    "A" BIGINT NOT NULL,
    "B" VARCHAR(30) NOT NULL,

    CONSTRAINT "_AppleTozebra_AB_pkey" PRIMARY KEY ("A","B")
);

-- CreateIndex
CREATE INDEX "_AppleTozebra_B_index" ON "_AppleTozebra"("B");

-- AddForeignKey
ALTER TABLE "_AppleTozebra" ADD CONSTRAINT "_AppleTozebra_A_fkey" FOREIGN KEY ("A") REFERENCES "apples"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "_AppleTozebra" ADD CONSTRAINT "_AppleTozebra_B_fkey" FOREIGN KEY ("B") REFERENCES "zebras"("ident") ON DELETE CASCADE ON UPDATE CASCADE;
)");
}

TEST_CASE("lower: the name of the relation is that of its table", "[prisma]") {
  CHECK(steps_of("model A {\n  id Int @id\n  bs B[] @relation(\"liked by\")\n}\nmodel B {\n  id E\n  as A[] "
                 "@relation(name: \"liked by\")\n  @@id([id])\n}\nenum E {\n  X\n}\n",
                 "CreateTable") ==
        std::vector<std::string>{
            "CREATE TABLE \"A\" (\n    \"id\" INTEGER NOT NULL,\n\n    CONSTRAINT \"A_pkey\" PRIMARY KEY (\"id\")\n);",
            "CREATE TABLE \"B\" (\n    \"id\" \"E\" NOT NULL,\n\n    CONSTRAINT \"B_pkey\" PRIMARY KEY (\"id\")\n);",
            "CREATE TABLE \"_liked by\" (\n    \"A\" INTEGER NOT NULL,\n    \"B\" \"E\" NOT NULL,\n\n    CONSTRAINT "
            "\"_liked by_AB_pkey\" PRIMARY KEY (\"A\",\"B\")\n);"});
}

TEST_CASE("lower: a model related to itself is on both sides", "[prisma]") {
  CHECK(steps_of("model P {\n  id Int @id\n  likes P[] @relation(\"like\")\n  fans P[] @relation(\"like\")\n}\n",
                 "AddForeignKey") ==
        std::vector<std::string>{"ALTER TABLE \"_like\" ADD CONSTRAINT \"_like_A_fkey\" FOREIGN KEY (\"A\") REFERENCES "
                                 "\"P\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;",
                                 "ALTER TABLE \"_like\" ADD CONSTRAINT \"_like_B_fkey\" FOREIGN KEY (\"B\") REFERENCES "
                                 "\"P\"(\"id\") ON DELETE CASCADE ON UPDATE CASCADE;"});
}

TEST_CASE("lower: tables of relations come last, in the order of the fields on their A sides", "[prisma]") {
  CHECK(tables_of(R"(
model Z {
  id Int @id
  ys Y[]
  as A[]
}

model Y {
  id Int @id
  as A[]
  zs Z[]
}

model A {
  id  Int @id
  zs  Z[]
  ys  Y[]
  own A[] @relation("s")
  oz  A[] @relation("s")
}
)") == std::vector<std::string>{"Z", "Y", "A", "_YToZ", "_AToZ", "_AToY", "_s"});
}

TEST_CASE("lower: a long name of a relation is cut, for each of its objects at another place", "[prisma]") {
  const std::string forty = "abcdefghijklmnopqrstuvwxyzabcdefghijklmn";
  const auto script = script_in_public("model A {\n  id Int @id\n  a A[] @relation(\"" + forty + forty +
                                       "\")\n  b A[] @relation(\"" + forty + forty + "\")\n}\n");
  CHECK(script == R"(-- CreateTable
CREATE TABLE "A" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "A_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmnopqrstuv" (
    "A" INTEGER NOT NULL,
    "B" INTEGER NOT NULL,

    CONSTRAINT "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmn_AB_pkey" PRIMARY KEY ("A","B")
);

-- CreateIndex
CREATE INDEX "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmn_B_index" ON "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmnopqrstuv"("B");

-- AddForeignKey
ALTER TABLE "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmnopqrstuv" ADD CONSTRAINT "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmno_A_fkey" FOREIGN KEY ("A") REFERENCES "A"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmnopqrstuv" ADD CONSTRAINT "_abcdefghijklmnopqrstuvwxyzabcdefghijklmnabcdefghijklmno_B_fkey" FOREIGN KEY ("B") REFERENCES "A"("id") ON DELETE CASCADE ON UPDATE CASCADE;
)");
}

TEST_CASE("lower: the table of a relation lies in the schema of its A side", "[prisma]") {
  CHECK(script_of(R"(
model B {
  id Int @id
  as A[]

  @@schema("one")
}

model A {
  id Int @id
  bs B[]

  @@schema("two")
}
)") == R"(-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "one";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "two";

-- CreateTable
CREATE TABLE "one"."B" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "B_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "two"."A" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "A_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "two"."_AToB" (
    "A" INTEGER NOT NULL,
    "B" INTEGER NOT NULL,

    CONSTRAINT "_AToB_AB_pkey" PRIMARY KEY ("A","B")
);

-- CreateIndex
CREATE INDEX "_AToB_B_index" ON "two"."_AToB"("B");

-- AddForeignKey
ALTER TABLE "two"."_AToB" ADD CONSTRAINT "_AToB_A_fkey" FOREIGN KEY ("A") REFERENCES "two"."A"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "two"."_AToB" ADD CONSTRAINT "_AToB_B_fkey" FOREIGN KEY ("B") REFERENCES "one"."B"("id") ON DELETE CASCADE ON UPDATE CASCADE;
)");
}
