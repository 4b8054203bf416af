// The gate for pods: until what they need is applied.
#include "tests/support/project.h"

#include <algorithm>
#include <csignal>
#include <thread>

using namespace strata::test;

TEST_CASE("wait: returns when everything is applied, and gives up with 75, saying what is missing", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto early = project.strata({"wait", "--timeout", "300ms"});
  INFO(told(early));
  CHECK(early.exit_code == 75);
  CHECK(contains(early.err, "the database has no history yet"));

  const auto waiting = project.start({"wait", "--timeout", "30s"});
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto found = waiting->wait();
  INFO(told(found));
  CHECK(found.exit_code == 0);
  CHECK(found.out == "everything is applied\n");

  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  const auto missing = project.strata({"wait", "--timeout", "200ms"});
  CHECK(missing.exit_code == 75);
  CHECK(contains(missing.err, "1 migration not applied, the first: shop/20260102000000_prices is pending"));
}

TEST_CASE("wait: for one module in a version it needs neither files nor more than the right to read", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.module("shop", "1.2.0");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);

  const auto role = "reader_" + project.ask("SELECT current_database()");
  project.ask("CREATE ROLE " + role + " LOGIN");
  Project pod(project.url().substr(0, project.url().find("&user=")) + "&user=" + role);
  const auto without = pod.strata({"wait", "--module", "shop", "--timeout", "1s"});
  INFO(told(without));
  CHECK(without.exit_code == 77);
  CHECK(contains(without.err, "GRANT USAGE ON SCHEMA"));

  project.ask("GRANT USAGE ON SCHEMA strata TO " + role + "; GRANT SELECT ON ALL TABLES IN SCHEMA strata TO " + role);
  const auto found = pod.strata({"wait", "--module", "shop>=1.2", "--timeout", "5s"});
  INFO(told(found));
  CHECK(found.exit_code == 0);
  CHECK(pod.json({"wait", "--module", "shop"})["found"] == "module shop is applied");

  const auto newer = pod.strata({"wait", "--module", "shop>=1.3", "--timeout", "200ms"});
  CHECK(newer.exit_code == 75);
  CHECK(contains(newer.err, "module shop is 1.2.0, wanted is >=1.3"));
  CHECK(pod.strata({"wait", "--module", "mail", "--timeout", "200ms"}).exit_code == 75);
  for (const std::string no_module : {"shop>=x", "shop>=", ">=1.2", ""}) {
    INFO(no_module);
    CHECK(pod.strata({"wait", "--module", no_module, "--timeout", "200ms"}).exit_code == 64);
  }
  project.ask("DROP OWNED BY " + role + "; DROP ROLE " + role);
}

