// The connection breaks: what became of a COMMIT is found out, never guessed.
#include "tests/support/project.h"
#include "tests/support/proxy.h"

#include <csignal>
#include <thread>

using namespace strata::test;

namespace {

using std::chrono::milliseconds;

// Six COMMITs: one for each of the first three, three for the last.
void write_counted(const Project& project) {
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  project.migration("shop/20260102000000_items", "CREATE TABLE item (id int);\nINSERT INTO effect VALUES ('items');");
  project.migration("mail/20260103000000_letters",
                    "CREATE TABLE letter (id int);\nINSERT INTO effect VALUES ('letters');");
  project.migration("shop/20260104000000_index",
                    "-- strata: no-transaction\n"
                    "INSERT INTO effect VALUES ('index');\n"
                    "CREATE INDEX CONCURRENTLY item_id ON item (id);\n");
}
constexpr int commits = 6;
const std::vector<std::string> all{"base/20260101000000_effects", "shop/20260102000000_items",
                                   "mail/20260103000000_letters", "shop/20260104000000_index"};

void check_done_once(const Project& project) {
  CHECK(project.ask("SELECT string_agg(name, ', ' ORDER BY name) FROM effect") == "index, items, letters");
  CHECK(project.ask("SELECT count(*), count(DISTINCT subject) FROM strata.event WHERE kind = 'applied'") == "4|4");
  CHECK(project.ask("SELECT bool_and(indisvalid), count(*) FROM pg_index WHERE indrelid = 'item'::regclass") == "t|1");
}

// A COMMIT that takes as long as it is told to, by a deferred trigger.
void write_slow_commit(const Project& project, const std::string& seconds) {
  project.migration("base/20260101000000_nap",
                    "CREATE TABLE effect (name text);\n"
                    "CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_catalog.pg_sleep(" +
                        seconds +
                        "); RETURN NULL; END $$;\n"
                        "CREATE CONSTRAINT TRIGGER nap AFTER INSERT ON effect DEFERRABLE INITIALLY DEFERRED "
                        "FOR EACH ROW EXECUTE FUNCTION nap();\n");
  project.migration("shop/20260102000000_slow", "INSERT INTO effect VALUES ('slow');");
}

}  // namespace

TEST_CASE("connection: a COMMIT that goes on without its client is waited for, and only then judged", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  Project project;
  write_slow_commit(project, "2");
  const auto direct = project.url();
  proxy.cut(Cut::hidden, 2);
  project.set_url(proxy.url_of(name_in(direct)));
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(proxy.cuts() == 1);
  CHECK(contains(result.err, "waiting for another run of strata"));
  CHECK(contains(result.err, "shop/20260102000000_slow was committed, as the history says"));
  CHECK(result.elapsed > milliseconds(1'900));
  project.set_url(direct);
  check_settled(project);
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
}

TEST_CASE("connection: killed while a COMMIT is on its way, the next run waits for it and fills in the outcome",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  Project project;
  write_slow_commit(project, "1.5");
  const auto direct = project.url();
  proxy.cut(Cut::hidden, 2);
  project.set_url(proxy.url_of(name_in(direct)));
  const auto first = project.start({"deploy"});
  while (proxy.cuts() == 0 && first->is_running()) std::this_thread::sleep_for(milliseconds(2));
  first->kill(SIGKILL);
  project.set_url(direct);
  const auto second = heal(project);
  INFO(told(second));
  CHECK(contains(second.err, ": applied (found by reconcile)"));
  CHECK(contains(second.out, "nothing to do"));
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
}

TEST_CASE("connection: cut at COMMIT and not let in again, the outcome is unknown (69), and the next run finds out",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  for (const auto how : {Cut::before, Cut::swallowed}) {
    Project project;
    write_counted(project);
    const auto direct = project.url();
    proxy.cut(how, 2);
    proxy.refuse_after_cut(true);
    project.set_url(proxy.url_of(name_in(direct)));
    const auto result = project.strata({"deploy"});
    INFO(name_of(how) << ": " << told(result));
    CHECK(result.exit_code == 69);
    CHECK(contains(result.err, "the outcome of shop/20260102000000_items is unknown"));
    CHECK(contains(result.err, "run strata deploy again: it finds out, and applies nothing twice"));
    proxy.refuse_after_cut(false);

    project.set_url(direct);
    const auto log = project.json({"audit", "log"});
    CHECK(std::none_of(log["events"].begin(), log["events"].end(),
                       [](const auto& event) { return event["kind"] == "outcome"; }));
    heal(project);
    check_done_once(project);
  }
}

TEST_CASE("connection: a run whose own row went with a crash writes it again before it goes on", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_more", "CREATE TABLE more (id int);");
  // What a crash takes back: the last commits, none of which anybody had waited for.
  const auto result = deploy_with(project, "own", [&] {
    project.ask("DELETE FROM strata.run");
    project.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'strata deploy%'");
  });
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(project.ask("SELECT command, outcome, applied FROM strata.run") == "deploy|applied|2");
  check_settled(project);
}

TEST_CASE("connection: a server that falls silent in a statement is given up in half a minute (69), never waited for",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  Project project;
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  project.migration("shop/20260102000000_items", "SELECT pg_sleep(1);\nINSERT INTO effect VALUES ('items');");
  REQUIRE(project.strata({"deploy", "--to", "base/20260101000000_effects"}).exit_code == 0);
  const auto direct = project.url();
  project.set_url(proxy.url_of(name_in(direct)));
  const auto process = project.start({"deploy", "--connect-timeout", "1s"});
  Database database(direct);
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = "
                          "current_database()"));
  proxy.be_silent(true);
  const auto result = process->wait();
  proxy.be_silent(false);
  INFO(told(result));
  CHECK(result.exit_code == 69);
  CHECK(contains(result.err, "the outcome of shop/20260102000000_items is unknown"));
  CHECK(result.elapsed < std::chrono::seconds(45));
  project.set_url(direct);
  heal(project);
  CHECK(database.ask("SELECT count(*) FROM effect") == "1");
}

