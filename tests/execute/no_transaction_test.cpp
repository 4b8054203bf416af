// Migrations that cannot run in a transaction: they go on where they stopped, repair what is left, or ask a person.
#include "tests/support/project.h"

#include <csignal>
#include <thread>

using namespace strata::test;

namespace {

using std::chrono::milliseconds;

void write_items(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);\nINSERT INTO item VALUES (1), (2);");
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
}

const std::string indexes =
    "SELECT string_agg(relname || ' ' || indisvalid, ', ' ORDER BY relname) FROM pg_index JOIN pg_class ON "
    "pg_class.oid = "
    "indexrelid WHERE indrelid = 'item'::regclass";

ProcessResult killed_at(const Project& project, const std::string& point) {
  const auto result = project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", point}});
  INFO(told(result));
  CHECK(result.signal == SIGKILL);
  return result;
}

}  // namespace

TEST_CASE("execute: a unique index that cannot be built leaves no INVALID one, exits 1, and the next run builds it",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  project.ask("INSERT INTO item VALUES (1)");
  project.migration("shop/20260102000000_index", "CREATE UNIQUE INDEX CONCURRENTLY item_id ON item (id);");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "[SQLSTATE 23505]"));
  CHECK(contains(result.err, "Key (id)=(1) is duplicated"));
  CHECK(contains(result.err, "dropped the INVALID index \"public\".\"item_id\""));
  CHECK(project.ask(indexes) == "");
  CHECK(project.json({"status"})["modules"].back()["failed"] == 1);

  project.ask("DELETE FROM item WHERE ctid = (SELECT max(ctid) FROM item)");
  heal(project);
  CHECK(project.ask(indexes) == "item_id true");
}

TEST_CASE("execute: killed while a concurrent build waits for an old transaction, the next run ends with a valid index",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  Database old_one(project.url());
  old_one.ask("BEGIN; INSERT INTO item VALUES (3)");
  const auto first = project.start({"deploy"});
  Database database(project.url());
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%' AND "
                          "datname = current_database()"));
  first->kill(SIGKILL);
  const auto second = project.start({"deploy"});
  // The orphan is gone within a second or two; then its index is there, and INVALID.
  REQUIRE(database.wait_until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'DROP INDEX%'"));
  old_one.ask("COMMIT");
  const auto result = second->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "dropped the INVALID index \"public\".\"item_id\""));
  check_settled(project);
  CHECK(project.ask(indexes) == "item_id true");
}

TEST_CASE(
    "execute: IF NOT EXISTS over an INVALID index of that name builds it, though the server would say that it is there",
    "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  Database database(project.url());
  database.ask("INSERT INTO item VALUES (1)");
  database.send("CREATE UNIQUE INDEX CONCURRENTLY item_id ON item (id)");
  REQUIRE(database.finish() == "23505");
  database.ask("DELETE FROM item WHERE ctid = (SELECT max(ctid) FROM item)");
  REQUIRE(database.ask(indexes) == "item_id false");
  project.migration("shop/20260102000000_index",
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS item_id ON item (id);");
  heal(project);
  CHECK(project.ask(indexes) == "item_id true");
}

TEST_CASE("execute: an index of that name that was there before is refused before the first statement", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  project.migration("shop/20260102000000_index",
                    "-- strata: no-transaction\nINSERT INTO item VALUES (9);\nCREATE UNIQUE INDEX CONCURRENTLY item_id "
                    "ON item (id);\n");
  SECTION("valid") {
    project.ask("CREATE INDEX item_id ON item (id)");
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "the index item_id exists already, and not by this migration"));
    CHECK(contains(result.err, "migration.sql:3:1"));
  }
  SECTION("INVALID") {
    Database database(project.url());
    database.ask("INSERT INTO item VALUES (1)");
    database.send("CREATE UNIQUE INDEX CONCURRENTLY item_id ON item (id)");
    REQUIRE(database.finish() == "23505");
    database.ask("DELETE FROM item WHERE ctid = (SELECT max(ctid) FROM item)");
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "the index item_id exists already (INVALID)"));
  }
  CHECK(project.ask("SELECT count(*) FROM item WHERE id = 9") == "0");
  CHECK(project.ask("SELECT count(*) FROM strata.migration WHERE id LIKE '%index'") == "0");
  project.ask("DROP INDEX item_id");
  heal(project);
  CHECK(project.ask("SELECT count(*) FROM item WHERE id = 9") == "1");
}

