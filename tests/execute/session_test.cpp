// What a migration finds in its session, and what it waits for there.
#include "tests/support/project.h"

#include <csignal>
#include <thread>

using namespace strata::test;

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

const std::string look =
    "INSERT INTO public.seen SELECT current_user, session_user, current_setting('search_path'), "
    "current_setting('statement_timeout'), current_setting('lock_timeout'), "
    "current_setting('standard_conforming_strings'), "
    "current_setting('work_mem');";

}  // namespace

TEST_CASE("session: what one migration sets does not reach the next", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  const auto role = "leak_" + project.ask("SELECT current_database()");
  project.ask("CREATE ROLE " + role);
  project.migration(
      "shop/20260101000000_seen",
      "CREATE TABLE seen (a text, b text, c text, d text, e text, f text, g text);\nGRANT INSERT ON seen TO PUBLIC;\n"
      "CREATE SCHEMA other;\n" +
          look);
  const std::string sets =
      "SET search_path = other;\nSET statement_timeout = '77ms';\nSET lock_timeout = '78ms';\n"
      "SET standard_conforming_strings = off;\nSET work_mem = '7MB';\nSET ROLE " +
      role + ";\n";
  project.migration("shop/20260102000000_leaks", sets + "SELECT 1;");
  project.migration("shop/20260103000000_look", look);
  project.migration("shop/20260104000000_leaks", "-- strata: no-transaction\n" + sets + "SELECT 1;");
  project.migration("shop/20260105000000_look", look);
  project.migration("shop/20260106000000_leaks", "SET SESSION AUTHORIZATION " + role + ";\nSELECT 1;");
  const auto first = project.strata({"deploy", "--to", "shop/20260105000000_look"});
  INFO(told(first));
  CHECK(first.exit_code == 0);
  CHECK(project.ask("SELECT DISTINCT a, b, c, d, e, f FROM seen") == "postgres|postgres|\"public\"|0|3s|on");
  CHECK(project.ask("SELECT count(*), count(DISTINCT g) FROM seen") == "3|1");

  // Another session user has no right to the history: refused whole, or applied whole with the next one as ever.
  project.migration("shop/20260107000000_look", look);
  const auto second = project.strata({"deploy"});
  INFO(told(second));
  if (second.exit_code == 0) {
    CHECK(project.ask("SELECT DISTINCT b FROM seen") == "postgres");
  } else {
    CHECK((second.exit_code == 1 || second.exit_code == 77));
    CHECK(project.ask("SELECT count(*) FROM strata.migration WHERE id LIKE '%106%' OR id LIKE '%107%'") == "0");
  }
  project.ask("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE(
    "session: a table that stays locked is tried again, its blocker named, and given up with 75; readers get in "
    "between",
    "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.write("strata.toml", "[project]\nname = \"test\"\n[deploy]\nlock_timeout = \"1200ms\"\n");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_more", "CREATE TABLE more ();\nALTER TABLE item ADD price int;");
  Database blocker(project.url());
  blocker.ask("SET application_name = 'the blocker'; BEGIN; SELECT * FROM item");
  const auto pid = blocker.ask("SELECT pg_backend_pid()");

  const auto process = project.start({"deploy", "--lock-wait", "3s"});
  Database reader(project.url());
  milliseconds longest{0};
  while (process->is_running()) {
    const auto began = Clock::now();
    reader.ask("SELECT count(*) FROM item");
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(Clock::now() - began));
    std::this_thread::sleep_for(milliseconds(20));
  }
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 75);
  CHECK(longest < milliseconds(2'400));
  CHECK(contains(result.err, "[SQLSTATE 55P03]"));
  CHECK(contains(result.err, "rolled back, next try in"));
  CHECK(contains(result.err,
                 "blocked by pid " + pid + ", user postgres, application 'the blocker', idle in transaction"));
  CHECK(contains(result.err, "given up after"));
  CHECK(project.ask("SELECT to_regclass('more') IS NULL") == "t");
  blocker.ask("COMMIT");
  heal(project);
}

TEST_CASE("session: a table that comes free in time is waited for, and the run goes on", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_more", "-- strata: lock-timeout 100ms\nALTER TABLE item ADD price int;");
  Database blocker(project.url());
  blocker.ask("BEGIN; SELECT * FROM item");
  const auto process = project.start({"deploy"});
  while (!contains(process->err(), "next try in") && process->is_running())
    std::this_thread::sleep_for(milliseconds(5));
  blocker.ask("COMMIT");
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  check_settled(project);
}

TEST_CASE("session: who only reads is never kept waiting longer than lock_timeout by a migration that waits",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.write("strata.toml", "[deploy]\nlock_timeout = \"300ms\"\n");
  project.migration("shop/20260102000000_more", "ALTER TABLE item ADD price int;");
  Database blocker(project.url());
  blocker.ask("BEGIN; SELECT * FROM item");  // what the migration waits for; readers queue up behind the migration
  const auto process = project.start({"deploy"});
  Database reader(project.url());
  milliseconds longest{0};
  const auto began = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - began < milliseconds(4'000)) {
    const auto asked = std::chrono::steady_clock::now();
    reader.ask("SELECT count(*) FROM item");
    longest = std::max(longest, std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - asked));
    std::this_thread::sleep_for(milliseconds(2));
  }
  CHECK(contains(process->err(), "next try in"));
  blocker.ask("COMMIT");
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(longest > milliseconds(50));     // it was in the way
  CHECK(longest < milliseconds(2'000));  // not as long as the blocker was
}

TEST_CASE("session: a statement that takes longer than its file allows fails, 1", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_slow",
                    "-- strata: statement-timeout 50ms\nCREATE TABLE item ();\nSELECT pg_sleep(30);");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "[SQLSTATE 57014]"));
  CHECK(contains(result.err, "statement timeout"));
  CHECK(contains(result.err, "migration.sql:3:1"));
  CHECK(project.ask("SELECT to_regclass('item') IS NULL") == "t");
}

