#include "tests/prisma/lower_case.h"

using namespace strata;
using namespace strata::prisma::test;

TEST_CASE("lower: a default has its SQL", "[prisma]") {
  const auto [field, line] = GENERATE(table<std::string, std::string>({
      {"c Int @default(autoincrement())", "    \"c\" SERIAL NOT NULL"},
      {"c Int @default(autoincrement()) @db.Integer", "    \"c\" SERIAL NOT NULL"},
      {"c Int @default(autoincrement()) @db.SmallInt", "    \"c\" SMALLSERIAL NOT NULL"},
      {"c BigInt @default(autoincrement())", "    \"c\" BIGSERIAL NOT NULL"},
      {"c Int? @default(autoincrement())", "    \"c\" SERIAL"},
      {"c Int @default(autoincrement()) @db.Oid", "    \"c\" OID NOT NULL"},
      {"c DateTime @default(now())", "    \"c\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP"},
      {"c DateTime? @default(now()) @db.Date", "    \"c\" DATE DEFAULT CURRENT_TIMESTAMP"},
      {"c String @default(uuid())", "    \"c\" TEXT NOT NULL"},
      {"c String @default(uuid(7))", "    \"c\" TEXT NOT NULL"},
      {"c String @default(cuid())", "    \"c\" TEXT NOT NULL"},
      {"c String @default(cuid(2))", "    \"c\" TEXT NOT NULL"},
      {"c String @default(ulid())", "    \"c\" TEXT NOT NULL"},
      {"c String @default(nanoid(8))", "    \"c\" TEXT NOT NULL"},
      {"c String @default(dbgenerated())", "    \"c\" TEXT NOT NULL"},
      {"c String @default(dbgenerated(\"gen_random_uuid()\")) @db.Uuid",
       "    \"c\" UUID NOT NULL DEFAULT gen_random_uuid()"},
      {"c Int[] @default(dbgenerated(\"'{1,2}'\"))", "    \"c\" INTEGER[] DEFAULT '{1,2}'"},
      {"c Unsupported(\"circle\") @default(dbgenerated(\"'(1,1),2'\"))", "    \"c\" circle NOT NULL DEFAULT '(1,1),2'"},
      {"c String @default(\"\")", "    \"c\" TEXT NOT NULL DEFAULT ''"},
      {"c String @default(value: \"x\")", "    \"c\" TEXT NOT NULL DEFAULT 'x'"},
      {"c String @default(\"it's\\\\\\n\\\"x\\\"\\t\\u00e9\")",
       "    \"c\" TEXT NOT NULL DEFAULT 'it''s\\\n\"x\"\t\xc3\xa9'"},
      {"c Int @default(007)", "    \"c\" INTEGER NOT NULL DEFAULT 7"},
      {"c Int @default(-5)", "    \"c\" INTEGER NOT NULL DEFAULT -5"},
      {"c Int @default(99999999999)", "    \"c\" INTEGER NOT NULL DEFAULT 99999999999"},
      {"c BigInt @default(-0)", "    \"c\" BIGINT NOT NULL DEFAULT 0"},
      {"c BigInt @default(9223372036854775807)", "    \"c\" BIGINT NOT NULL DEFAULT 9223372036854775807"},
      {"c Float @default(10)", "    \"c\" DOUBLE PRECISION NOT NULL DEFAULT 10"},
      {"c Float @default(1.50)", "    \"c\" DOUBLE PRECISION NOT NULL DEFAULT 1.50"},
      {"c Float @default(1000.0)", "    \"c\" DOUBLE PRECISION NOT NULL DEFAULT 1000.0"},
      {"c Float @default(-0.0)", "    \"c\" DOUBLE PRECISION NOT NULL DEFAULT 0.0"},
      {"c Decimal @default(1.50)", "    \"c\" DECIMAL(65,30) NOT NULL DEFAULT 1.50"},
      {"c Decimal @default(\"12.340\")", "    \"c\" DECIMAL(65,30) NOT NULL DEFAULT 12.340"},
      {"c Decimal @default(\"1e5\")", "    \"c\" DECIMAL(65,30) NOT NULL DEFAULT 100000"},
      {"c Boolean @default(true)", "    \"c\" BOOLEAN NOT NULL DEFAULT true"},
      {"c Boolean? @default(false)", "    \"c\" BOOLEAN DEFAULT false"},
      {"c E @default(X)", "    \"c\" \"E\" NOT NULL DEFAULT 'X'"},
      {"c E @default(Y)", "    \"c\" \"E\" NOT NULL DEFAULT 'y y'"},
      {"c DateTime @default(\"2020-01-02T03:04:05Z\")",
       "    \"c\" TIMESTAMP(3) NOT NULL DEFAULT '2020-01-02 03:04:05 +00:00'"},
      {"c DateTime @default(\"2020-01-02T03:04:05.5-05:30\") @db.Date",
       "    \"c\" DATE NOT NULL DEFAULT '2020-01-02 03:04:05.500 -05:30'"},
      {"c Json @default(\"{\\\"a\\\":  \\\"it's\\\"}\")", "    \"c\" JSONB NOT NULL DEFAULT '{\"a\":  \"it''s\"}'"},
      {"c Bytes @default(\"aGVsbG8=\")", "    \"c\" BYTEA NOT NULL DEFAULT '\\x68656c6c6f'"},
      {"c Bytes @default(\"\")", "    \"c\" BYTEA NOT NULL DEFAULT '\\x'"},
  }));
  INFO(field);
  CHECK(column_of(field) == line);
}

