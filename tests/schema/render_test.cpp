#include "core/schema/render.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

Column column(const std::string& name, ColumnType type) {
  return {.name = name, .type = std::move(type)};
}

ColumnType built_in(BuiltIn name, std::vector<int> arguments = {}) {
  return {BuiltInType{name, std::move(arguments)}};
}

// The line of a column, as it stands in its table.
std::string line_of(const Column& column) {
  const auto script = creation_script({.tables = {{.name = {"public", "t"}, .columns = {column}}}});
  const std::string before = "-- CreateTable\nCREATE TABLE \"t\" (\n    ", behind = "\n);\n";
  REQUIRE(script.starts_with(before));
  REQUIRE(script.ends_with(behind));
  return script.substr(before.size(), script.size() - before.size() - behind.size());
}

std::string default_of(ColumnDefault value, ColumnType type = built_in(BuiltIn::text)) {
  const auto line =
      line_of({.name = "c", .type = std::move(type), .required = false, .default_value = std::move(value)});
  return line.substr(line.find(" DEFAULT ") + 9);
}

std::string script_of(const Index& index) {
  return creation_script({.tables = {{.name = {"public", "t"}, .columns = {}, .indexes = {index}}}})
      .substr(std::string("-- CreateTable\nCREATE TABLE \"t\" (\n\n);\n\n-- CreateIndex\n").size());
}

}  // namespace

TEST_CASE("render: kinds of steps come in their order, a blank line before each but the first", "[schema]") {
  const DesiredSchema schema{
      .schemas = {"a", "public"},
      .extensions = {{.name = "citext"}},
      .enumerations = {{.name = {"public", "mood"}, .values = {"glad", "sad"}}},
      .tables = {{.name = {"a", "one"},
                  .columns = {column("id", built_in(BuiltIn::integer)), column("other", built_in(BuiltIn::integer))},
                  .primary_key = PrimaryKey{.name = "one_pkey", .columns = {"id", "other"}},
                  .indexes = {{.name = "one_other_idx", .columns = {{.name = "other"}}}},
                  .foreign_keys = {{.name = "one_other_fkey",
                                    .columns = {"other"},
                                    .target = {"public", "two"},
                                    .target_columns = {"id"},
                                    .on_delete = ReferentialAction::cascade,
                                    .on_update = ReferentialAction::set_null}}},
                 {.name = {"public", "two"},
                  .columns = {column("id", built_in(BuiltIn::integer))},
                  .indexes = {{.name = "two_id_key", .unique = true, .columns = {{.name = "id"}}}}}}};

  CHECK(creation_script(schema) ==
        "-- CreateSchema\n"
        "CREATE SCHEMA IF NOT EXISTS \"a\";\n"
        "\n"
        "-- CreateSchema\n"
        "CREATE SCHEMA IF NOT EXISTS \"public\";\n"
        "\n"
        "-- CreateExtension\n"
        "CREATE EXTENSION IF NOT EXISTS \"citext\";\n"
        "\n"
        "-- CreateEnum\n"
        "CREATE TYPE \"mood\" AS ENUM ('glad', 'sad');\n"
        "\n"
        "-- CreateTable\n"
        "CREATE TABLE \"a\".\"one\" (\n"
        "    \"id\" INTEGER NOT NULL,\n"
        "    \"other\" INTEGER NOT NULL,\n"
        "\n"
        "    CONSTRAINT \"one_pkey\" PRIMARY KEY (\"id\",\"other\")\n"
        ");\n"
        "\n"
        "-- CreateTable\n"
        "CREATE TABLE \"two\" (\n"
        "    \"id\" INTEGER NOT NULL\n"
        ");\n"
        "\n"
        "-- CreateIndex\n"
        "CREATE INDEX \"one_other_idx\" ON \"a\".\"one\"(\"other\");\n"
        "\n"
        "-- CreateIndex\n"
        "CREATE UNIQUE INDEX \"two_id_key\" ON \"two\"(\"id\");\n"
        "\n"
        "-- AddForeignKey\n"
        "ALTER TABLE \"a\".\"one\" ADD CONSTRAINT \"one_other_fkey\" FOREIGN KEY (\"other\") REFERENCES "
        "\"two\"(\"id\") ON DELETE CASCADE ON UPDATE SET NULL;\n");
}

TEST_CASE("render: a schema without anything is a comment that says so", "[schema]") {
  CHECK(creation_script({}) == "-- This is an empty migration.\n");
}

