#include "tests/prisma/lower_case.h"

using namespace strata;
using namespace strata::prisma::test;

TEST_CASE("lower: names of the database take the place of all others", "[prisma]") {
  CHECK(script_in_public(R"(
enum Mood {
  GLAD @map("glad indeed")
  SAD

  @@map("mood_type")
}

model Person {
  id    Int      @id @map("person_id")
  mood  Mood     @default(GLAD) @map("his mood")
  email String   @unique @map("e-mail")
  pets  Pet[]

  @@index([mood, email(sort: Desc)])
  @@map("people")
}

model Pet {
  ownerId Int    @map("owner_id")
  owner   Person @relation(fields: [ownerId], references: [id])
  name    String

  @@id([ownerId, name])
  @@map(name: "pets")
}
)") == R"(-- CreateEnum
CREATE TYPE "mood_type" AS ENUM ('glad indeed', 'SAD');

-- CreateTable
CREATE TABLE "people" (
    "person_id" INTEGER NOT NULL,
    "his mood" "mood_type" NOT NULL DEFAULT 'glad indeed',
    "e-mail" TEXT NOT NULL,

    CONSTRAINT "people_pkey" PRIMARY KEY ("person_id")
);

-- CreateTable
CREATE TABLE "pets" (
    "owner_id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "pets_pkey" PRIMARY KEY ("owner_id","name")
);

-- CreateIndex
CREATE UNIQUE INDEX "people_e-mail_key" ON "people"("e-mail");

-- CreateIndex
CREATE INDEX "people_his mood_e-mail_idx" ON "people"("his mood", "e-mail" DESC);

-- AddForeignKey
ALTER TABLE "pets" ADD CONSTRAINT "pets_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "people"("person_id") ON DELETE RESTRICT ON UPDATE CASCADE;
)");
}

TEST_CASE("lower: with schemas, names are qualified, and each schema in use is made, in byte order", "[prisma]") {
  CHECK(script_of(R"(
datasource db {
  provider = "postgresql"
  schemas  = ["shop", "Base", "unused"]
}

enum Size {
  S
  M

  @@schema("Base")
}

model Article {
  id    Int    @id
  size  Size
  sizes Size[] @default([S])
  up    Shelf  @relation(fields: [upId], references: [id])
  upId  Int

  @@schema("shop")
}

model Shelf {
  id       Int       @id
  articles Article[]

  @@index([id])
  @@schema(map: "Base")
}
)") == R"(-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "Base";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "shop";

-- CreateEnum
CREATE TYPE "Base"."Size" AS ENUM ('S', 'M');

-- CreateTable
CREATE TABLE "shop"."Article" (
    "id" INTEGER NOT NULL,
    "size" "Base"."Size" NOT NULL,
    "sizes" "Base"."Size"[] DEFAULT ARRAY['S']::"Base"."Size"[],
    "upId" INTEGER NOT NULL,

    CONSTRAINT "Article_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Base"."Shelf" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "Shelf_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "Shelf_id_idx" ON "Base"."Shelf"("id");

-- AddForeignKey
ALTER TABLE "shop"."Article" ADD CONSTRAINT "Article_upId_fkey" FOREIGN KEY ("upId") REFERENCES "Base"."Shelf"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
)");
}

TEST_CASE("lower: what is in public is never qualified, beside other schemas neither", "[prisma]") {
  CHECK(script_of(R"(
model A {
  id Int @id

  @@schema("public")
}

model B {
  id Int @id

  @@schema("other")
}
)") == R"(-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "other";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "A" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "A_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "other"."B" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "B_pkey" PRIMARY KEY ("id")
);
)");
}

TEST_CASE("lower: tables of one name may lie in two schemas", "[prisma]") {
  const auto schema = lowered({parsed(
      "model A {\n  id Int @id\n  @@map(\"t\")\n  @@schema(\"x\")\n}\nmodel B {\n  id Int @id\n  @@map(\"t\")\n  "
      "@@schema(\"y\")\n}\n")});
  REQUIRE(schema.tables.size() == 2);
  CHECK(schema.tables[0].name == ObjectName{"x", "t"});
  CHECK(schema.tables[1].name == ObjectName{"y", "t"});
}

TEST_CASE("lower: extensions come in the order of their names in the schema language", "[prisma]") {
  CHECK(script_of(R"(
datasource db {
  provider   = "postgresql"
  extensions = [pg_trgm, citext, zuuid(map: "uuid-ossp"), postgis(version: "2.1", schema: "geo"), x(schema: "s"), y(version: "1")]
}
)") == R"(-- CreateExtension
CREATE EXTENSION IF NOT EXISTS "citext";

-- CreateExtension
CREATE EXTENSION IF NOT EXISTS "pg_trgm";

-- CreateExtension
CREATE EXTENSION IF NOT EXISTS "postgis" WITH SCHEMA "geo" VERSION "2.1";

-- CreateExtension
CREATE EXTENSION IF NOT EXISTS "x" WITH SCHEMA "s";

-- CreateExtension
CREATE EXTENSION IF NOT EXISTS "y" WITH VERSION "1";

-- CreateExtension
CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
)");
  CHECK(script_of("datasource db {\n  extensions = citext\n}\n") ==
        "-- CreateExtension\nCREATE EXTENSION IF NOT EXISTS \"citext\";\n");
}

TEST_CASE("lower: views, composite types, generators and datasources give nothing", "[prisma]") {
  CHECK(script_of(R"(
datasource db {
  provider = "postgresql"
}

generator client {
  provider = "prisma-client"
}

view V {
  id Int @unique

  @@schema("other")
}

type Address {
  street String
}
)") == "-- This is an empty migration.\n");
}

TEST_CASE("lower: an ignored model has its table all the same", "[prisma]") {
  CHECK(script_in_public("model A {\n  a Int\n  b Int @ignore\n\n  @@ignore\n}\n") == R"(-- CreateTable
CREATE TABLE "A" (
    "a" INTEGER NOT NULL,
    "b" INTEGER NOT NULL
);
)");
}

TEST_CASE("lower: files are one schema, in their order", "[prisma]") {
  const auto schema = lowered({parsed("model B {\n  id Int @id\n  e E\n}\n", "b.prisma", "second"),
                               parsed("enum E {\n  X\n}\nmodel A {\n  id Int @id\n}\n", "a.prisma", "first")});
  CHECK(creation_script(schema) == R"(-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "E" AS ENUM ('X');

-- CreateTable
CREATE TABLE "B" (
    "id" INTEGER NOT NULL,
    "e" "E" NOT NULL,

    CONSTRAINT "B_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "A" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "A_pkey" PRIMARY KEY ("id")
);
)");
}

TEST_CASE("lower: every object tells its owner and where it is defined", "[prisma]") {
  const auto schema = lowered({parsed(R"(datasource db {
  extensions = [citext]
}
enum E {
  X
}
model A {
  id Int @id
  b Int @unique
  a A @relation("x", fields: [b], references: [id])
  c A? @relation("x")
  m A[] @relation("m")
  n A[] @relation("m")
  @@index([b])
}
)",
                                      "schema/a.prisma", "cases")});
  const auto check = [](const Definition& definition, int line, int column) {
    CHECK(definition.owner == "cases");
    CHECK(definition.where.file == "schema/a.prisma");
    CHECK(definition.where.line == line);
    CHECK(definition.where.column == column);
  };
  check(schema.extensions.at(0).definition, 2, 17);
  check(schema.enumerations.at(0).definition, 4, 6);
  const auto& table = schema.tables.at(0);
  check(table.definition, 7, 7);
  check(table.columns.at(1).definition, 9, 3);
  check(table.primary_key.value().definition, 8, 10);
  check(table.indexes.at(0).definition, 9, 9);
  check(table.indexes.at(1).definition, 14, 3);
  check(table.foreign_keys.at(0).definition, 10, 3);
  check(schema.tables.at(1).definition, 12, 3);
  check(schema.tables.at(1).foreign_keys.at(0).definition, 12, 3);
}