TEST_CASE("lower: a default of a list is an array of its type", "[prisma]") {
  const auto [field, line] = GENERATE(table<std::string, std::string>({
      {"c String[] @default([])", "    \"c\" TEXT[] DEFAULT ARRAY[]::TEXT[]"},
      {"c String[] @default([\"a\", \"b'c\"])", "    \"c\" TEXT[] DEFAULT ARRAY['a', 'b''c']::TEXT[]"},
      {"c String[] @default([\"a\"]) @db.VarChar(3)", "    \"c\" VARCHAR(3)[] DEFAULT ARRAY['a']::VARCHAR(3)[]"},
      {"c Int[] @default([1, -2, 003])", "    \"c\" INTEGER[] DEFAULT ARRAY[1, -2, 3]::INTEGER[]"},
      {"c BigInt[] @default([22222222222222])", "    \"c\" BIGINT[] DEFAULT ARRAY[22222222222222]::BIGINT[]"},
      {"c Float[] @default([1, -2.50])", "    \"c\" DOUBLE PRECISION[] DEFAULT ARRAY[1, -2.50]::DOUBLE PRECISION[]"},
      {"c Decimal[] @default([1, -2.50])", "    \"c\" DECIMAL(65,30)[] DEFAULT ARRAY[1, -2.50]::DECIMAL(65,30)[]"},
      {"c Boolean[] @default([true, false])", "    \"c\" BOOLEAN[] DEFAULT ARRAY[true, false]::BOOLEAN[]"},
      {"c E[] @default([X, Y])", "    \"c\" \"E\"[] DEFAULT ARRAY['X', 'y y']::\"E\"[]"},
      {"c DateTime[] @default([\"2020-01-02T03:04:05Z\"]) @db.Timestamptz(3)",
       "    \"c\" TIMESTAMPTZ(3)[] DEFAULT ARRAY['2020-01-02 03:04:05 +00:00']::TIMESTAMPTZ(3)[]"},
      {"c Json[] @default([\"{}\", \"1\"])", "    \"c\" JSONB[] DEFAULT ARRAY['{}', '1']::JSONB[]"},
      {"c Bytes[] @default([\"aGVsbG8=\"])", "    \"c\" BYTEA[] DEFAULT ARRAY['\\x68656c6c6f']::BYTEA[]"},
  }));
  INFO(field);
  CHECK(column_of(field) == line);
}

TEST_CASE("lower: any number of columns may count by themselves", "[prisma]") {
  CHECK(script_in_public(
            "model T {\n  id BigInt @id @default(autoincrement())\n  a Int @default(autoincrement())\n  b Int "
            "@default(autoincrement())\n}\n") ==
        R"(-- CreateTable
CREATE TABLE "T" (
    "id" BIGSERIAL NOT NULL,
    "a" SERIAL NOT NULL,
    "b" SERIAL NOT NULL,

    CONSTRAINT "T_pkey" PRIMARY KEY ("id")
);
)");
}

TEST_CASE("lower: the default of an enum with a quote in its value is a string that ends", "[prisma]") {
  CHECK(script_in_public("enum E {\n  A @map(\"it's\")\n}\nmodel T {\n  id Int @id\n  e E @default(A)\n}\n") ==
        R"(-- CreateEnum
CREATE TYPE "E" AS ENUM ('it''s');

-- CreateTable
CREATE TABLE "T" (
    "id" INTEGER NOT NULL,
    "e" "E" NOT NULL DEFAULT 'it''s',

    CONSTRAINT "T_pkey" PRIMARY KEY ("id")
);
)");
}