TEST_CASE("render: quotes within names and values are doubled", "[schema]") {
  const ObjectName type{"s\"s", "e\"e"};
  const DesiredSchema schema{
      .schemas = {"s\"s"},
      .extensions = {{.name = "x\"", .schema = "y\"", .version = "1\""}},
      .enumerations = {{.name = type, .values = {"it's", "a\"b"}}},
      .tables = {
          {.name = {"s\"s", "t\"t"},
           .columns = {{.name = "c\"c", .type = {type}, .default_value = Literal{Literal::Kind::enum_value, "it's"}}},
           .primary_key = PrimaryKey{.name = "p\"p", .columns = {"c\"c"}},
           .indexes = {{.name = "i\"i", .columns = {{.name = "c\"c"}}}},
           .foreign_keys = {
               {.name = "f\"f", .columns = {"c\"c"}, .target = {"s\"s", "t\"t"}, .target_columns = {"c\"c"}}}}}};
  CHECK(creation_script(schema) ==
        R"(-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "s""s";

-- CreateExtension
CREATE EXTENSION IF NOT EXISTS "x""" WITH SCHEMA "y""" VERSION "1""";

-- CreateEnum
CREATE TYPE "s""s"."e""e" AS ENUM ('it''s', 'a"b');

-- CreateTable
CREATE TABLE "s""s"."t""t" (
    "c""c" "s""s"."e""e" NOT NULL DEFAULT 'it''s',

    CONSTRAINT "p""p" PRIMARY KEY ("c""c")
);

-- CreateIndex
CREATE INDEX "i""i" ON "s""s"."t""t"("c""c");

-- AddForeignKey
ALTER TABLE "s""s"."t""t" ADD CONSTRAINT "f""f" FOREIGN KEY ("c""c") REFERENCES "s""s"."t""t"("c""c") ON DELETE NO ACTION ON UPDATE NO ACTION;
)");
}

TEST_CASE("render: an extension tells its schema and version where they are wanted", "[schema]") {
  const auto [extension, sql] = GENERATE(table<Extension, std::string>({
      {{.name = "a"}, "CREATE EXTENSION IF NOT EXISTS \"a\";"},
      {{.name = "a", .schema = "s"}, "CREATE EXTENSION IF NOT EXISTS \"a\" WITH SCHEMA \"s\";"},
      {{.name = "a", .version = "1"}, "CREATE EXTENSION IF NOT EXISTS \"a\" WITH VERSION \"1\";"},
      {{.name = "a", .schema = "s", .version = "1"},
       "CREATE EXTENSION IF NOT EXISTS \"a\" WITH SCHEMA \"s\" VERSION \"1\";"},
  }));
  CHECK(creation_script({.extensions = {extension}}) == "-- CreateExtension\n" + sql + "\n");
}

TEST_CASE("render: every type has its SQL", "[schema]") {
  const auto [type, sql] = GENERATE(table<ColumnType, std::string>({
      {built_in(BuiltIn::text), "TEXT"},
      {built_in(BuiltIn::varchar, {10}), "VARCHAR(10)"},
      {built_in(BuiltIn::character), "CHAR"},
      {built_in(BuiltIn::bit), "BIT"},
      {built_in(BuiltIn::varbit), "VARBIT"},
      {built_in(BuiltIn::uuid), "UUID"},
      {built_in(BuiltIn::xml), "XML"},
      {built_in(BuiltIn::inet), "INET"},
      {built_in(BuiltIn::citext), "CITEXT"},
      {built_in(BuiltIn::boolean), "BOOLEAN"},
      {built_in(BuiltIn::smallint), "SMALLINT"},
      {built_in(BuiltIn::integer), "INTEGER"},
      {built_in(BuiltIn::bigint), "BIGINT"},
      {built_in(BuiltIn::oid), "OID"},
      {built_in(BuiltIn::real), "REAL"},
      {built_in(BuiltIn::double_precision), "DOUBLE PRECISION"},
      {built_in(BuiltIn::decimal, {65, 30}), "DECIMAL(65,30)"},
      {built_in(BuiltIn::money), "MONEY"},
      {built_in(BuiltIn::timestamp, {3}), "TIMESTAMP(3)"},
      {built_in(BuiltIn::timestamptz), "TIMESTAMPTZ"},
      {built_in(BuiltIn::date), "DATE"},
      {built_in(BuiltIn::time), "TIME"},
      {built_in(BuiltIn::timetz), "TIMETZ"},
      {built_in(BuiltIn::json), "JSON"},
      {built_in(BuiltIn::jsonb), "JSONB"},
      {built_in(BuiltIn::bytea), "BYTEA"},
      {{ObjectName{"public", "mood"}}, "\"mood\""},
      {{ObjectName{"other", "mood"}}, "\"other\".\"mood\""},
      {{OtherType{"vector(3)"}}, "vector(3)"},
  }));
  CHECK(line_of(column("c", type)) == "\"c\" " + sql + " NOT NULL");
  const ColumnType list{type.element, true};
  CHECK(line_of(column("c", list)) == "\"c\" " + sql + "[]");
}

TEST_CASE("render: a column with a sequence of its own has a serial type, where there is one", "[schema]") {
  const auto [type, line] = GENERATE(table<BuiltIn, std::string>({
      {BuiltIn::smallint, "\"c\" SMALLSERIAL NOT NULL"},
      {BuiltIn::integer, "\"c\" SERIAL NOT NULL"},
      {BuiltIn::bigint, "\"c\" BIGSERIAL NOT NULL"},
      {BuiltIn::oid, "\"c\" OID NOT NULL"},
  }));
  CHECK(line_of({.name = "c", .type = built_in(type), .autoincrement = true}) == line);
}

