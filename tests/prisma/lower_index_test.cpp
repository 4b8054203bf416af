#include "tests/prisma/lower_case.h"

using namespace strata;
using namespace strata::prisma::test;

namespace {

// The one index that `attribute` makes, for a model with fields of many types.
std::string index_of(const std::string& attribute) {
  const auto steps = steps_of(
      "model T {\n  id Int @id\n  a Int\n  b String @map(\"bee\")\n  j Json\n  l Int[]\n  i String @db.Inet\n"
      "  u Unsupported(\"geometry\")\n  f Boolean\n  " +
          attribute + "\n}\n",
      "CreateIndex");
  REQUIRE(steps.size() == 1);
  return steps.front();
}

// The operator class of an index of type Brin that is told one.
std::string class_of(const std::string& ops) {
  const auto sql = index_of("@@index([a(ops: " + ops + ")], type: Brin)");
  const std::string before = "CREATE INDEX \"T_a_idx\" ON \"T\" USING BRIN (\"a\" ";
  REQUIRE(sql.starts_with(before));
  REQUIRE(sql.ends_with(");"));
  return sql.substr(before.size(), sql.size() - before.size() - 2);
}

}  // namespace

TEST_CASE("lower: an id is a primary key in its table", "[prisma]") {
  const auto [model, sql] = GENERATE(table<std::string, std::string>({
      {"model T {\n  a Int @id\n}\n",
       "CREATE TABLE \"T\" (\n    \"a\" INTEGER NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"a\")\n);"},
      {"model T {\n  a Int @id(map: \"key\")\n}\n",
       "CREATE TABLE \"T\" (\n    \"a\" INTEGER NOT NULL,\n\n    CONSTRAINT \"key\" PRIMARY KEY (\"a\")\n);"},
      {"model T {\n  a Int\n  b Int @map(\"bee\")\n\n  @@id([b, a])\n}\n",
       "CREATE TABLE \"T\" (\n    \"a\" INTEGER NOT NULL,\n    \"bee\" INTEGER NOT NULL,\n\n    CONSTRAINT \"T_pkey\" "
       "PRIMARY "
       "KEY (\"bee\",\"a\")\n);"},
      {"model T {\n  a Int\n  b Int\n\n  @@id(fields: [a, b], map: \"key\", name: \"client\")\n}\n",
       "CREATE TABLE \"T\" (\n    \"a\" INTEGER NOT NULL,\n    \"b\" INTEGER NOT NULL,\n\n    CONSTRAINT \"key\" "
       "PRIMARY KEY "
       "(\"a\",\"b\")\n);"},
      {"model T {\n  a Int\n\n  @@id(a)\n}\n",
       "CREATE TABLE \"T\" (\n    \"a\" INTEGER NOT NULL,\n\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (\"a\")\n);"},
  }));
  CHECK(steps_of(model, "CreateTable") == std::vector{sql});
}

TEST_CASE("lower: a model may be without an id", "[prisma]") {
  CHECK(script_in_public("model T {\n  a Int @unique\n}\n") == R"(-- CreateTable
CREATE TABLE "T" (
    "a" INTEGER NOT NULL
);

-- CreateIndex
CREATE UNIQUE INDEX "T_a_key" ON "T"("a");
)");
}

TEST_CASE("lower: uniques are indexes", "[prisma]") {
  const auto [attribute, sql] = GENERATE(table<std::string, std::string>({
      {"x Int @unique", "CREATE UNIQUE INDEX \"T_x_key\" ON \"T\"(\"x\");"},
      {"x Int @unique @map(\"ex\")", "CREATE UNIQUE INDEX \"T_ex_key\" ON \"T\"(\"ex\");"},
      {"x Int @unique(map: \"key\", sort: Desc)", "CREATE UNIQUE INDEX \"key\" ON \"T\"(\"x\" DESC);"},
      {"@@unique([a])", "CREATE UNIQUE INDEX \"T_a_key\" ON \"T\"(\"a\");"},
      {"@@unique([a, b])", "CREATE UNIQUE INDEX \"T_a_bee_key\" ON \"T\"(\"a\", \"bee\");"},
      {"@@unique([a, b(sort: Desc)], map: \"key\")", "CREATE UNIQUE INDEX \"key\" ON \"T\"(\"a\", \"bee\" DESC);"},
      {"@@unique(fields: [b], name: \"client\")", "CREATE UNIQUE INDEX \"T_bee_key\" ON \"T\"(\"bee\");"},
      {"@@unique(b)", "CREATE UNIQUE INDEX \"T_bee_key\" ON \"T\"(\"bee\");"},
  }));
  INFO(attribute);
  CHECK(index_of(attribute) == sql);
}

