// SIGTERM and SIGINT: a run stops at once, undone as far as it can be, and says so in the ledger.
#include "tests/support/project.h"
#include "tests/support/proxy.h"

#include <unistd.h>
#include <csignal>
#include <fstream>
#include <iostream>
#include <thread>

using namespace strata::test;

namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

const std::string sleeping =
    "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()";

void write_slow(const Project& project) {
  project.migration(
      "base/20260101000000_effects",
      "CREATE TABLE effect (name text);\nCREATE TABLE pace (seconds float);\nINSERT INTO pace VALUES (60);");
  project.migration("shop/20260102000000_slow",
                    "INSERT INTO effect VALUES ('slow');\nSELECT pg_sleep(seconds) FROM pace;\n");
  project.migration("shop/20260103000000_after", "INSERT INTO effect VALUES ('after');");
  REQUIRE(project.strata({"deploy", "--to", "base/20260101000000_effects"}).exit_code == 0);
}

std::string last_outcome(const Project& project) {
  std::string note;
  const auto log = project.json({"audit", "log"});
  for (const auto& event : log["events"]) {
    if (event["kind"] == "outcome") note = event.value("note", "");
  }
  return note;
}

void check_again_works(const Project& project) {
  project.ask("UPDATE pace SET seconds = 0");
  heal(project);
  CHECK(project.ask("SELECT string_agg(name, ', ') FROM effect") == "slow, after");
}

}  // namespace

TEST_CASE("signal: in a statement it is cancelled and rolled back, the outcome is recorded, 143 or 130", "[faults]") {
  if (!PostgresServer::is_available()) return;
  for (const int number : {SIGTERM, SIGINT}) {
    Project project;
    write_slow(project);
    Database database(project.url());
    const auto process = project.start({"deploy"});
    REQUIRE(database.wait_until(sleeping));
    const auto sent = Clock::now();
    process->kill(number);
    const auto result = process->wait();
    INFO(told(result));
    CHECK(result.exit_code == 128 + number);
    CHECK(Clock::now() - sent < std::chrono::seconds(2));
    CHECK(contains(result.err, "shop/20260102000000_slow"));
    CHECK(database.ask("SELECT count(*) FROM effect") == "0");
    CHECK(database.ask("SELECT outcome FROM strata.run ORDER BY started_at DESC LIMIT 1") == "stopped");
    CHECK(last_outcome(project).starts_with("stopped"));
    check_again_works(project);
  }
}

TEST_CASE("signal: between two migrations the first stays, the second is not begun", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_slow(project);
  const auto file = project.root() / "paused";
  project.ask("UPDATE pace SET seconds = 0");
  const auto process =
      project.start({"deploy"}, {{"STRATA_TEST_PAUSE_AT", "committed"}, {"STRATA_TEST_PAUSE_FILE", file}});
  while (!std::filesystem::exists(file) && process->is_running()) std::this_thread::sleep_for(milliseconds(2));
  process->kill(SIGTERM);
  std::filesystem::remove(file);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(project.ask("SELECT string_agg(name, ', ') FROM effect") == "slow");
  check_again_works(project);
}

TEST_CASE("signal: while it waits for the lock nothing has begun, and it leaves at once", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_slow(project);
  const auto before = project.dump();
  Database holder(project.url());
  holder.ask("SELECT pg_advisory_lock(" + run_lock_text() + ")");
  const auto process = project.start({"deploy"});
  while (!contains(process->err(), "waiting for another run") && process->is_running())
    std::this_thread::sleep_for(milliseconds(2));
  const auto sent = Clock::now();
  process->kill(SIGTERM);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(Clock::now() - sent < std::chrono::seconds(2));
  CHECK(project.dump() == before);
  holder.ask("SELECT pg_advisory_unlock(" + run_lock_text() + ")");
  check_again_works(project);
}

TEST_CASE("signal: while it makes the history it is stopped like anywhere else", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  Database other(project.url());
  other.ask("BEGIN; CREATE SCHEMA strata");  // the one that strata makes waits for it
  Database database(project.url());
  const auto process = project.start({"deploy"});
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = "
                          "current_database()"));
  process->kill(SIGTERM);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  other.ask("ROLLBACK");
  heal(project);
}

TEST_CASE("signal: while it waits for the server to answer its connection", "[faults]") {
  Project project("postgresql://someone@127.0.0.1:1/nowhere");
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  const auto process = project.start({"deploy"});
  while (!contains(process->err(), "trying again") && process->is_running())
    std::this_thread::sleep_for(milliseconds(2));
  process->kill(SIGTERM);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
}

