#include "tests/prisma/lower_case.h"

using namespace strata;
using namespace strata::prisma::test;

TEST_CASE("lower: every type has its column", "[prisma]") {
  const auto [field, line] = GENERATE(table<std::string, std::string>({
      {"c String", "    \"c\" TEXT NOT NULL"},
      {"c String @db.Text", "    \"c\" TEXT NOT NULL"},
      {"c String @db.VarChar", "    \"c\" VARCHAR NOT NULL"},
      {"c String @db.VarChar(10)", "    \"c\" VARCHAR(10) NOT NULL"},
      {"c String @db.VarChar(1)", "    \"c\" VARCHAR(1) NOT NULL"},
      {"c String @db.Char", "    \"c\" CHAR NOT NULL"},
      {"c String @db.Char(3)", "    \"c\" CHAR(3) NOT NULL"},
      {"c String @db.Bit", "    \"c\" BIT NOT NULL"},
      {"c String @db.Bit(8)", "    \"c\" BIT(8) NOT NULL"},
      {"c String @db.VarBit", "    \"c\" VARBIT NOT NULL"},
      {"c String @db.VarBit(8)", "    \"c\" VARBIT(8) NOT NULL"},
      {"c String @db.Uuid", "    \"c\" UUID NOT NULL"},
      {"c String @db.Xml", "    \"c\" XML NOT NULL"},
      {"c String @db.Inet", "    \"c\" INET NOT NULL"},
      {"c String @db.Citext", "    \"c\" CITEXT NOT NULL"},
      {"c Boolean", "    \"c\" BOOLEAN NOT NULL"},
      {"c Boolean @db.Boolean", "    \"c\" BOOLEAN NOT NULL"},
      {"c Int", "    \"c\" INTEGER NOT NULL"},
      {"c Int @db.Integer", "    \"c\" INTEGER NOT NULL"},
      {"c Int @db.SmallInt", "    \"c\" SMALLINT NOT NULL"},
      {"c Int @db.Oid", "    \"c\" OID NOT NULL"},
      {"c BigInt", "    \"c\" BIGINT NOT NULL"},
      {"c BigInt @db.BigInt", "    \"c\" BIGINT NOT NULL"},
      {"c Float", "    \"c\" DOUBLE PRECISION NOT NULL"},
      {"c Float @db.DoublePrecision", "    \"c\" DOUBLE PRECISION NOT NULL"},
      {"c Float @db.Real", "    \"c\" REAL NOT NULL"},
      {"c Decimal", "    \"c\" DECIMAL(65,30) NOT NULL"},
      {"c Decimal @db.Decimal", "    \"c\" DECIMAL NOT NULL"},
      {"c Decimal @db.Decimal(10, 2)", "    \"c\" DECIMAL(10,2) NOT NULL"},
      {"c Decimal @db.Money", "    \"c\" MONEY NOT NULL"},
      {"c DateTime", "    \"c\" TIMESTAMP(3) NOT NULL"},
      {"c DateTime @db.Timestamp", "    \"c\" TIMESTAMP NOT NULL"},
      {"c DateTime @db.Timestamp(6)", "    \"c\" TIMESTAMP(6) NOT NULL"},
      {"c DateTime @db.Timestamptz", "    \"c\" TIMESTAMPTZ NOT NULL"},
      {"c DateTime @db.Timestamptz(0)", "    \"c\" TIMESTAMPTZ(0) NOT NULL"},
      {"c DateTime @db.Date", "    \"c\" DATE NOT NULL"},
      {"c DateTime @db.Time", "    \"c\" TIME NOT NULL"},
      {"c DateTime @db.Time(2)", "    \"c\" TIME(2) NOT NULL"},
      {"c DateTime @db.Timetz", "    \"c\" TIMETZ NOT NULL"},
      {"c DateTime @db.Timetz(2)", "    \"c\" TIMETZ(2) NOT NULL"},
      {"c Json", "    \"c\" JSONB NOT NULL"},
      {"c Json @db.JsonB", "    \"c\" JSONB NOT NULL"},
      {"c Json @db.Json", "    \"c\" JSON NOT NULL"},
      {"c Bytes", "    \"c\" BYTEA NOT NULL"},
      {"c Bytes @db.ByteA", "    \"c\" BYTEA NOT NULL"},
      {"c String @source.Char(3)", "    \"c\" CHAR(3) NOT NULL"},
      {"c E", "    \"c\" \"E\" NOT NULL"},
      {"c Unsupported(\"vector(3)\")", "    \"c\" vector(3) NOT NULL"},
  }));
  INFO(field);
  CHECK(column_of(field) == line);
}

TEST_CASE("lower: an optional field may be null", "[prisma]") {
  CHECK(column_of("c String?") == "    \"c\" TEXT");
  CHECK(column_of("c Decimal? @db.Decimal(5, 0)") == "    \"c\" DECIMAL(5,0)");
  CHECK(column_of("c E?") == "    \"c\" \"E\"");
  CHECK(column_of("c Unsupported(\"circle\")?") == "    \"c\" circle");
}

TEST_CASE("lower: a list is an array, and never NOT NULL", "[prisma]") {
  CHECK(column_of("c String[]") == "    \"c\" TEXT[]");
  CHECK(column_of("c String[] @db.VarChar(5)") == "    \"c\" VARCHAR(5)[]");
  CHECK(column_of("c DateTime[]") == "    \"c\" TIMESTAMP(3)[]");
  CHECK(column_of("c E[]") == "    \"c\" \"E\"[]");
  CHECK(column_of("c Unsupported(\"point\")[]") == "    \"c\" point[]");
}

TEST_CASE("lower: @ignore and @updatedAt change nothing", "[prisma]") {
  CHECK(column_of("c Int @ignore") == "    \"c\" INTEGER NOT NULL");
  CHECK(column_of("c DateTime @updatedAt") == "    \"c\" TIMESTAMP(3) NOT NULL");
  CHECK(column_of("c DateTime @default(now()) @updatedAt") ==
        "    \"c\" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP");
}

TEST_CASE("lower: a field of a composite type has no column", "[prisma]") {
  CHECK(script_in_public("type Address {\n  street String\n}\nmodel T {\n  id Int @id\n  address Address?\n}\n") ==
        R"(-- CreateTable
CREATE TABLE "T" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "T_pkey" PRIMARY KEY ("id")
);
)");
}
