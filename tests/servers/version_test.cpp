// What strata promises, on one major version of Postgres: the one that STRATA_TEST_POSTGRES names. ctest runs this
// program once for each.
#include "tests/support/project.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

int version() {
  const char* wanted = std::getenv("STRATA_TEST_POSTGRES");
  return wanted == nullptr ? 15 : std::atoi(wanted);
}

bool has_server() {
  static const bool available = PostgresServer::is_available(version());
  return available;
}

PostgresServer& server() {
  static PostgresServer one(ServerOptions{.version = version()});
  return one;
}

void write_counted(const Project& project) {
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  project.migration("shop/20260102000000_items",
                    "CREATE TABLE item (id int);\nINSERT INTO effect VALUES ('items');\nINSERT INTO item VALUES (1);");
  project.verify("shop/20260102000000_items", "SELECT 1 / count(*) FROM item;");
  project.migration("shop/20260103000000_index",
                    "-- strata: no-transaction\nINSERT INTO effect VALUES ('index 1');\nCREATE INDEX CONCURRENTLY "
                    "item_id ON item (id);\nINSERT INTO effect VALUES ('index 2');\n");
  project.repeatable("shop/ids",
                     "CREATE OR REPLACE VIEW ids AS SELECT id FROM item;\nINSERT INTO effect VALUES ('view');");
}

void check_done_once(const Project& project) {
  CHECK(project.ask("SELECT string_agg(name, ', ' ORDER BY name) FROM effect") == "index 1, index 2, items, view");
  CHECK(project.ask("SELECT count(*), count(DISTINCT subject) FROM strata.event WHERE kind = 'applied'") == "4|4");
  CHECK(project.ask("SELECT bool_and(indisvalid), count(*) FROM pg_index WHERE indrelid = 'item'::regclass") == "t|1");
}

// The SQL-standard bodies of functions came with 14: those in the file are quoted instead.
void write_for_older_server(const Project& project, const fs::path& file,
                            const std::vector<std::pair<std::string, std::string>>& changes) {
  std::ifstream in(project.root() / file);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  for (const auto& [from, to] : changes) {
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
  }
  project.write(file, text);
}

constexpr const char* end_strata =
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND "
    "application_name LIKE 'strata %'";

}  // namespace

TEST_CASE("version: the server is the one that is meant", "[servers]") {
  if (!has_server()) return;
  CHECK(ask(server().url(), "SELECT current_setting('server_version_num')::int / 10000") == std::to_string(version()));
}

TEST_CASE("version: the sample project is deployed, once, and both sides prove each other", "[servers]") {
  if (!has_server()) return;
  Project project(server().create_database());
  for (const std::string part : {"modules", "migrations", "schema", "strata.toml"})
    fs::copy(fs::path(STRATA_SOURCE_DIR) / part, project.root() / part,
             fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  if (version() < 14) {
    // What the server does not know stops the run there, and the rest follows once it is written differently.
    const auto refused = project.strata({"deploy"});
    INFO(told(refused));
    CHECK(refused.exit_code == 1);
    CHECK(contains(refused.err, "20260216113000_fee_in_force/migration.sql:4:1"));
    CHECK(contains(refused.err, "[SQLSTATE 42601]"));
    const std::vector<std::pair<std::string, std::string>> quoted{{"BEGIN ATOMIC\n", "AS $$\n"},
                                                                  {"\nEND;\n", "\n$$;\n"}};
    write_for_older_server(project, "modules/payments/migrations/20260216113000_fee_in_force/migration.sql", quoted);
    write_for_older_server(project, "modules/identity/repeatable/has_role.sql", quoted);
    write_for_older_server(project, "modules/notifications/migrations/20260515103000_suppress_addresses/migration.sql",
                           {{"RETURN public.digest(lower(trim(address)), 'sha256');",
                             "AS $$ SELECT public.digest(lower(trim(address)), 'sha256') $$;"}});
  }
  heal(project);
  CHECK(project.ask("SELECT count(*) > 60 FROM strata.migration WHERE state = 'applied'") == "t");
  CHECK(project.json({"deploy"})["outcome"] == "nothing to do");
  CHECK(project.json({"plan", "--offline"})["steps"].empty());
  const auto doctor = project.strata({"doctor"});
  INFO(told(doctor));
  CHECK(doctor.exit_code == 0);
  CHECK_FALSE(contains(doctor.out, "newer than any"));
}

TEST_CASE("version: killed at its stop points, one more run finishes everything exactly once", "[servers]") {
  if (!has_server()) return;
  for (const std::string where : {"locked", "history-created", "claimed:2", "guarded:2", "committed:3", "started",
                                  "bare-done", "durable", "outcome", "unlock"}) {
    INFO("killed at " << where);
    Project project(server().create_database());
    write_counted(project);
    const auto result = project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", where}});
    INFO(told(result));
    REQUIRE(result.signal == SIGKILL);
    heal(project);
    check_done_once(project);
  }
}

TEST_CASE("version: its backend ended, the same run connects again and goes on", "[servers]") {
  if (!has_server()) return;
  for (const std::string where : {"claimed:2", "guarded:2", "committed:3", "bare"}) {
    INFO("ended at " << where);
    Project project(server().create_database());
    write_counted(project);
    Database database(project.url());
    const auto result = deploy_with(project, where, [&] { CHECK(database.ask(end_strata) == "1"); });
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "the connection broke; connecting again"));
    check_settled(project);
    check_done_once(project);
  }
}