TEST_CASE("signal: inside CREATE INDEX CONCURRENTLY the INVALID index is recorded, and the next run repairs it",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  Database old_one(project.url());
  old_one.ask("BEGIN; INSERT INTO item VALUES (1)");  // the build waits for it
  Database database(project.url());
  const auto process = project.start({"deploy"});
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%' AND "
                          "datname = current_database()"));
  const auto sent = Clock::now();
  process->kill(SIGTERM);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(Clock::now() - sent < std::chrono::seconds(2));
  CHECK(database.ask("SELECT state, statements_done FROM strata.migration WHERE id = 'shop/20260102000000_index'") ==
        "failed|0");
  old_one.ask("COMMIT");
  heal(project);
  CHECK(database.ask("SELECT relname, indisvalid FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE indrelid = "
                     "'item'::regclass") == "item_id|t");
}

TEST_CASE("signal: as PID 1 of a container it stops as well", "[faults]") {
  if (!PostgresServer::is_available()) return;
  if (geteuid() != 0) {
    std::cerr << "SKIPPED: signal: as PID 1 of a container it stops as well (needs root for a PID namespace)\n";
    return;
  }
  if (run({"unshare", "--pid", "--fork", "true"}).exit_code != 0) {
    std::cerr << "SKIPPED: signal: as PID 1 of a container it stops as well (no PID namespaces here)\n";
    return;
  }
  Project project;
  write_slow(project);
  Database database(project.url());
  Process outer({"unshare", "--pid", "--fork", "--kill-child", STRATA_PROGRAM, "deploy", "--url", project.url()},
                {.cwd = project.root()});
  REQUIRE(database.wait_until(sleeping));
  pid_t inner = 0;
  const auto own = std::to_string(outer.pid());
  std::ifstream("/proc/" + own + "/task/" + own + "/children") >> inner;
  REQUIRE(inner > 0);
  const auto sent = Clock::now();
  kill(inner, SIGTERM);
  const auto result = outer.wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(Clock::now() - sent < std::chrono::seconds(2));
  CHECK(database.ask("SELECT count(*) FROM effect") == "0");
  CHECK(last_outcome(project).starts_with("stopped"));
  check_again_works(project);
}

TEST_CASE("signal: on a network that is frozen it leaves in time, and says that the outcome is unknown", "[faults]") {
  if (!PostgresServer::is_available()) return;
  // A run that is in a statement when nothing passes any more; the signal comes some time after that.
  struct Frozen {
    std::string name;
    Arguments command;
    std::string migration;
    std::string told;
    milliseconds delay;
    Proxy proxy{PostgresServer::shared().socket_folder()};
    Project project{};
    std::string direct = project.url();
    std::unique_ptr<Process> process{};
  };
  const std::string slow = "SELECT pg_sleep(2);\nINSERT INTO effect VALUES ('once');\n";
  const std::string alone = "-- strata: no-transaction\n" + slow;
  const std::string unknown = "the outcome of shop/20260102000000_step is unknown: stopped by SIGTERM";
  const std::string not_undone = "whether shop/20260102000000_step was undone is unknown: stopped by SIGTERM";
  std::vector<std::unique_ptr<Frozen>> runs;
  const auto add = [&](const std::string& name, const Arguments& command, const std::string& migration,
                       const std::string& told, milliseconds delay) {
    runs.push_back(std::make_unique<Frozen>(name, command, migration, told, delay));
    auto& run = *runs.back();
    run.project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
    run.project.migration("shop/20260102000000_step", migration);
    run.project.down("shop/20260102000000_step", slow);
    const auto before = command[0] == "down" ? "shop/20260102000000_step" : "base/20260101000000_effects";
    REQUIRE(run.project.strata({"deploy", "--to", before}).exit_code == 0);
    run.project.set_url(run.proxy.url_of(name_in(run.direct)));
    run.process = run.project.start(command);
    REQUIRE(Database(run.direct).wait_until(sleeping));
    run.proxy.freeze(true);
  };
  add("in a statement", {"deploy"}, slow, unknown, milliseconds(0));
  add("in one without a transaction", {"deploy"}, alone, unknown, milliseconds(0));
  add("on the way down", {"down"}, "SELECT 1;", not_undone, milliseconds(0));
  add("while it asks about the silence", {"deploy"}, slow, unknown, milliseconds(7'000));
  add("while it connects again", {"deploy"}, slow, unknown, milliseconds(27'000));
  const auto frozen = Clock::now();
  const auto stop = [&](const Frozen& run) {
    std::this_thread::sleep_until(frozen + run.delay);
    run.process->kill(SIGTERM);
  };
  const auto check = [&](const Frozen& run, milliseconds longest) {
    const auto result = run.process->wait();
    const auto left_after = std::chrono::duration_cast<milliseconds>(Clock::now() - frozen) - run.delay;
    INFO(run.name << ", left after " << left_after.count() << " ms: " << told(result));
    CHECK(left_after < longest);
    CHECK(result.exit_code == 143);
    CHECK(contains(result.err, run.told));
    CHECK(contains(result.out, "unknown: 0 of 1 step known to be done"));
  };
  const auto& last = *runs.back();
  for (const auto& run : runs) {
    if (run.get() != &last) stop(*run);
  }
  for (const auto& run : runs) {
    if (run.get() != &last) check(*run, std::chrono::seconds(17));
  }
  stop(last);
  check(last, std::chrono::seconds(2));
  for (const auto& run : runs) {
    run->proxy.freeze(false);
    run->project.set_url(run->direct);
    heal(run->project);
    CHECK(run->project.ask("SELECT count(*) FROM effect") == "1");
  }
}

TEST_CASE("signal: when the network freezes while it tidies up, it leaves in time as well", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const auto direct = project.url();
  Database old_one(direct);
  old_one.ask("BEGIN; INSERT INTO item VALUES (1)");  // the build waits for it
  Database database(direct);
  project.set_url(proxy.url_of(name_in(direct)));
  const auto process = project.start({"deploy"});
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting%' AND "
                          "datname = current_database()"));
  Database in_the_way(direct);
  in_the_way.ask("BEGIN; LOCK TABLE strata.migration IN ACCESS EXCLUSIVE MODE");  // of what became of the step
  const auto sent = Clock::now();
  process->kill(SIGTERM);
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_locks WHERE relation = 'strata.migration'::regclass AND "
                          "NOT granted"));
  proxy.freeze(true);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(Clock::now() - sent < std::chrono::seconds(19));
  CHECK(contains(result.err, "the outcome of shop/20260102000000_index is unknown: stopped by SIGTERM"));
  in_the_way.ask("ROLLBACK");
  old_one.ask("COMMIT");
  proxy.freeze(false);
  project.set_url(direct);
  heal(project);
  CHECK(database.ask("SELECT bool_and(indisvalid), count(*) FROM pg_index WHERE indrelid = 'item'::regclass") == "t|1");
}

