// Recorded states, rebuilt from the ledger alone.
#include "tests/support/replay_project.h"

#include <csignal>

using namespace strata::test;

namespace {

void all_sorts(const Project& project) {
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (id int PRIMARY KEY, name text);\nCOPY item FROM stdin;\n1\tone\n2\ttwo\n\\.\n");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_name ON item (name);");
  project.migration("shop/20260103000000_undone", "CREATE TABLE gone (a int);");
  project.down("shop/20260103000000_undone", "DROP TABLE gone;");
  project.migration("shop/20260104000000_mixed",
                    "-- strata: no-transaction\nSET search_path = pg_catalog, public;\nCREATE TABLE public.first (a "
                    "int);\nVACUUM public.item;\nCREATE TABLE public.second (a int);");
  project.repeatable("shop/names", "CREATE OR REPLACE VIEW names AS SELECT name FROM item;");
}

}  // namespace

TEST_CASE("replay: whatever was recorded is rebuilt with no connection to the target, and is the same", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  all_sorts(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260103000000_undone"}).exit_code == 0);
  REQUIRE(project.strata({"down"}).exit_code == 0);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.repeatable("shop/names", "CREATE OR REPLACE VIEW names AS SELECT name, id FROM item;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto url = project.url();
  project.set_url("postgresql://127.0.0.1:1/nowhere");
  const auto replayed = project.strata({"replay"});
  INFO(told(replayed));
  CHECK(replayed.exit_code == 0);
  CHECK(contains(replayed.out, "4 recorded states compared: the same"));
  const auto json = project.json({"replay"});
  CHECK(json["compared"] == 4);
  CHECK(json["first_difference"].is_null());

  // On an empty database it stays, data of migrations included.
  const auto empty = PostgresServer::shared().create_database();
  REQUIRE(project.strata({"replay", "--into", empty}).exit_code == 0);
  CHECK(ask(empty, "SELECT string_agg(name, ',' ORDER BY id) FROM names") == "one,two");
  CHECK(ask(empty, "SELECT count(*) FROM first, second") == "0");
  const auto again = project.strata({"replay", "--into", empty});
  INFO(told(again));
  CHECK(again.exit_code == 65);
  CHECK(contains(again.err, "is not empty"));
}

TEST_CASE("replay: --at takes an event, a time or a migration, and refuses what is none of them", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  all_sorts(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto objects = [&](const std::string& at) { return project.json({"replay", "--at", at})["objects"]; };
  CHECK(objects("shop/20260101000000_items") == 5);  // public, the table, its columns and key
  CHECK(objects("shop/20260102000000_index") == 6);
  const auto log = project.json({"audit", "log", "--kind", "applied"});
  CHECK(objects(std::to_string(log["events"][0]["seq"].get<int>())) == 5);
  CHECK(objects("2099") == project.json({"replay"})["objects"]);
  for (const auto* at : {"shop/20270101000000_never", "yesterday", "2020-01-01", "0", "99999"}) {
    const auto refused = project.strata({"replay", "--at", at});
    INFO(told(refused));
    CHECK(refused.exit_code == 64);
    CHECK(contains(refused.err, "--at"));
  }
}

TEST_CASE("replay: what was changed by hand before a run shows as the first difference behind it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int, name text);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask("ALTER TABLE item DROP COLUMN name");
  project.migration("shop/20260102000000_more", "CREATE TABLE more (a int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto replayed = project.strata({"replay"});
  INFO(told(replayed));
  CHECK(replayed.exit_code == 65);
  CHECK(contains(replayed.out, "differs first after event 3 (shop/20260102000000_more)"));
  CHECK(contains(replayed.out, "column public.item.name is gone"));
  CHECK(project.strata({"replay", "--at", "shop/20260101000000_items"}).exit_code == 0);
}

TEST_CASE("replay: a migration that stopped half way is rebuilt as far as it came", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration(
      "shop/20260101000000_half",
      "-- strata: no-transaction\nCREATE TABLE a (x int);\nVACUUM a;\nSELECT 1 / 0;\nCREATE TABLE b (x int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 3);
  const auto half = project.strata({"replay"});
  INFO(told(half));
  CHECK(half.exit_code == 0);
  CHECK(contains(half.out, "compared: the same"));
  project.migration(
      "shop/20260101000000_half",
      "-- strata: no-transaction\nCREATE TABLE a (x int);\nVACUUM a;\nSELECT 1;\nCREATE TABLE b (x int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto whole = project.strata({"replay"});
  INFO(told(whole));
  CHECK(whole.exit_code == 0);
}

TEST_CASE("replay: with --snapshot-each every migration's state is compared, and the first that differs is named",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration(
      "shop/20260102000000_hand",
      "CREATE TABLE more (id int);\nDO $$ BEGIN IF current_database() !~ 'scratch' THEN DROP TABLE item; END "
      "IF; END $$;");
  project.migration("shop/20260103000000_last", "CREATE TABLE last (id int);");
  REQUIRE(project.strata({"deploy", "--snapshot-each"}).exit_code == 0);
  const auto report = project.json({"replay"}, 65);
  CHECK(report["compared"] == 3);
  CHECK(report["first_difference"]["last_migration"] == "shop/20260102000000_hand");
  CHECK(report["first_difference"]["differences"][0] == "table public.item is gone");
  check_settled(project);
}

TEST_CASE("replay: what a person took back is taken for undone, and what comes later is built on that", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);\nINSERT INTO item VALUES (1), (1);");
  project.migration(
      "shop/20260102000000_half",
      "-- strata: no-transaction\nCREATE TABLE half (a int);\nCREATE UNIQUE INDEX CONCURRENTLY one ON item "
      "(id);");
  REQUIRE(project.strata({"deploy"}).exit_code == 3);
  project.ask("DROP TABLE half; DROP INDEX IF EXISTS one");
  REQUIRE(project.strata({"resolve", "shop/20260102000000_half", "--rolled-back"}).exit_code == 0);
  CHECK(project.strata({"drift", "--exit-code"}).exit_code == 0);
  project.migration("shop/20260102000000_half", "CREATE TABLE half (a int);");
  CHECK(project.strata({"plan", "--verify"}).exit_code == 0);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto replayed = project.strata({"replay"});
  INFO(told(replayed));
  CHECK(replayed.exit_code == 0);
  CHECK(contains(replayed.out, "as rolled-back: taken for undone as a whole"));
}

TEST_CASE("replay: roles that migrations make, become, or grant their own database to are no obstacle, however often",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  const auto name = project.ask("SELECT current_database()");
  project.ask("CREATE ROLE own_" + name + "; GRANT CREATE ON DATABASE " + name + " TO own_" + name);
  project.migration("shop/20260101000000_role",
                    "CREATE ROLE made_" + name + ";\nGRANT CONNECT ON DATABASE " + name + " TO made_" + name + ";");
  project.migration("shop/20260102000000_become",
                    "SET ROLE own_" + name + ";\nCREATE SCHEMA of_it;\nCREATE TABLE of_it.t (a int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  for (int i = 0; i < 2; ++i) {
    const auto replayed = project.strata({"replay"});
    INFO(told(replayed));
    CHECK(replayed.exit_code == 0);
  }
  CHECK(project.strata({"drift", "--exit-code"}).exit_code == 0);
  project.ask("DROP SCHEMA of_it CASCADE; DROP OWNED BY own_" + name + ", made_" + name + "; DROP ROLE own_" + name +
              ", made_" + name);
}

TEST_CASE("replay: roles that migrations speak of are there, and a text that is not kept is named", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  const auto role = "replayed_" + project.ask("SELECT current_database()");
  project.ask("CREATE ROLE \"" + role + "\"");
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (id int);\nGRANT SELECT ON item TO \"" + role + "\";");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto replayed = project.strata({"replay"});
  INFO(told(replayed));
  CHECK(replayed.exit_code == 0);

  std::filesystem::remove(project.ledger());
  project.remove("modules/shop");
  project.module("other");
  REQUIRE(project.strata({"audit", "pull"}).exit_code == 0);
  const auto lost = project.strata({"replay"});
  INFO(told(lost));
  CHECK(lost.exit_code == 65);
  CHECK(contains(lost.err, "does not hold the text of shop/20260101000000_items"));
  project.ask("DROP OWNED BY \"" + role + "\"; DROP ROLE \"" + role + "\"");
}

TEST_CASE("replay: --into, killed in the middle, is not taken for whole: the next one refuses what is there", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_slow", "SELECT pg_sleep(1);\nCREATE TABLE more (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto into = PostgresServer::shared().create_database();
  auto killed = project.start({"replay", "--into", into});
  CHECK(
      Database(into).wait_until("SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND "
                                "datname = current_database() AND pid <> pg_backend_pid()"));
  killed->kill(SIGKILL);
  killed->wait();
  const auto again = project.strata({"replay", "--into", into});
  INFO(told(again));
  CHECK(again.exit_code == 65);
  CHECK(contains(again.err, "is not empty: it has "));
}

TEST_CASE("replay: a target whose migrations run in a schema of their own is rebuilt there, from the ledger alone",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto url = project.url();
  project.set_url(url + (url.find('?') == std::string::npos ? "?" : "&") + "schema=app");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_more", "ALTER TABLE item ADD COLUMN more int;");
  project.set_url("postgresql://127.0.0.1:1/nowhere");
  const auto replayed = project.strata({"replay"});
  INFO(told(replayed));
  CHECK(replayed.exit_code == 0);
  const auto plan = project.strata({"plan", "--offline", "--verify"});
  INFO(told(plan));
  CHECK(plan.exit_code == 0);
  CHECK(contains(plan.out, "locks app.item; ACCESS EXCLUSIVE"));
}

TEST_CASE("replay: killed, it leaves a database that the next one drops", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_slow", "CREATE TABLE a (x int);\nSELECT pg_sleep(0.5);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  REQUIRE(project.strata({"replay"}).exit_code == 0);
  project.set_url("local:scratch");
  auto url = project.strata({"db", "url"}).out;
  url.resize(url.find('\n'));
  Database scratch(url);
  const auto left = [&](const std::string& count) {
    return scratch.wait_until("SELECT count(*) = " + count + " FROM pg_database WHERE datname LIKE 'strata_scratch%'");
  };
  CHECK(left("0"));
  auto killed = project.start({"replay"});
  CHECK(
      scratch.wait_until("SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> "
                         "pg_backend_pid()"));
  killed->kill(SIGKILL);
  killed->wait();
  CHECK(left("1"));
  CHECK(scratch.wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname LIKE 'strata_scratch%'"));
  REQUIRE(project.strata({"replay"}).exit_code == 0);
  CHECK(left("0"));
}
