// The desired schema of many modules: collated, checked, and as SQL.
#include "tests/support/project.h"

#include <algorithm>

using namespace strata::test;

namespace {

const std::string datasource = "datasource db {\n  provider = \"postgresql\"\n}\n";

// identity owns User; cases, which requires it, owns Case and refers to it.
void write_two(const Project& project) {
  project.module("identity", "1.6.0");
  project.module("cases", "1.0.0", {"identity >= 1.0"});
  project.write("strata.toml", "[project]\nname = \"x\"\n");
  project.write("schema/base.prisma", datasource);
  project.write("modules/identity/schema/identity.prisma",
                "model User {\n  id Int @id\n  email String @unique\n  cases Case[]\n}\n");
  project.write("modules/cases/schema/cases.prisma",
                "/// What it is all about.\nmodel Case {\n  id Int @id\n  ownerId Int\n"
                "  owner User @relation(fields: [ownerId], references: [id])\n}\n");
}

}  // namespace

TEST_CASE("collate: one valid Prisma schema of all modules, each part below its owner, what is required first",
          "[cli]") {
  const Project project("");
  write_two(project);
  const auto result = project.strata({"collate", "--format", "prisma"});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  CHECK(result.out ==
        "datasource db {\n  provider = \"postgresql\"\n}\n\n"
        "// module identity 1.6.0, modules/identity/schema/identity.prisma\n\n"
        "model User {\n  id    Int    @id\n  email String @unique\n  cases Case[]\n}\n\n"
        "// module cases 1.0.0, modules/cases/schema/cases.prisma\n\n"
        "/// What it is all about.\nmodel Case {\n  id      Int  @id\n  ownerId Int\n"
        "  owner   User @relation(fields: [ownerId], references: [id])\n}\n");

  REQUIRE(project.strata({"collate", "--format", "prisma", "-o", "dist/schema.prisma"}).exit_code == 0);
  CHECK(project.strata({"collate", "--format", "prisma", "--check", "dist/schema.prisma"}).exit_code == 0);
  project.write("dist/schema.prisma", result.out + "\n");
  const auto differs = project.strata({"collate", "--format", "prisma", "--check", "dist/schema.prisma"});
  CHECK(differs.exit_code == 2);
  CHECK(contains(differs.err, "differs from line"));
  CHECK(project.json({"collate", "--format", "prisma"})["language"] == "prisma");
}

TEST_CASE("collate: a model that two modules define is an error that names both files and lines", "[cli]") {
  const Project project("");
  write_two(project);
  project.write("modules/cases/schema/more.prisma", "// not mine\nmodel User {\n  id Int @id\n}\n");
  const auto result = project.strata({"collate", "--format", "prisma"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.err, "modules/identity/schema/identity.prisma:1:"));
  CHECK(contains(result.err, "modules/cases/schema/more.prisma:2:"));
}

TEST_CASE("collate: a relation to a module that is not required is an error", "[cli]") {
  const Project project("");
  write_two(project);
  project.module("cases", "1.0.0", {});
  const auto result = project.strata({"collate", "--format", "prisma"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.err, "modules/cases/schema/cases.prisma:5:"));
  CHECK(contains(result.err, "identity"));
}

TEST_CASE("collate: .sql fragments stand below their owners, and an object has one owner", "[cli]") {
  const Project project("");
  project.module("identity", "1.6.0");
  project.module("cases", "1.0.0", {"identity >= 1.0"});
  project.write("modules/cases/schema/cases.sql",
                "\xef\xbb\xbf"
                "CREATE TABLE a.item (id int);\r\n\r\n");
  project.write("modules/identity/schema/identity.sql",
                "CREATE SCHEMA IF NOT EXISTS a;\nCREATE FUNCTION a.f(x int) RETURNS int LANGUAGE sql AS 'SELECT x';\n");
  const auto result = project.strata({"collate"});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  CHECK(result.out ==
        "-- module identity 1.6.0, modules/identity/schema/identity.sql\nCREATE SCHEMA IF NOT EXISTS a;\n"
        "CREATE FUNCTION a.f(x int) RETURNS int LANGUAGE sql AS 'SELECT x';\n\n"
        "-- module cases 1.0.0, modules/cases/schema/cases.sql\nCREATE TABLE a.item (id int);\n");

  const auto [second, what] = GENERATE(table<std::string, std::string>({
      {"SELECT 1;\nCREATE VIEW A.\"item\" AS SELECT 1;", "VIEW a.item"},
      {"SELECT 1;\nCREATE TABLE IF NOT EXISTS a.item (id int);", "TABLE a.item"},
      {"SELECT 1;\nCREATE INDEX item ON a.other (id);", "INDEX a.item"},
  }));
  project.write("modules/identity/schema/more.sql", second);
  const auto refused = project.strata({"collate"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "modules/identity/schema/more.sql:2:1"));
  CHECK(contains(refused.err, "modules/cases/schema/cases.sql:1:1"));
  CHECK(contains(refused.err, " a.item"));
  // An overloaded function, and a schema that says IF NOT EXISTS, may be there twice.
  project.write(
      "modules/identity/schema/more.sql",
      "CREATE SCHEMA IF NOT EXISTS a;\nCREATE FUNCTION a.f(x text) RETURNS text LANGUAGE sql AS 'SELECT x';\n");
  CHECK(project.strata({"collate"}).exit_code == 0);
}

