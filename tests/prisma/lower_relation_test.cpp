#include "tests/prisma/lower_case.h"

using namespace strata;
using namespace strata::prisma::test;

namespace {

// The one foreign key that the fields `lines` of model B make. Model A has the id `id` and the unique (k1, "k 2").
std::string foreign_key_of(const std::string& lines) {
  const auto keys = steps_of(
      "model A {\n  id Int @id\n  k1 Int\n  k2 Int @map(\"k 2\")\n  bs B[]\n  @@unique([k1, k2])\n}\n"
      "model B {\n  id Int @id\n" +
          lines + "\n}\n",
      "AddForeignKey");
  REQUIRE(keys.size() == 1);
  return keys.front();
}

}  // namespace

TEST_CASE("lower: the side with fields has the foreign key", "[prisma]") {
  CHECK(script_in_public(R"(
model User {
  id    Int    @id
  posts Post[]
}

model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int
}
)") == R"(-- CreateTable
CREATE TABLE "User" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Post" (
    "id" INTEGER NOT NULL,
    "authorId" INTEGER NOT NULL,

    CONSTRAINT "Post_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "Post" ADD CONSTRAINT "Post_authorId_fkey" FOREIGN KEY ("authorId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
)");
}

TEST_CASE("lower: a foreign key has its columns, its name and its actions", "[prisma]") {
  const auto [lines, sql] = GENERATE(table<std::string, std::string>({
      {"  x Int\n  a A @relation(fields: [x], references: [id])",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE RESTRICT "
       "ON "
       "UPDATE CASCADE;"},
      {"  x Int?\n  a A? @relation(fields: [x], references: [id])",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE SET NULL "
       "ON "
       "UPDATE CASCADE;"},
      {"  x Int @map(\"ex\")\n  a A @relation(fields: [x], references: [id])",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_ex_fkey\" FOREIGN KEY (\"ex\") REFERENCES \"A\"(\"id\") ON DELETE "
       "RESTRICT ON "
       "UPDATE CASCADE;"},
      {"  x Int\n  a A @relation(fields: [x], references: [id], map: \"key\")",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"key\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE RESTRICT ON "
       "UPDATE "
       "CASCADE;"},
      {"  x Int?\n  y Int?\n  a A? @relation(fields: [x, y], references: [k2, k1])",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_y_fkey\" FOREIGN KEY (\"x\", \"y\") REFERENCES \"A\"(\"k 2\", \"k1\") "
       "ON "
       "DELETE SET NULL ON UPDATE CASCADE;"},
      {"  x Int?\n  y Int\n  a A? @relation(fields: [x, y], references: [k1, k2])",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_y_fkey\" FOREIGN KEY (\"x\", \"y\") REFERENCES \"A\"(\"k1\", \"k 2\") "
       "ON "
       "DELETE RESTRICT ON UPDATE CASCADE;"},
      {"  x Int\n  a A @relation(fields: x, references: id)",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE RESTRICT "
       "ON "
       "UPDATE CASCADE;"},
      {"  x Int\n  a A @relation(fields: [x], references: [id], onDelete: Cascade, onUpdate: Restrict)",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE CASCADE "
       "ON "
       "UPDATE RESTRICT;"},
      {"  x Int\n  a A @relation(fields: [x], references: [id], onDelete: NoAction, onUpdate: SetNull)",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE NO ACTION "
       "ON "
       "UPDATE SET NULL;"},
      {"  x Int\n  a A @relation(fields: [x], references: [id], onDelete: SetNull, onUpdate: SetDefault)",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE SET NULL "
       "ON "
       "UPDATE SET DEFAULT;"},
      {"  x Int\n  a A @ignore @relation(fields: [x], references: [id], onDelete: SetDefault, onUpdate: NoAction)",
       "ALTER TABLE \"B\" ADD CONSTRAINT \"B_x_fkey\" FOREIGN KEY (\"x\") REFERENCES \"A\"(\"id\") ON DELETE SET "
       "DEFAULT ON "
       "UPDATE NO ACTION;"},
  }));
  INFO(lines);
  CHECK(foreign_key_of(lines) == sql);
}