TEST_CASE("connection: a server that accepts and stays silent is given up within --connect-timeout (69)", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  Project project;
  write_counted(project);
  const auto direct = project.url();
  project.set_url(proxy.url_of(name_in(direct)));
  proxy.freeze(true);
  for (const int seconds : {1, 3}) {
    const auto result = project.strata({"deploy", "--connect-timeout", std::to_string(seconds) + "s"});
    INFO(told(result));
    CHECK(result.exit_code == 69);
    CHECK(contains(result.err, "no answer within"));
    CHECK(result.elapsed > std::chrono::seconds(seconds) - milliseconds(200));
    CHECK(result.elapsed < std::chrono::seconds(seconds + 1));
  }
  // One that answers in the end is waited for as long as there is time.
  const auto process = project.start({"deploy", "--connect-timeout", "30s"});
  std::this_thread::sleep_for(milliseconds(1'500));
  proxy.freeze(false);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  project.set_url(direct);
  check_done_once(project);
}

namespace {

// What write_counted() has, deployed through `proxy`: whatever that does, all of it is done once.
ProcessResult deploy_counted(const Proxy& proxy) {
  Project project;
  write_counted(project);
  const auto direct = project.url();
  project.set_url(proxy.url_of(name_in(direct)));
  auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  project.set_url(direct);
  check_settled(project);
  check_done_once(project);
  return result;
}

}  // namespace

TEST_CASE("connection: an answer that gets lost while the connection stays is asked for, and the run goes on",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  proxy.hold(2, std::chrono::minutes(10));
  const auto result = deploy_counted(proxy);
  CHECK(contains(result.err, "shop/20260102000000_items was committed, as the history says"));
}

TEST_CASE("connection: a COMMIT that gets lost on its way while the connection stays is missed, and the run goes on",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  proxy.cut(Cut::lost, 2);
  deploy_counted(proxy);
  CHECK(proxy.cuts() == 1);
}

TEST_CASE("connection: a COMMIT that is on its way for long, since something between passes it on late, is waited for",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Proxy proxy(PostgresServer::shared().socket_folder());
  proxy.delay(2, std::chrono::seconds(14));
  const auto result = deploy_counted(proxy);
  INFO(told(result));
  CHECK(proxy.cuts() == 1);
  CHECK(result.elapsed > std::chrono::seconds(14));
  CHECK_FALSE(contains(result.err, "connection broke"));
  CHECK_FALSE(contains(result.err, "as the history says"));
}

TEST_CASE("connection: a statement that takes its time is waited for, though the server says nothing meanwhile",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_slow", "SELECT pg_sleep(14);");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK_FALSE(contains(result.err, "the connection broke"));
}

TEST_CASE("connection: a ledger never holds what the server could still lose", "[faults]") {
  if (!PostgresServer::is_available()) return;
  // A server whose commits wait for nothing, and whose WAL writer comes late.
  PostgresServer server({"-c", "wal_writer_delay=10s", "-c", "wal_writer_flush_after=0"});
  for (const std::string where : {"history-created", "intent", "committed:1", "committed:3", "bare-done"}) {
    for (const bool looked_at : {false, true}) {
      INFO("killed at " << where << (looked_at ? ", then looked at" : ""));
      Project project(server.create_database());
      write_counted(project);
      REQUIRE(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
      if (looked_at) CHECK(project.strata({"status"}).exit_code == 0);
      server.stop_immediate();
      server.start();
      heal(project);
      check_done_once(project);
    }
  }
}