TEST_CASE("session: defaults of role and database break nothing", "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  const auto name = project.ask("SELECT current_database()");
  const auto role = "strict_" + name;
  project.ask("CREATE ROLE " + role + " LOGIN; ALTER DATABASE " + name + " OWNER TO " + role);
  for (const std::string setting :
       {"statement_timeout = '500ms'", "lock_timeout = '1ms'", "idle_in_transaction_session_timeout = '1ms'",
        "idle_session_timeout = '300ms'", "search_path = 'nowhere'", "standard_conforming_strings = off",
        "default_transaction_isolation = 'serializable'", "default_transaction_deferrable = on",
        "client_min_messages = 'error'", "DateStyle = 'German'", "TimeZone = 'Pacific/Chatham'",
        "bytea_output = 'escape'", "IntervalStyle = 'sql_standard'", "row_security = on", "extra_float_digits = 0",
        "xmloption = 'document'"}) {
    project.ask("ALTER ROLE " + role + " IN DATABASE " + name + " SET " + setting);
  }
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (name text);\nINSERT INTO item VALUES ('back\\slash');\nSELECT pg_sleep(0.8);");
  project.migration("shop/20260102000000_outside",
                    "-- strata: no-transaction\nSELECT pg_sleep(0.6);\nVACUUM item;\nCREATE INDEX CONCURRENTLY "
                    "item_name ON item (name);");
  project.repeatable("shop/names", "CREATE OR REPLACE VIEW names AS SELECT name FROM item;");
  const auto direct = project.url();
  project.set_url(direct.substr(0, direct.find("&user=")) + "&user=" + role);
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(ask(direct, "SELECT name FROM public.names") == "back\\slash");
  for (const Arguments& command :
       std::vector<Arguments>{{"deploy"}, {"status", "--exit-code"}, {"audit", "verify"}, {"wait"}}) {
    const auto again = project.strata(command);
    INFO(told(again));
    CHECK(again.exit_code == 0);
  }

  ask(direct, "ALTER ROLE " + role + " IN DATABASE " + name + " SET default_transaction_read_only = on");
  const auto read_only = project.strata({"deploy"});
  INFO(told(read_only));
  CHECK(read_only.exit_code == 78);
  CHECK(contains(read_only.err, "default_transaction_read_only"));
}
