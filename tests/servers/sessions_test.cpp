// What a session meets in a database: deadlocks, floods of messages, event triggers, encodings, others' transactions.
#include "tests/support/project.h"

#include <thread>

using namespace strata::test;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("sessions: a deadlock is rolled back and tried again, three times, then 75", "[servers]") {
  if (!PostgresServer::is_available()) return;
  const bool for_ever = GENERATE(false, true);
  INFO((for_ever ? "again and again" : "once"));
  Project project;
  project.ask("ALTER DATABASE " + project.ask("SELECT current_database()") + " SET deadlock_timeout = '100ms'");
  project.migration("shop/20260101000000_tables", "CREATE TABLE a (); CREATE TABLE b (); CREATE TABLE effect ();");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_both", "INSERT INTO effect DEFAULT VALUES;\nLOCK TABLE a;\nLOCK TABLE b;\n");
  const auto process = project.start({"deploy"});
  // Each time it holds b and wants a while the migration holds a and wants b. It would wait for ever itself.
  Database other(project.url());
  Database looker(project.url());
  other.ask("SET deadlock_timeout = '1h'");
  int rounds = 0;
  do {
    other.ask("BEGIN; LOCK TABLE b");
    const auto migration_waits = "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'b'::regclass AND NOT granted";
    while (looker.ask(migration_waits) != "t" && process->is_running()) std::this_thread::sleep_for(milliseconds(2));
    if (!process->is_running()) break;
    other.send("LOCK TABLE a");
    REQUIRE(other.finish() == "");
    other.ask("ROLLBACK");
    ++rounds;
  } while (for_ever);
  other.ask("ROLLBACK");
  const auto result = process->wait();
  INFO(told(result));
  CHECK(contains(result.err, "deadlock detected"));
  CHECK(contains(result.err, "rolled back, next try in"));
  if (for_ever) {
    CHECK(result.exit_code == 75);
    CHECK(rounds == 4);
    CHECK(contains(result.err, "[SQLSTATE 40P01]"));
    CHECK(contains(result.err, "given up after"));
    CHECK(project.ask("SELECT count(*) FROM effect") == "0");
    heal(project);
  } else {
    CHECK(result.exit_code == 0);
    check_settled(project);
  }
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
}

TEST_CASE("sessions: a serialization failure is rolled back and tried again, three times, then 75", "[servers]") {
  if (!PostgresServer::is_available()) return;
  // A sequence counts the tries: it is not rolled back.
  for (const int failures : {3, 100}) {
    Project project;
    project.migration("shop/20260101000000_tries", "CREATE SEQUENCE try;");
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
    project.migration("shop/20260102000000_fails",
                      "CREATE TABLE item ();\nDO $$ BEGIN IF nextval('try') <= " + std::to_string(failures) +
                          " THEN RAISE EXCEPTION 'not serializable' USING ERRCODE = '40001'; END IF; END $$;");
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == (failures == 3 ? 0 : 75));
    CHECK(project.ask("SELECT last_value FROM try") == "4");
    CHECK(project.ask("SELECT to_regclass('item') IS NULL") == (failures == 3 ? "f" : "t"));
    CHECK(project.strata({"audit", "verify"}).exit_code == 0);
  }
}

TEST_CASE("sessions: what would give the lock away is refused before anything runs", "[servers]") {
  if (!PostgresServer::is_available()) return;
  for (const std::string statement : {"DISCARD ALL", "SELECT pg_advisory_unlock_all()"}) {
    for (const std::string directive : {"", "-- strata: no-transaction\n"}) {
      Project project;
      project.migration("shop/20260101000000_items", "CREATE TABLE item ();");
      project.migration("shop/20260102000000_bad", directive + statement + ";");
      const auto result = project.strata({"deploy"});
      INFO(directive << statement << "\n" << told(result));
      CHECK(result.exit_code == 65);
      CHECK(contains(result.err, "20260102000000_bad/migration.sql"));
      CHECK(contains(result.err, "lock"));
      CHECK(project.ask("SELECT to_regclass('item') IS NULL") == "t");
    }
  }
}