TEST_CASE("lower: a relation of one to one has a unique besides its foreign key", "[prisma]") {
  CHECK(script_in_public(R"(
model User {
  id      Int      @id
  profile Profile?
}

model Profile {
  userId Int  @id @unique
  user   User @relation(fields: [userId], references: [id])
}
)") == R"(-- CreateTable
CREATE TABLE "User" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "User_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Profile" (
    "userId" INTEGER NOT NULL,

    CONSTRAINT "Profile_pkey" PRIMARY KEY ("userId")
);

-- CreateIndex
CREATE UNIQUE INDEX "Profile_userId_key" ON "Profile"("userId");

-- AddForeignKey
ALTER TABLE "Profile" ADD CONSTRAINT "Profile_userId_fkey" FOREIGN KEY ("userId") REFERENCES "User"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
)");
}

TEST_CASE("lower: foreign keys come by table, then in the order of the relation fields", "[prisma]") {
  const auto keys = steps_of(R"(
model A {
  id   Int  @id
  b2   B    @relation("two", fields: [b2Id], references: [id])
  b1   B    @relation("one", fields: [b1Id], references: [id])
  b1Id Int
  b2Id Int
  up   A?   @relation("tree", fields: [upId], references: [id])
  upId Int?
  down A[]  @relation("tree")
}

model B {
  id  Int @id
  as1 A[] @relation("one")
  as2 A[] @relation(name: "two")
}
)",
                             "AddForeignKey");
  CHECK(
      keys ==
      std::vector<std::string>{
          "ALTER TABLE \"A\" ADD CONSTRAINT \"A_b2Id_fkey\" FOREIGN KEY (\"b2Id\") REFERENCES \"B\"(\"id\") ON DELETE "
          "RESTRICT ON UPDATE CASCADE;",
          "ALTER TABLE \"A\" ADD CONSTRAINT \"A_b1Id_fkey\" FOREIGN KEY (\"b1Id\") REFERENCES \"B\"(\"id\") ON DELETE "
          "RESTRICT ON UPDATE CASCADE;",
          "ALTER TABLE \"A\" ADD CONSTRAINT \"A_upId_fkey\" FOREIGN KEY (\"upId\") REFERENCES \"A\"(\"id\") ON DELETE "
          "SET NULL ON UPDATE CASCADE;"});
}

TEST_CASE("lower: relationMode \"prisma\" leaves out the foreign keys, also those of many to many", "[prisma]") {
  CHECK(script_in_public(R"(
datasource db {
  provider     = "postgresql"
  relationMode = "prisma"
}

model A {
  id Int @id
  bs B[]
  ms B[] @relation("m")
}

model B {
  id  Int @id
  aId Int
  a   A   @relation(fields: [aId], references: [id])
  ms  A[] @relation("m")
}
)") == R"(-- CreateTable
CREATE TABLE "A" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "A_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "B" (
    "id" INTEGER NOT NULL,
    "aId" INTEGER NOT NULL,

    CONSTRAINT "B_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "_m" (
    "A" INTEGER NOT NULL,
    "B" INTEGER NOT NULL,

    CONSTRAINT "_m_AB_pkey" PRIMARY KEY ("A","B")
);

-- CreateIndex
CREATE INDEX "_m_B_index" ON "_m"("B");
)");
}

TEST_CASE("lower: relationMode \"foreignKeys\" is what is done anyway", "[prisma]") {
  CHECK(
      steps_of("datasource db {\n  relationMode = \"foreignKeys\"\n}\nmodel A {\n  id Int @id\n  up A @relation(\"x\", "
               "fields: [id], references: [id])\n  down A? @relation(\"x\")\n}\n",
               "AddForeignKey") ==
      std::vector<std::string>{"ALTER TABLE \"A\" ADD CONSTRAINT \"A_id_fkey\" FOREIGN KEY (\"id\") REFERENCES "
                               "\"A\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;"});
}

TEST_CASE("lower: relations with views are none to Postgres", "[prisma]") {
  CHECK(script_in_public(R"(
model A {
  id  Int @id
  vId Int @unique
  v   V   @relation(fields: [vId], references: [id])
  w   W?
}

view V {
  id Int @unique
  a  A?
}

view W {
  aId Int @unique
  a   A   @relation(fields: [aId], references: [id])
}
)") == R"(-- CreateTable
CREATE TABLE "A" (
    "id" INTEGER NOT NULL,
    "vId" INTEGER NOT NULL,

    CONSTRAINT "A_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "A_vId_key" ON "A"("vId");
)");
}

TEST_CASE("lower: a list refers to a list, and may be null where the relation is optional", "[prisma]") {
  const auto [relation, action] = GENERATE(table<std::string, std::string>({{"A", "RESTRICT"}, {"A?", "SET NULL"}}));
  CHECK(steps_of("model A {\n  k Int[] @unique\n  id Int @id\n  b B[]\n}\nmodel B {\n  id Int @id\n  ks Int[]\n  a " +
                     relation + " @relation(fields: ks, references: k)\n}\n",
                 "AddForeignKey") ==
        std::vector<std::string>{"ALTER TABLE \"B\" ADD CONSTRAINT \"B_ks_fkey\" FOREIGN KEY (\"ks\") REFERENCES "
                                 "\"A\"(\"k\") ON DELETE " +
                                 action + " ON UPDATE CASCADE;"});
}