TEST_CASE("lower: an index tells its type, and how it sorts where that is said", "[prisma]") {
  const auto [attribute, sql] = GENERATE(table<std::string, std::string>({
      {"@@index([a])", "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\");"},
      {"@@index([a, b])", "CREATE INDEX \"T_a_bee_idx\" ON \"T\"(\"a\", \"bee\");"},
      {"@@index(fields: [b], map: \"idx\")", "CREATE INDEX \"idx\" ON \"T\"(\"bee\");"},
      {"@@index([b], name: \"idx\")", "CREATE INDEX \"idx\" ON \"T\"(\"bee\");"},
      {"@@index([a(sort: Desc), b(sort: Asc)])", "CREATE INDEX \"T_a_bee_idx\" ON \"T\"(\"a\" DESC, \"bee\" ASC);"},
      {"@@index([a], type: BTree)", "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\");"},
      {"@@index([a], type: Hash)", "CREATE INDEX \"T_a_idx\" ON \"T\" USING HASH (\"a\");"},
      {"@@index([j], type: Gin)", "CREATE INDEX \"T_j_idx\" ON \"T\" USING GIN (\"j\");"},
      {"@@index([u], type: Gist)", "CREATE INDEX \"T_u_idx\" ON \"T\" USING GIST (\"u\");"},
      {"@@index([b], type: SpGist)", "CREATE INDEX \"T_bee_idx\" ON \"T\" USING SPGIST (\"bee\");"},
      {"@@index([a, b], type: Brin)", "CREATE INDEX \"T_a_bee_idx\" ON \"T\" USING BRIN (\"a\", \"bee\");"},
  }));
  INFO(attribute);
  CHECK(index_of(attribute) == sql);
}

TEST_CASE("lower: an operator class stands behind its column, before the order", "[prisma]") {
  const auto [attribute, sql] = GENERATE(table<std::string, std::string>({
      {"@@index([j(ops: JsonbOps)], type: Gin)", "CREATE INDEX \"T_j_idx\" ON \"T\" USING GIN (\"j\" jsonb_ops);"},
      {"@@index([j(ops: JsonbPathOps)], type: Gin)",
       "CREATE INDEX \"T_j_idx\" ON \"T\" USING GIN (\"j\" jsonb_path_ops);"},
      {"@@index([l(ops: ArrayOps)], type: Gin)", "CREATE INDEX \"T_l_idx\" ON \"T\" USING GIN (\"l\" array_ops);"},
      {"@@index([i(ops: InetOps)], type: Gist)", "CREATE INDEX \"T_i_idx\" ON \"T\" USING GIST (\"i\" inet_ops);"},
      {"@@index([b(ops: TextOps)], type: SpGist)",
       "CREATE INDEX \"T_bee_idx\" ON \"T\" USING SPGIST (\"bee\" text_ops);"},
      {"@@index([b(ops: raw(\"varchar_pattern_ops\"), sort: Desc)])",
       "CREATE INDEX \"T_bee_idx\" ON \"T\"(\"bee\" varchar_pattern_ops DESC);"},
      {"@@index([b(ops: raw(\"gin_trgm_ops\"))], type: Gin)",
       "CREATE INDEX \"T_bee_idx\" ON \"T\" USING GIN (\"bee\" gin_trgm_ops);"},
  }));
  INFO(attribute);
  CHECK(index_of(attribute) == sql);
}