TEST_CASE("wait: a module is there in a version when all that this version has is applied, and no sooner", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.module("shop", "1.0.0");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto waits_for = [&](const std::string& module) {  // at one look
    return project.strata({"wait", "--module", module, "--timeout", "0ms"}).exit_code;
  };
  CHECK(waits_for("shop=1.0.0") == 0);

  // Stopped before its end; then to its end; then taken back.
  project.module("shop", "1.1.0");
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  project.migration("shop/20260103000000_stock", "ALTER TABLE item ADD stock int;");
  project.down("shop/20260103000000_stock", "ALTER TABLE item DROP stock;");
  REQUIRE(project.strata({"deploy", "--to", "shop/20260102000000_prices"}).exit_code == 0);
  CHECK(waits_for("shop>=1.1") == 75);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(waits_for("shop>=1.1") == 0);
  REQUIRE(project.strata({"down"}).exit_code == 0);
  CHECK(waits_for("shop>=1.1") == 75);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(waits_for("shop>=1.1") == 0);

  // A newer version that fails takes nothing from the older one, whose pods start again at any time.
  for (const std::string sql : {"SELECT 1 / 0;", "-- strata: no-transaction\nCREATE TABLE half (); SELECT 1 / 0;"}) {
    project.module("shop", "1.2.0");
    project.migration("shop/20260104000000_names", sql);
    CHECK(project.strata({"deploy"}).exit_code != 0);
    CHECK(waits_for("shop>=1.1") == 0);
    CHECK(waits_for("shop>=1.2") == 75);
  }
  REQUIRE(project.strata({"resolve", "shop/20260104000000_names", "--rolled-back"}).exit_code == 0);
  CHECK(waits_for("shop>=1.1") == 0);

  // What a down left half done, and a person gave up, is gone as well.
  project.migration("shop/20260104000000_names", "CREATE TABLE names (); CREATE TABLE more ();");
  project.down("shop/20260104000000_names", "-- strata: no-transaction\nDROP TABLE names; SELECT 1 / 0;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(waits_for("shop>=1.2") == 0);
  CHECK(project.strata({"down", "--yes"}).exit_code != 0);
  CHECK(waits_for("shop>=1.2") == 75);
  project.ask("DROP TABLE more; DROP TABLE half");
  // Killed before its row is there, and after its end.
  for (const std::string point : {"intent", "durable"}) {
    const Arguments give_up{"resolve", "shop/20260104000000_names", "--rolled-back"};
    CHECK(project.strata(give_up, {{"STRATA_TEST_KILL_AT", point}}).signal == SIGKILL);
    CHECK(waits_for("shop>=1.2") == 75);
  }

  // Another module's failure is not this one's.
  project.module("shop", "1.2.0");
  project.module("mail", "1.0.0");
  project.migration("shop/20260104000000_names", "ALTER TABLE item ADD name text;");
  project.migration("mail/20260105000000_wrong", "SELECT 1 / 0;");
  CHECK(project.strata({"deploy"}).exit_code == 1);
  CHECK(waits_for("shop>=1.2") == 0);
  CHECK(waits_for("mail") == 75);

  // An older release that finds nothing to do takes nothing away.
  project.remove("modules/mail/migrations/20260105000000_wrong");
  project.remove("modules/shop/migrations/20260104000000_names");
  project.module("shop", "1.1.0");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(waits_for("shop>=1.2") == 0);
}

TEST_CASE("wait: a run that was killed before it could say that a module is whole leaves that to the next", "[cli]") {
  if (!PostgresServer::is_available()) return;
  // Before and after the write that says so.
  for (const auto& [point, found] : {std::pair<std::string, int>{"committed", 75}, {"durable", 0}}) {
    INFO(point);
    Project project;
    project.module("shop", "1.0.0");
    project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
    CHECK(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", point}}).signal == SIGKILL);
    const Arguments gate{"wait", "--module", "shop>=1", "--timeout", "0ms"};
    CHECK(project.strata(gate).exit_code == found);
    CHECK(project.strata({"deploy"}).exit_code == 0);
    CHECK(project.strata(gate).exit_code == 0);
    project.down("shop/20260101000000_items", "DROP TABLE item;");
    CHECK(project.strata({"down", "--yes"}, {{"STRATA_TEST_KILL_AT", point}}).signal == SIGKILL);
    CHECK(project.strata(gate).exit_code == 75);
    CHECK(project.strata({"deploy"}).exit_code == 0);
    CHECK(project.strata(gate).exit_code == 0);
    check_settled(project);
  }
}

TEST_CASE("wait: what down takes back shuts the gates of whom it takes it from, from its beginning, and no others'",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  for (const bool is_killed : {false, true}) {
    Project project;
    for (const std::string module : {"shop", "mail", "desk"}) project.module(module, "1.0.0");
    project.migration("desk/20260101000000_tickets", "CREATE TABLE ticket (id int);");
    project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
    project.down("shop/20260101000000_items", "DROP TABLE item CASCADE;");
    project.repeatable("mail/items", "CREATE VIEW items AS SELECT id FROM item;");
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
    // As when somebody goes back: the catalog has something that is not applied.
    project.module("shop", "1.1.0");
    project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
    const auto waits_for = [&](const std::string& module) {
      return project.strata({"wait", "--module", module + ">=1.0", "--timeout", "0ms"}).exit_code;
    };
    CHECK(waits_for("shop") == 0);
    if (is_killed)
      CHECK(project.strata({"down", "--yes"}, {{"STRATA_TEST_KILL_AT", "committed"}}).signal == SIGKILL);
    else
      CHECK(project.strata({"down", "--yes"}).exit_code == 0);
    CHECK(waits_for("shop") == 75);
    CHECK(waits_for("mail") == 75);  // its view ran on that table
    CHECK(waits_for("desk") == 0);
    CHECK(project.strata({"deploy"}).exit_code == 0);
    for (const std::string module : {"shop", "mail", "desk"}) CHECK(waits_for(module) == 0);
  }
}

TEST_CASE("wait: a down that fails before it took anything back shuts no gate", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.module("shop", "1.0.0");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.down("shop/20260101000000_items", "DROP TABLE item; SELECT 1 / 0;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.module("shop", "1.1.0");
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  CHECK(project.strata({"down", "--yes"}).exit_code == 1);
  CHECK(project.strata({"wait", "--module", "shop>=1.0", "--timeout", "0ms"}).exit_code == 0);
}

TEST_CASE("wait: a lock on the history is waited for like anything else", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  Database holder(project.url());
  holder.ask("BEGIN; LOCK TABLE strata.meta");
  const auto waiting = project.start({"wait", "--timeout", "50s"});
  while (!contains(waiting->err(), "waiting:") && waiting->is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  CHECK(contains(waiting->err(), "waiting: somebody holds a lock on the history's tables in schema strata\n"));
  const auto given_up = project.strata({"wait", "--timeout", "100ms"});
  CHECK(given_up.exit_code == 75);
  CHECK(given_up.elapsed < std::chrono::seconds(3));
  CHECK(waiting->is_running());
  holder.ask("ROLLBACK");
  const auto found = waiting->wait();
  INFO(told(found));
  CHECK(found.exit_code == 0);
}

TEST_CASE("wait: a signal ends it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto waiting = project.start({"wait", "--timeout", "60s"});
  while (!contains(waiting->err(), "waiting:") && waiting->is_running())
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  waiting->kill(SIGTERM);
  CHECK(waiting->wait().exit_code == 143);
}

TEST_CASE("wait: a server that is not there yet is waited for, no longer than told, with few words", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project("postgresql:///shop?host=/nowhere&user=shop");
  const auto began = std::chrono::steady_clock::now();
  const auto waited = project.strata({"wait", "--module", "shop", "--timeout", "3s"});
  INFO(told(waited));
  CHECK(waited.exit_code == 75);
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(6));
  CHECK(contains(waited.err, "gave up after 3.0 s: "));
  // At once, and again when as much time again has passed, by looks half a second apart: not one line for each look.
  CHECK(contains(waited.err, "info waiting: "));
  CHECK(contains(waited.err, "info waiting for "));
  CHECK(std::count(waited.err.begin(), waited.err.end(), '\n') <= 5);
  CHECK(contains(waited.err, "next: check that the server runs"));
}