TEST_CASE("version: a server that restarts is waited for", "[servers]") {
  if (!has_server()) return;
  PostgresServer own(ServerOptions{.version = version()});
  for (const bool crash : {false, true}) {
    Project project(own.create_database());
    write_counted(project);
    const auto result = deploy_with(project, "guarded:2", [&] {
      crash ? own.stop_immediate() : own.stop();
      own.start();
    });
    INFO((crash ? "crash: " : "restart: ") << told(result));
    CHECK(result.exit_code == 0);
    check_settled(project);
    check_done_once(project);
  }
}

TEST_CASE("version: killed in CREATE INDEX CONCURRENTLY, the next run drops the INVALID index and builds it",
          "[servers]") {
  if (!has_server()) return;
  Project project(server().create_database());
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  Database old_one(project.url());
  old_one.ask("BEGIN; INSERT INTO item VALUES (1)");  // the build waits for it
  Database database(project.url());
  const auto process = project.start({"deploy"});
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_index WHERE indrelid = 'item'::regclass AND NOT indisvalid"));
  process->kill(SIGKILL);
  process->wait();
  database.ask(end_strata);
  CHECK(database.ask("SELECT indisvalid FROM pg_index WHERE indrelid = 'item'::regclass") == "f");
  old_one.ask("COMMIT");
  heal(project);
  CHECK(database.ask("SELECT relname, indisvalid FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = "
                     "'item'::regclass") == "item_id|t");
}

TEST_CASE("version: a killed run's orphan is waited for by name: a second from 14 on, to its end before that",
          "[servers]") {
  if (!has_server()) return;
  // Without client_connection_check_interval nobody tells the server, so it sleeps for as long as it was told to.
  const std::string nap = version() >= 14 ? "120" : "3";
  Project project(server().create_database());
  project.migration("base/20260101000000_effects",
                    "CREATE TABLE effect (name text);\nCREATE TABLE pace AS SELECT " + nap + "::float AS seconds;");
  project.migration("shop/20260102000000_slow",
                    "INSERT INTO effect VALUES ('slow');\nSELECT pg_sleep(seconds) FROM pace;");
  REQUIRE(project.strata({"deploy", "--to", "base/20260101000000_effects"}).exit_code == 0);
  const auto first = project.start({"deploy"});
  Database database(project.url());
  const std::string sleeper = " FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";
  REQUIRE(database.wait_until("SELECT count(*) = 1" + sleeper));
  const auto orphan = database.ask("SELECT pid" + sleeper);
  first->kill(SIGKILL);
  database.ask("UPDATE pace SET seconds = 0");
  const auto began = Clock::now();
  const auto second = heal(project);
  INFO(told(second));
  CHECK(contains(second.err, "waiting for another run of strata: pid " + orphan));
  CHECK(contains(second.err, "in a statement for"));
  CHECK(Clock::now() - began < seconds(30));
  CHECK(database.ask("SELECT count(*) FROM effect") == "1");
}