TEST_CASE("collate: what a .prisma fragment makes, no .sql fragment of another module makes again", "[cli]") {
  const Project project("");
  write_two(project);
  project.write("modules/cases/schema/cases.sql", "CREATE TABLE \"User\" (id int);");
  const auto result = project.strata({"collate"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.err, "modules/identity/schema/identity.prisma:1:"));
  CHECK(contains(result.err, "modules/cases/schema/cases.sql:1:1"));
}

TEST_CASE("diff: from empty, Prisma's fragments as Prisma's script, then the .sql fragments", "[cli]") {
  const Project project("");
  write_two(project);
  project.write("modules/cases/schema/cases.sql", "CREATE VIEW open_case AS SELECT id FROM \"Case\";");
  const auto result = project.strata({"diff", "--from", "empty", "--to", "schema", "--script"});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  CHECK(result.out ==
        "-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS \"public\";\n\n"
        "-- CreateTable\nCREATE TABLE \"User\" (\n    \"id\" INTEGER NOT NULL,\n    \"email\" TEXT NOT NULL,\n\n"
        "    CONSTRAINT \"User_pkey\" PRIMARY KEY (\"id\")\n);\n\n"
        "-- CreateTable\nCREATE TABLE \"Case\" (\n    \"id\" INTEGER NOT NULL,\n    \"ownerId\" INTEGER NOT NULL,\n\n"
        "    CONSTRAINT \"Case_pkey\" PRIMARY KEY (\"id\")\n);\n\n"
        "-- CreateIndex\nCREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");\n\n"
        "-- AddForeignKey\nALTER TABLE \"Case\" ADD CONSTRAINT \"Case_ownerId_fkey\" FOREIGN KEY (\"ownerId\") "
        "REFERENCES "
        "\"User\"(\"id\") ON DELETE RESTRICT ON UPDATE CASCADE;\n\n"
        "-- module cases 1.0.0, modules/cases/schema/cases.sql\nCREATE VIEW open_case AS SELECT id FROM \"Case\";\n");
  CHECK(project.strata({"diff", "--from", "empty", "--to", "schema", "--exit-code"}).exit_code == 2);
  CHECK(contains(project.strata({"diff", "--from", "empty", "--to", "schema"}).out, "+ table      User  (identity)"));
  CHECK(project.strata({"diff", "--from", "schema", "--to", "empty"}).exit_code == 64);
}

TEST_CASE("diff: without any strata.toml, --schema names Prisma's file or folder", "[cli]") {
  const Project project("");
  project.write("prisma/schema/a.prisma", datasource);
  project.write("prisma/schema/deep/er/b.prisma", "model B {\n  id Int @id\n}\n");
  project.write("prisma/schema/c.prisma", "model C {\n  id Int @id\n}\n");
  const auto result =
      project.strata({"diff", "--from", "empty", "--to", "schema", "--script", "--schema", "prisma/schema"});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  CHECK(result.out.find("\"C\"") < result.out.find("\"B\""));  // entries in byte order, a folder in its place
  CHECK(project.strata({"collate", "--schema", "nowhere"}).exit_code == 78);
}

TEST_CASE("collate: the sample project's fragments make the very schema that its migrations make", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project migrated;
  const Project desired;
  const Arguments sample{"--config", STRATA_SOURCE_DIR "/strata.toml", "--ledger", "none"};
  const auto with_sample = [&](Arguments arguments) {
    arguments.insert(arguments.end(), sample.begin(), sample.end());
    return arguments;
  };
  REQUIRE(migrated.strata(with_sample({"deploy"})).exit_code == 0);
  const auto script = desired.strata(with_sample({"diff", "--from", "empty", "--to", "schema", "--script"}));
  INFO(told(script));
  REQUIRE(script.exit_code == 0);
  desired.ask(script.out);
  // Columns, constraints, indexes, enums and triggers, in words.
  const std::string everything =
      "SELECT string_agg(line, E'\\n' ORDER BY line COLLATE \"C\") FROM ("
      "SELECT attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull || "
      "' ' "
      "|| attidentity::text || attgenerated::text || coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS line "
      "FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum "
      "= "
      "attnum WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p') AND relnamespace::regnamespace::text NOT "
      "IN ('pg_catalog', "
      "'information_schema', 'strata') "
      "UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint "
      "WHERE "
      "conrelid <> 0 AND connamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema', 'strata') "
      "UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema', "
      "'strata') "
      "UNION ALL SELECT enumtypid::regtype || string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum GROUP BY "
      "enumtypid UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal AND "
      "tgrelid::regclass::text "
      "NOT LIKE 'strata.%') lines";
  CHECK(desired.ask(everything) == migrated.ask(everything));
  CHECK(std::count(script.out.begin(), script.out.end(), '\n') > 500);
}