TEST_CASE("signal: where the request to cancel cannot be delivered it hangs up, and does not wait for an answer",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_slow(project);
  Database database(project.url());
  const auto direct = project.url();
  const Proxy proxy(PostgresServer::shared().socket_folder());
  project.set_url(proxy.url_of(database.ask("SELECT current_database()")));
  const auto process = project.start({"deploy"});
  REQUIRE(database.wait_until(sleeping));
  proxy.stop_listening();
  const auto sent = Clock::now();
  process->kill(SIGTERM);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(Clock::now() - sent < std::chrono::seconds(4));
  CHECK(contains(result.err, "shop/20260102000000_slow is unknown: stopped by SIGTERM"));
  project.set_url(direct);
  database.ask(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = "
      "current_database()");
  check_again_works(project);
}

TEST_CASE("signal: what nohup ignores stays ignored, and without standard streams nothing else is written to",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_slow(project);
  Database database(project.url());
  project.ask("UPDATE pace SET seconds = 2");
  const auto process =
      project.start_under({"env", "--ignore-signal=HUP,INT"}, {"deploy", "--to", "shop/20260102000000_slow"});
  REQUIRE(database.wait_until(sleeping));
  process->kill(SIGHUP);
  process->kill(SIGINT);
  CHECK(process->wait().exit_code == 0);
  const auto without_streams = [&](const Arguments& arguments) {
    return project.start_under({"sh", "-c", "exec \"$@\" <&- >&- 2>&-", "sh"}, arguments)->wait().exit_code;
  };
  CHECK(without_streams({"deploy"}) == 0);
  CHECK(without_streams({"status"}) == 65);  // what it was asked for went nowhere
  check_again_works(project);
}

TEST_CASE("signal: whatever holds it up, twenty seconds later it is gone", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_slow(project);
  project.ask("UPDATE pace SET seconds = 0");
  const auto file = project.root() / "paused";
  const auto process =
      project.start({"deploy"}, {{"STRATA_TEST_PAUSE_AT", "committed"}, {"STRATA_TEST_PAUSE_FILE", file}});
  while (!std::filesystem::exists(file) && process->is_running()) std::this_thread::sleep_for(milliseconds(2));
  const auto sent = Clock::now();
  process->kill(SIGTERM);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 143);
  CHECK(Clock::now() - sent > std::chrono::seconds(19));
  CHECK(Clock::now() - sent < std::chrono::seconds(21));
  CHECK(contains(result.err, "what became of it is unknown"));
  check_again_works(project);
}