TEST_CASE("version: a signal cancels the statement", "[servers]") {
  if (!has_server()) return;
  Project project(server().create_database());
  project.migration("shop/20260101000000_slow", "CREATE TABLE item ();\nSELECT pg_sleep(120);");
  Database database(project.url());
  const auto process = project.start({"deploy"});
  REQUIRE(database.wait_until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"));
  process->kill(SIGTERM);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(result.elapsed < seconds(30));
  CHECK(database.ask("SELECT to_regclass('item') IS NULL") == "t");
}

TEST_CASE("version: Prisma's table is kept, and adopted", "[servers]") {
  if (!has_server()) return;
  Project project(server().create_database());
  project.write("prisma/migrations/20260101000000_init/migration.sql", "CREATE TABLE item (id int);");
  project.write("prisma/migrations/20260102000000_more/migration.sql", "ALTER TABLE item ADD price int;");
  project.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  const Arguments deploy{"deploy", "--migrations", "prisma/migrations"};
  const auto first = project.strata(deploy);
  INFO(told(first));
  CHECK(first.exit_code == 0);
  CHECK(project.ask("SELECT string_agg(migration_name, ', ' ORDER BY migration_name), count(finished_at) FROM "
                    "_prisma_migrations") == "20260101000000_init, 20260102000000_more|2");
  project.remove(".strata");
  project.ask("DROP SCHEMA strata CASCADE");
  const auto again = project.strata(deploy);
  INFO(told(again));
  CHECK(again.exit_code == 0);
  CHECK(contains(again.err, "adopted from Prisma's table: 2 migrations"));
  CHECK(project.strata({"audit", "verify", "--migrations", "prisma/migrations"}).exit_code == 0);
}

TEST_CASE("version: baseline records without running, down undoes", "[servers]") {
  if (!has_server()) return;
  Project project(server().create_database());
  write_counted(project);
  project.ask("CREATE TABLE effect (name text)");
  const auto adopted = project.strata({"baseline", "--to", "base/20260101000000_effects"});
  INFO(told(adopted));
  CHECK(adopted.exit_code == 0);
  heal(project);
  project.migration("shop/20260104000000_more", "CREATE TABLE more (id int);");
  project.down("shop/20260104000000_more", "DROP TABLE more;");
  heal(project);
  CHECK(project.ask("SELECT to_regclass('more') IS NULL") == "f");
  const auto undone = project.strata({"down"});
  INFO(told(undone));
  CHECK(undone.exit_code == 0);
  CHECK(project.ask("SELECT to_regclass('more') IS NULL") == "t");
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);
  heal(project);
  CHECK(project.ask("SELECT to_regclass('more') IS NULL") == "f");
}

TEST_CASE("version: no limit that somebody set on the database ends a run", "[servers]") {
  if (!has_server()) return;
  Project project(server().create_database());
  const auto name = project.ask("SELECT current_database()");
  std::vector<std::string> limits{"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"};
  if (version() >= 14) limits.push_back("idle_session_timeout");
  if (version() >= 17) limits.push_back("transaction_timeout");
  for (const auto& limit : limits) ask(server().url(), "ALTER DATABASE " + name + " SET " + limit + " = '150ms'");
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (id int);\nSELECT pg_sleep(0.3);\nSELECT pg_sleep(0.3);");
  project.migration("shop/20260102000000_bare", "-- strata: no-transaction\nSELECT pg_sleep(0.3);\nVACUUM item;");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  check_settled(project);
}

TEST_CASE("version: of runners at once exactly one applies", "[servers]") {
  if (!has_server()) return;
  Project project(server().create_database());
  write_counted(project);
  std::vector<std::unique_ptr<Process>> runners;
  for (int i = 0; i < 4; ++i)
    runners.push_back(project.start({"deploy", "--ledger", "ledger-" + std::to_string(i) + ".db"}));
  int applied = 0;
  for (auto& runner : runners) {
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
    applied += contains(result.out, "applied: 4 steps") ? 1 : 0;
  }
  CHECK(applied == 1);
  check_done_once(project);
}

TEST_CASE("version: a function that relies on search_path is not found by maintenance commands from 17 on",
          "[servers]") {
  if (!has_server()) return;
  for (const std::string concurrently : {"", "CONCURRENTLY "}) {
    INFO("CREATE INDEX " << concurrently);
    Project project(server().create_database());
    project.migration("shop/20260101000000_items",
                      "CREATE TABLE item (name text);\nINSERT INTO item VALUES ('a');\n"
                      "CREATE FUNCTION inner_name(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1 $$;\n"
                      "CREATE FUNCTION outer_name(text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN "
                      "inner_name($1); END $$;\n");
    project.migration("shop/20260102000000_index",
                      "CREATE INDEX " + concurrently + "item_name ON item (outer_name(name));");
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    if (version() < 17) {
      CHECK(result.exit_code == 0);
      continue;
    }
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "function inner_name(text) does not exist"));
    CHECK(contains(result.err, "[SQLSTATE 42883]"));
    CHECK(contains(result.err, "20260102000000_index/migration.sql:1:1"));
    CHECK(contains(result.err, "since Postgres 17"));
    CHECK(contains(result.err, "SET search_path"));
    project.ask("ALTER FUNCTION outer_name SET search_path = public");
    heal(project);
  }
}
