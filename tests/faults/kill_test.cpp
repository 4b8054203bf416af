// strata killed at every place where it can be killed: the next run, undisturbed, ends as if nothing had happened.
#include "tests/support/project.h"

#include <csignal>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

using std::chrono::milliseconds;

// A table that counts what was done, a transactional migration with verify.sql, one without a transaction, one of
// another module, a repeatable.
void write_counted(const Project& project) {
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  project.migration("shop/20260102000000_items",
                    "CREATE TABLE item (id int);\nINSERT INTO effect VALUES ('items');\nINSERT INTO item VALUES (1);");
  project.verify("shop/20260102000000_items", "SELECT 1 / count(*) FROM item;");
  project.migration("shop/20260103000000_index",
                    "-- strata: no-transaction\n"
                    "INSERT INTO effect VALUES ('index 1');\n"
                    "CREATE INDEX CONCURRENTLY item_id ON item (id);\n"
                    "INSERT INTO effect VALUES ('index 2');\n");
  project.migration("mail/20260104000000_letters",
                    "CREATE TABLE letter (id int);\nINSERT INTO effect VALUES ('letters');");
  project.repeatable("mail/letters",
                     "CREATE OR REPLACE VIEW letters AS SELECT id FROM letter;\nINSERT INTO effect VALUES ('view');");
}

void check_done_once(const Project& project) {
  CHECK(project.ask("SELECT string_agg(name, ', ' ORDER BY name) FROM effect") ==
        "index 1, index 2, items, letters, view");
  CHECK(project.ask("SELECT count(*), count(DISTINCT subject) FROM strata.event WHERE kind = 'applied'") == "5|5");
  CHECK(project.ask("SELECT string_agg(relname || ' ' || indisvalid, ', ') FROM pg_index JOIN pg_class ON pg_class.oid "
                    "= indexrelid "
                    "WHERE relname LIKE 'item%'") == "item_id true");
}

}  // namespace

TEST_CASE("kill: at each passage of each stop point, one more run finishes everything exactly once", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const std::string point = GENERATE_COPY(from_range(stop_points));
  int passage = 1;
  for (bool killed = true; killed; ++passage) {
    Project project;
    write_counted(project);
    const auto where = point + ":" + std::to_string(passage);
    INFO("killed at " << where);
    const auto result = project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", where}});
    killed = result.signal == SIGKILL;
    if (!killed) {
      INFO(told(result));
      REQUIRE(result.exit_code == 0);  // it has no more passages
      check_settled(project);
    } else {
      heal(project);
    }
    check_done_once(project);
    REQUIRE(passage < 100);
  }
  CHECK(passage > 2);  // else nothing was killed: the point has another name now
}

TEST_CASE("kill: at each passage of each stop point, the same plan file finishes what it began exactly once",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  const std::string point = GENERATE_COPY(from_range(stop_points));
  const bool with_history = GENERATE(false, true);
  int passage = 1;
  for (bool killed = true; killed; ++passage) {
    Project project;
    write_counted(project);
    if (with_history) REQUIRE(project.strata({"deploy", "--to", "base/20260101000000_effects"}).exit_code == 0);
    REQUIRE(project.strata({"plan", "--out", "a.plan"}).exit_code == 0);
    project.remove(".strata");  // the Job has a ledger of its own
    const Arguments command{"deploy", "--plan", "a.plan"};
    const auto where = point + ":" + std::to_string(passage);
    INFO("killed at " << where << (with_history ? ", with a history" : ", without a history"));
    killed = project.strata(command, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL;
    const auto result = project.strata(command);
    INFO(told(result));
    REQUIRE(result.exit_code == 0);
    check_settled(project);
    check_done_once(project);
    REQUIRE(passage < 100);
  }
  CHECK((passage > 2 || (with_history && point == "history-created")));
}

TEST_CASE("kill: what the next run says about the one that was killed", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const auto after = [](const std::string& where) {
    Project project;
    write_counted(project);
    REQUIRE(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
    const auto result = heal(project);
    check_done_once(project);
    return result.err + result.out;
  };
  CHECK(contains(after("intent"), "rolled-back (found by reconcile)"));
  CHECK(contains(after("guarded"), "rolled-back (found by reconcile)"));
  CHECK(contains(after("committed:2"), "applied in part (found by reconcile)"));
  const auto whole = after("durable");
  CHECK(contains(whole, ": applied (found by reconcile)"));
  CHECK(contains(whole, "nothing to do"));
  CHECK_FALSE(contains(after("unlock"), "found by reconcile"));
}

TEST_CASE("kill: inside reconcile, twice in a row, no intent gets two outcomes", "[faults]") {
  if (!PostgresServer::is_available()) return;
  for (const std::string second : {"reconcile", "outcome", "ledger-append-begin", "ledger-append-commit"}) {
    INFO("then at " << second);
    Project project;
    write_counted(project);
    REQUIRE(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", "committed:3"}}).signal == SIGKILL);
    for (int i = 0; i < 2; ++i) {
      CHECK(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", second}}).signal == SIGKILL);
    }
    heal(project);
    check_done_once(project);
  }
}

TEST_CASE("kill: while the server executes, the next run waits for the orphan, naming it", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration(
      "base/20260101000000_effects",
      "CREATE TABLE effect (name text);\nCREATE TABLE pace (seconds float);\nINSERT INTO pace VALUES (60);");
  project.migration("shop/20260102000000_slow",
                    "INSERT INTO effect VALUES ('slow');\nSELECT pg_sleep(seconds) FROM pace;");
  REQUIRE(project.strata({"deploy", "--to", "base/20260101000000_effects"}).exit_code == 0);
  const auto first = project.start({"deploy"});
  Database database(project.url());
  REQUIRE(database.wait_until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"));
  const auto orphan =
      database.ask("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()");
  first->kill(SIGKILL);
  database.ask("UPDATE pace SET seconds = 0");

  const auto began = std::chrono::steady_clock::now();
  const auto second = heal(project);
  INFO(told(second));
  CHECK(contains(second.err, "waiting for another run of strata: pid " + orphan));
  CHECK(contains(second.err, "application 'strata deploy "));
  CHECK(contains(second.err, "in a statement for"));
  CHECK(std::chrono::steady_clock::now() - began <
        std::chrono::seconds(10));  // client_connection_check_interval is 1 s
  CHECK(database.ask("SELECT count(*) FROM effect") == "1");
}