TEST_CASE("execute: killed before or after any statement whose outcome the catalogs know, the next run finishes it",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  const std::string statement =
      GENERATE("CREATE INDEX CONCURRENTLY built ON item (id)", "DROP INDEX CONCURRENTLY old",
               "REINDEX INDEX CONCURRENTLY old", "REINDEX TABLE CONCURRENTLY item", "VACUUM item",
               "VACUUM ANALYZE item", "ALTER TABLE whole DETACH PARTITION part CONCURRENTLY",
               "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS built ON item (id)");
  for (const std::string point : {"started", "bare", "bare-done", "step"}) {
    INFO(statement << ", killed at " << point);
    Project project;
    write_items(project);
    project.ask(
        "CREATE INDEX old ON item (id); CREATE TABLE whole (id int) PARTITION BY LIST (id); "
        "CREATE TABLE part PARTITION OF whole FOR VALUES IN (1)");
    project.migration("shop/20260102000000_outside",
                      "-- strata: no-transaction\n" + statement + ";\nINSERT INTO item VALUES (4);\n");
    killed_at(project, point);
    heal(project);
    CHECK(project.ask("SELECT count(*) FROM item WHERE id = 4") == "1");
    CHECK(project.ask("SELECT count(*) FROM pg_index WHERE NOT indisvalid") == "0");
  }
}

TEST_CASE("execute: a CALL that was under way when its run ended is in doubt, and a person settles it", "[execute]") {
  if (!PostgresServer::is_available()) return;
  const std::string id = "shop/20260102000000_call";
  Project project;
  write_items(project);
  project.ask(
      "CREATE TABLE effect (name text); CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO effect VALUES ('two a'); COMMIT; INSERT INTO effect VALUES ('two b'); END $$");
  project.migration(id,
                    "-- strata: no-transaction\nINSERT INTO effect VALUES ('one');\nCALL work();\nINSERT INTO effect "
                    "VALUES ('three');\n");
  const std::string effects = "SELECT string_agg(name, ', ' ORDER BY name) FROM effect";

  const auto in_doubt = [&] {
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, "strata resolve " + id + " --step 2 --applied"));
    CHECK(contains(result.err, "strata resolve " + id + " --retry"));
    CHECK(project.ask("SELECT state, statements_done, statements_total FROM strata.migration WHERE id = '" + id +
                      "'") == "in-doubt|1|3");
  };

  SECTION("it was done") {
    killed_at(project, "bare-done");
    in_doubt();
    in_doubt();  // asking changes nothing
    CHECK(project.strata({"resolve", id, "--step", "1", "--applied"}).exit_code == 65);
    CHECK(project.strata({"resolve", id, "--step", "4", "--applied"}).exit_code == 65);
    const auto resolved = project.strata({"resolve", id, "--step", "2", "--applied"});
    INFO(told(resolved));
    CHECK(resolved.exit_code == 0);
    heal(project);
    CHECK(project.ask(effects) == "one, three, two a, two b");
  }
  SECTION("it was not") {
    killed_at(project, "bare");
    in_doubt();
    CHECK(project.strata({"resolve", id, "--retry"}).exit_code == 0);
    heal(project);
    CHECK(project.ask(effects) == "one, three, two a, two b");
  }
  SECTION("it was not, and the run that retries it is killed as well") {
    killed_at(project, "bare");
    in_doubt();
    CHECK(project.strata({"resolve", id, "--retry"}).exit_code == 0);
    killed_at(project, "bare-done");
    const auto again = project.strata({"deploy"});
    INFO(told(again));
    CHECK(again.exit_code == 3);
    CHECK(project.ask(effects) == "one, two a, two b");
  }
  SECTION("all of it was undone by hand") {
    killed_at(project, "bare-done");
    in_doubt();
    project.ask("DELETE FROM effect");
    CHECK(project.strata({"resolve", id, "--rolled-back"}).exit_code == 0);
    heal(project);
    CHECK(project.ask(effects) == "one, three, two a, two b");
  }
  SECTION("the rest was done by hand") {
    killed_at(project, "bare-done");
    in_doubt();
    project.ask("INSERT INTO effect VALUES ('three')");
    CHECK(project.strata({"resolve", id, "--applied"}).exit_code == 0);
    const auto done = heal(project);
    CHECK(contains(done.out, "nothing to do"));
    CHECK(project.ask(effects) == "one, three, two a, two b");
    CHECK(project.strata({"resolve", id, "--applied"}).exit_code == 65);
  }
}