TEST_CASE("render: every kind of default has its SQL", "[schema]") {
  using Kind = Literal::Kind;
  CHECK(default_of(Literal{Kind::number, "-1.50"}) == "-1.50");
  CHECK(default_of(Literal{Kind::boolean, "true"}) == "true");
  CHECK(default_of(Literal{Kind::text, "it's\n\\"}) == "'it''s\n\\'");
  CHECK(default_of(Literal{Kind::enum_value, "it's"}) == "'it''s'");
  CHECK(default_of(Literal{Kind::date_time, "2020-01-02 03:04:05 +00:00"}) == "'2020-01-02 03:04:05 +00:00'");
  CHECK(default_of(Literal{Kind::json, "{\"a\": 1}"}) == "'{\"a\": 1}'");
  CHECK(default_of(Literal{Kind::bytes, "\\x00ff"}) == "'\\x00ff'");
  CHECK(default_of(CurrentTimestamp{}) == "CURRENT_TIMESTAMP");
  CHECK(default_of(Expression{"gen_random_uuid()"}) == "gen_random_uuid()");

  const ColumnType list{BuiltInType{BuiltIn::varchar, {5}}, true};
  CHECK(default_of(LiteralList{}, list) == "ARRAY[]::VARCHAR(5)[]");
  CHECK(default_of(LiteralList{{{Kind::text, "a"}, {Kind::text, "b'c"}}}, list) == "ARRAY['a', 'b''c']::VARCHAR(5)[]");
}

TEST_CASE("render: only an optional column and a list may be null", "[schema]") {
  CHECK(line_of({.name = "c", .type = built_in(BuiltIn::text), .required = false}) == "\"c\" TEXT");
  CHECK(line_of({.name = "c", .type = built_in(BuiltIn::text), .required = true}) == "\"c\" TEXT NOT NULL");
}

TEST_CASE("render: an index tells all that is said of it", "[schema]") {
  const auto [index, sql] = GENERATE(table<Index, std::string>({
      {{.name = "i", .columns = {{.name = "a"}, {.name = "b"}}}, "CREATE INDEX \"i\" ON \"t\"(\"a\", \"b\");\n"},
      {{.name = "i", .unique = true, .columns = {{.name = "a"}}}, "CREATE UNIQUE INDEX \"i\" ON \"t\"(\"a\");\n"},
      {{.name = "i", .method = IndexMethod::hash, .columns = {{.name = "a"}}},
       "CREATE INDEX \"i\" ON \"t\" USING HASH (\"a\");\n"},
      {{.name = "i", .method = IndexMethod::gin, .columns = {{.name = "a"}}},
       "CREATE INDEX \"i\" ON \"t\" USING GIN (\"a\");\n"},
      {{.name = "i", .method = IndexMethod::gist, .columns = {{.name = "a"}}},
       "CREATE INDEX \"i\" ON \"t\" USING GIST (\"a\");\n"},
      {{.name = "i", .method = IndexMethod::spgist, .columns = {{.name = "a"}}},
       "CREATE INDEX \"i\" ON \"t\" USING SPGIST (\"a\");\n"},
      {{.name = "i", .method = IndexMethod::brin, .columns = {{.name = "a"}}},
       "CREATE INDEX \"i\" ON \"t\" USING BRIN (\"a\");\n"},
      {{.name = "i", .columns = {{.name = "a", .operator_class = "x_ops", .sort = SortOrder::descending}}},
       "CREATE INDEX \"i\" ON \"t\"(\"a\" x_ops DESC);\n"},
      {{.name = "i", .columns = {{.name = "a", .sort = SortOrder::ascending}}},
       "CREATE INDEX \"i\" ON \"t\"(\"a\" ASC);\n"},
      {{.name = "i", .columns = {{.name = "a"}}, .predicate = "a > 1"},
       "CREATE INDEX \"i\" ON \"t\"(\"a\") WHERE (a > 1);\n"},
  }));
  CHECK(script_of(index) == sql);
}

TEST_CASE("render: a foreign key tells both actions", "[schema]") {
  const auto [action, sql] = GENERATE(table<ReferentialAction, std::string>({
      {ReferentialAction::no_action, "NO ACTION"},
      {ReferentialAction::restrict, "RESTRICT"},
      {ReferentialAction::cascade, "CASCADE"},
      {ReferentialAction::set_null, "SET NULL"},
      {ReferentialAction::set_default, "SET DEFAULT"},
  }));
  const ForeignKey key{.name = "f",
                       .columns = {"a", "b"},
                       .target = {"s", "u"},
                       .target_columns = {"x", "y"},
                       .on_delete = action,
                       .on_update = action};
  CHECK(creation_script({.tables = {{.name = {"public", "t"}, .foreign_keys = {key}}}}) ==
        "-- CreateTable\nCREATE TABLE \"t\" (\n\n);\n\n-- AddForeignKey\nALTER TABLE \"t\" ADD CONSTRAINT \"f\" "
        "FOREIGN KEY "
        "(\"a\", \"b\") REFERENCES \"s\".\"u\"(\"x\", \"y\") ON DELETE " +
            sql + " ON UPDATE " + sql + ";\n");
}