TEST_CASE("sessions: a flood of messages is cut to a hundred, each to 8 kB, and escaped", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration(
      "shop/20260101000000_flood",
      "CREATE TABLE item ();\n"
      "DO $$ BEGIN FOR i IN 1..100000 LOOP RAISE WARNING E'n% \\x1b[31mred\\r\\nnext', i; END LOOP; END $$;\n");
  project.migration("shop/20260102000000_long",
                    "DO $$ BEGIN RAISE WARNING '%', E'\\x1b]0;title\\x07' || repeat('long', 300000); END $$;");
  project.migration("shop/20260103000000_error",
                    "DO $$ BEGIN RAISE EXCEPTION '%', E'\\x1b[2J' || repeat('much', 300000) USING DETAIL = "
                    "repeat('more', 300000), HINT = E'\\x1b[1m'; END $$;");
  const auto result = project.strata({"deploy", "--log-level", "debug"});
  CHECK(result.exit_code == 1);
  INFO(result.err.substr(0, 2'000));
  CHECK(count_of(result.err, "postgres: n") == 100);
  CHECK(contains(result.err, "postgres: n100 "));
  CHECK(contains(result.err, "more than 100 messages at once: the others are not shown"));
  CHECK(contains(result.err, "longlong"));
  CHECK(contains(result.err, "muchmuch"));
  CHECK(contains(result.err, "bytes in all)"));
  CHECK(result.err.size() < 100'000);
  for (const char c : result.err + result.out) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n') {
      FAIL_CHECK("a control character: " << static_cast<int>(c));
      break;
    }
  }
  CHECK(project.ask("SELECT count(*) FROM strata.migration WHERE state = 'applied'") == "2");
  // What is kept of the error is bounded as well.
  CHECK(project.ask("SELECT max(length(body)) < 100000 FROM strata.event") == "t");
  CHECK(std::filesystem::file_size(project.ledger()) < 1'000'000);
}

TEST_CASE("sessions: an event trigger that refuses is passed on in its words, 1", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const std::string refuse =
      "CREATE FUNCTION public.on_fridays() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no % on "
      "fridays', tg_tag; END $$; CREATE EVENT TRIGGER no_ddl ON ddl_command_start EXECUTE FUNCTION public.on_fridays()";
  SECTION("from the first run on") {
    project.ask(refuse);
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "no CREATE SCHEMA on fridays"));
    CHECK(contains(result.err, "the history \"strata\" cannot be created"));
    CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
  }
  SECTION("later") {
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
    project.migration("shop/20260102000000_more", "INSERT INTO item VALUES (1);\nALTER TABLE item ADD price int;");
    project.ask(refuse);
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "no ALTER TABLE on fridays"));
    CHECK(contains(result.err, "on_fridays()"));
    CHECK(contains(result.err, "migration.sql:2:1"));
    CHECK(project.ask("SELECT count(*) FROM item") == "0");
  }
  project.ask("DROP EVENT TRIGGER no_ddl");
  heal(project);
}

TEST_CASE("sessions: an event trigger that changes what is made is none of strata's business", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.ask(
      "CREATE TABLE seen (tag text); "
      "CREATE FUNCTION rewrite() RETURNS event_trigger LANGUAGE plpgsql SET search_path = public AS $$ DECLARE "
      "o record; BEGIN FOR o IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP INSERT INTO seen VALUES "
      "(o.command_tag); IF o.command_tag = 'CREATE TABLE' AND o.schema_name = 'public' THEN EXECUTE 'ALTER TABLE "
      "' || o.object_identity || ' ADD COLUMN IF NOT EXISTS audited_at timestamptz DEFAULT now()'; END IF; END LOOP; "
      "END $$; CREATE EVENT TRIGGER rewrite ON ddl_command_end EXECUTE FUNCTION rewrite()");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);\nINSERT INTO item VALUES (1);");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  heal(project);
  CHECK(project.ask("SELECT count(audited_at) FROM item") == "1");
  CHECK(project.ask("SELECT count(*) > 5 FROM seen") == "t");
}

TEST_CASE("sessions: a database in LATIN1 takes what it can hold and refuses the rest, 1", "[servers]") {
  if (!PostgresServer::is_available()) return;
  auto& server = PostgresServer::shared();
  ask(server.url(), "CREATE DATABASE latin1 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  {
    Project project(server.url_of("latin1"));
    project.migration("shop/20260101000000_items", "CREATE TABLE item (name text);\nINSERT INTO item VALUES ('Zoë');");
    heal(project);
    CHECK(project.ask("SET client_encoding = 'UTF8'; SELECT name, octet_length(name) FROM item") == "Zoë|3");
    project.migration("shop/20260102000000_euro", "INSERT INTO item VALUES ('a');\nINSERT INTO item VALUES ('€');");
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "[SQLSTATE 22P05]"));
    CHECK(contains(result.err, "20260102000000_euro/migration.sql"));
    CHECK(project.ask("SELECT count(*) FROM item") == "1");
    project.migration("shop/20260102000000_euro", "INSERT INTO item VALUES ('EUR'); -- not €");
    project.remove(project.folder_of("shop/20260102000000_euro"));
    project.migration("shop/20260102000000_eur", "INSERT INTO item VALUES ('EUR');");
    heal(project);
  }
  ask(server.url(), "DROP DATABASE latin1");
}

TEST_CASE("sessions: a database in SQL_ASCII is refused unless that is allowed", "[servers]") {
  if (!PostgresServer::is_available()) return;
  auto& server = PostgresServer::shared();
  ask(server.url(), "CREATE DATABASE sql_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
  {
    Project project(server.url_of("sql_ascii"));
    project.migration("shop/20260101000000_items", "CREATE TABLE item (name text);\nINSERT INTO item VALUES ('Zoë');");
    const auto refused = project.strata({"deploy"});
    INFO(told(refused));
    CHECK(refused.exit_code == 78);
    CHECK(contains(refused.err, "SQL_ASCII"));
    CHECK(contains(refused.err, "--allow-sql-ascii"));
    CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
    const auto allowed = project.strata({"deploy", "--allow-sql-ascii"});
    INFO(told(allowed));
    CHECK(allowed.exit_code == 0);
    CHECK(project.ask("SELECT name FROM item") == "Zoë");
    CHECK(project.strata({"audit", "verify"}).exit_code == 0);
    CHECK(project.strata({"deploy", "--allow-sql-ascii"}).exit_code == 0);
  }
  ask(server.url(), "DROP DATABASE sql_ascii");
}