TEST_CASE("execute: an error in statement k keeps those before it, says so (3), and the mended file goes on there",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  const std::string done = "-- strata: no-transaction\nINSERT INTO item VALUES (3);\n";
  project.migration("shop/20260102000000_outside", done + "VACUUM nothing;\nINSERT INTO item VALUES (4);\n");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "[SQLSTATE 42P01]"));
  CHECK(contains(result.err, "migration.sql:3:"));
  CHECK(contains(result.err, "1 of its 3 statements are done and stay done"));
  CHECK(contains(result.err, "mend statement 2"));

  project.migration("shop/20260102000000_outside",
                    "-- strata: no-transaction\nINSERT INTO item VALUES (5);\nVACUUM item;\n");
  const auto changed = project.strata({"deploy"});
  INFO(told(changed));
  CHECK(changed.exit_code == 65);
  CHECK(contains(changed.err, "the statements that are done already are different now"));

  project.migration("shop/20260102000000_outside", done + "VACUUM item;\nINSERT INTO item VALUES (4);\n");
  heal(project);
  CHECK(project.ask("SELECT string_agg(id::text, ',' ORDER BY id) FROM item") == "1,2,3,4");
}

TEST_CASE("execute: a SET in a migration without a transaction is there again when the next run goes on behind it",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  project.ask("CREATE SCHEMA other; CREATE TABLE other.item (id int)");
  project.migration("shop/20260102000000_outside",
                    "-- strata: no-transaction\nSET search_path = other;\nINSERT INTO item VALUES (3);\nVACUUM "
                    "item;\nINSERT INTO item VALUES (4);\n");
  killed_at(project, "step:3");
  heal(project);
  CHECK(project.ask("SELECT string_agg(id::text, ',' ORDER BY id) FROM other.item") == "3,4");
  CHECK(project.ask("SELECT count(*) FROM public.item") == "2");
}

TEST_CASE("execute: set_config as pg_dump writes it, and RESET, are there again as well", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  project.ask("CREATE SCHEMA other; CREATE TABLE other.item (id int)");
  project.migration(
      "shop/20260102000000_outside",
      "-- strata: no-transaction\nSELECT pg_catalog.set_config('search_path', 'other', false);\nINSERT INTO "
      "item VALUES (3);\nVACUUM item;\nINSERT INTO item VALUES (4);\nRESET search_path;\nVACUUM item;\n"
      "INSERT INTO public.item VALUES (5);\n");
  const auto at = GENERATE("step:3", "step:6");
  killed_at(project, at);
  heal(project);
  CHECK(project.ask("SELECT string_agg(id::text, ',' ORDER BY id) FROM other.item") == "3,4");
  CHECK(project.ask("SELECT string_agg(id::text, ',' ORDER BY id) FROM public.item") == "1,2,5");
}