TEST_CASE("lower: every family of operator classes has the name that Postgres gives it", "[prisma]") {
  const auto [ops, sql] = GENERATE(table<std::string, std::string>({
      {"BitMinMaxOps", "bit_minmax_ops"},
      {"VarBitMinMaxOps", "varbit_minmax_ops"},
      {"BpcharBloomOps", "bpchar_bloom_ops"},
      {"ByteaMinMaxOps", "bytea_minmax_ops"},
      {"DateMinMaxMultiOps", "date_minmax_multi_ops"},
      {"Float4BloomOps", "float4_bloom_ops"},
      {"Float8MinMaxMultiOps", "float8_minmax_multi_ops"},
      {"InetInclusionOps", "inet_inclusion_ops"},
      {"Int2MinMaxOps", "int2_minmax_ops"},
      {"Int4BloomOps", "int4_bloom_ops"},
      {"Int8MinMaxMultiOps", "int8_minmax_multi_ops"},
      {"NumericBloomOps", "numeric_bloom_ops"},
      {"OidMinMaxOps", "oid_minmax_ops"},
      {"TextBloomOps", "text_bloom_ops"},
      {"TimestampMinMaxOps", "timestamp_minmax_ops"},
      {"TimestampTzMinMaxMultiOps", "timestamptz_minmax_multi_ops"},
      {"TimeBloomOps", "time_bloom_ops"},
      {"TimeTzMinMaxOps", "timetz_minmax_ops"},
      {"UuidMinMaxOps", "uuid_minmax_ops"},
  }));
  INFO(ops);
  CHECK(class_of(ops) == sql);
}

TEST_CASE("lower: a partial index has its condition", "[prisma]") {
  const auto [attribute, sql] = GENERATE(table<std::string, std::string>({
      {"@@index([a], where: raw(\"a > 1 AND b <> ''\"))",
       "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\") WHERE (a > 1 AND b <> '');"},
      {"@@index([a], where: { f: true })", "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\") WHERE (\"f\" = true);"},
      {"@@index([a], where: { f: { not: false } })",
       "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\") WHERE (\"f\" != false);"},
      {"@@index([a], where: { b: null })", "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\") WHERE (\"bee\" IS NULL);"},
      {"@@index([a], where: { b: { not: null } })",
       "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\") WHERE (\"bee\" IS NOT NULL);"},
      {"@@index([a], where: { b: \"it's\", a: { not: 007 } })",
       "CREATE INDEX \"T_a_idx\" ON \"T\"(\"a\") WHERE (\"bee\" = 'it''s' AND \"a\" != 007);"},
      {"@@index([a], type: Hash, where: { a: -1.50 })",
       "CREATE INDEX \"T_a_idx\" ON \"T\" USING HASH (\"a\") WHERE (\"a\" = -1.50);"},
      {"@@unique([a], where: raw(\"f\"))", "CREATE UNIQUE INDEX \"T_a_key\" ON \"T\"(\"a\") WHERE (f);"},
      {"x Int @unique(where: { f: true })", "CREATE UNIQUE INDEX \"T_x_key\" ON \"T\"(\"x\") WHERE (\"f\" = true);"},
  }));
  INFO(attribute);
  CHECK(index_of(attribute) == sql);
}

TEST_CASE("lower: indexes come by table; uniques of fields, then @@index, then @@unique", "[prisma]") {
  CHECK(script_in_public(R"(
model T {
  @@unique([a, b])
  @@index([b])
  a Int @unique
  id Int @id
  @@unique([b, a])
  b Int @unique
  @@index([a])
}

model S {
  id Int @id @unique
}
)") == R"(-- CreateTable
CREATE TABLE "T" (
    "a" INTEGER NOT NULL,
    "id" INTEGER NOT NULL,
    "b" INTEGER NOT NULL,

    CONSTRAINT "T_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "S" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "S_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "T_a_key" ON "T"("a");

-- CreateIndex
CREATE UNIQUE INDEX "T_b_key" ON "T"("b");

-- CreateIndex
CREATE INDEX "T_b_idx" ON "T"("b");

-- CreateIndex
CREATE INDEX "T_a_idx" ON "T"("a");

-- CreateIndex
CREATE UNIQUE INDEX "T_a_b_key" ON "T"("a", "b");

-- CreateIndex
CREATE UNIQUE INDEX "T_b_a_key" ON "T"("b", "a");

-- CreateIndex
CREATE UNIQUE INDEX "S_id_key" ON "S"("id");
)");
}