TEST_CASE("execute: what a rerun cannot have again of a session stops it for a person, and is never passed over",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  const std::string left =
      GENERATE("CREATE TEMP TABLE kept AS SELECT 7 AS id;", "DO $$ BEGIN SET search_path = other; END $$;",
               "SELECT set_config('app.tenant', current_user, false);", "PREPARE p AS SELECT 1;",
               "SELECT 1 AS id INTO TEMP kept;");
  Project project;
  write_items(project);
  project.ask("CREATE SCHEMA other; CREATE TABLE other.item (id int)");
  project.migration("shop/20260102000000_outside",
                    "-- strata: no-transaction\n" + left + "\nVACUUM item;\nINSERT INTO item VALUES (3);\n");
  killed_at(project, "step:2");
  const auto result = project.strata({"deploy"});
  INFO(left << "\n" << told(result));
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "statement 1 ("));
  CHECK(contains(result.err, "left something in the session"));
  CHECK(contains(result.err, "migration.sql:2:1"));
  CHECK(project.ask("SELECT count(*) FROM item") == "2");
  REQUIRE(project.strata({"resolve", "shop/20260102000000_outside", "--applied"}).exit_code == 0);
  heal(project);
}

TEST_CASE("execute: an index on a table that a SET made visible is found again, and built anew where it is INVALID",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  project.ask("CREATE SCHEMA other; CREATE TABLE other.item AS SELECT generate_series(1, 100) AS id");
  const std::string exists = GENERATE("", "IF NOT EXISTS ");
  project.migration("shop/20260102000000_index",
                    "-- strata: no-transaction\nSET search_path = other;\nCREATE INDEX "
                    "CONCURRENTLY " +
                        exists + "item_id ON item (id);\n");
  // A transaction that is older than the build keeps it from ending; killed then, it leaves an INVALID index.
  Database old(project.url());
  old.ask("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM other.item");
  const auto run = project.start({"deploy"});
  REQUIRE(Database(project.url()).wait_until("SELECT count(*) = 1 FROM pg_index WHERE NOT indisvalid"));
  run->kill(SIGKILL);
  run->wait();
  project.ask(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND "
      "application_name LIKE 'strata%'");
  old.ask("COMMIT");
  heal(project);
  CHECK(project.ask("SELECT string_agg(indexrelid::regclass || ' ' || indisvalid, ', ') FROM pg_index WHERE indrelid = "
                    "'other.item'::regclass") == "other.item_id true");
}

TEST_CASE("execute: one that failed without a transaction goes on, also when the mended text could be in one",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_items(project);
  project.ask("INSERT INTO item VALUES (1)");
  project.migration("shop/20260102000000_index", "CREATE UNIQUE INDEX CONCURRENTLY item_id ON item (id);");
  REQUIRE(project.strata({"deploy"}).exit_code == 1);
  project.migration("shop/20260102000000_index", "CREATE TABLE other (id int);\nCREATE INDEX item_id ON item (id);");
  for (const std::string flag : {"--dry-run", "--atomic"}) {
    const auto result = project.strata({"deploy", flag});
    INFO(told(result));
    CHECK(result.exit_code == 0);
  }
  heal(project);
  CHECK(project.ask(indexes) == "item_id true");
}

TEST_CASE("execute: a statement that the server refused once and that was killed later is in doubt like any other",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_effects",
                    "CREATE TABLE effect (name text);\nCREATE TABLE gate (open boolean);");
  project.migration("shop/20260102000000_procedure",
                    "CREATE PROCEDURE work() LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT FROM gate) THEN RAISE "
                    "'closed'; END IF; "
                    "INSERT INTO effect VALUES ('done'); COMMIT; END $$;");
  project.migration("shop/20260103000000_call", "-- strata: no-transaction\nCALL work();\n");
  REQUIRE(project.strata({"deploy"}).exit_code == 1);
  project.ask("INSERT INTO gate VALUES (true)");
  killed_at(project, "bare-done");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 3);
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
  CHECK(project.strata({"resolve", "shop/20260103000000_call", "--applied"}).exit_code == 0);
  heal(project);
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
}
