// What was changed in a database by other hands than migrations.
#include "tests/support/replay_project.h"

using namespace strata::test;

namespace {

nlohmann::json finding(const nlohmann::json& report, const std::string& object) {
  for (const auto& each : report.at("findings")) {
    if (each.at("object") == object) return each;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("drift: none is found where nobody but migrations worked", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration(
      "shop/20260101000000_items",
      "CREATE SCHEMA shop;\nCREATE TABLE shop.item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, price "
      "numeric(8,2) CHECK (price > 0), at timestamptz DEFAULT now());\nCREATE INDEX ON shop.item (price);\n"
      "CREATE VIEW shop.dear AS SELECT * FROM shop.item WHERE price > 100;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto none = project.strata({"drift", "--exit-code"});
  INFO(told(none));
  CHECK(none.exit_code == 0);
  CHECK(contains(none.out, "no drift"));
  const auto log = project.json({"audit", "log", "--kind", "drift"});
  REQUIRE(log["events"].size() == 1);
  CHECK(log["events"][0]["note"].get<std::string>().find("no drift in ") == 0);
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);
}

TEST_CASE("drift: what is gone, changed or new by hand is named with its module and the migration it came with",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("cases/20260101000000_cases",
                    "CREATE SCHEMA cases;\nCREATE TABLE cases.file (id int PRIMARY KEY, name varchar(20), old int);\n"
                    "CREATE FUNCTION cases.one() RETURNS int LANGUAGE sql AS 'SELECT 1';");
  project.migration("cases/20260102000000_dropped", "ALTER TABLE cases.file DROP COLUMN old;");
  project.module("tasks", "1.0.0", {"cases >= 1.0"});
  project.migration("tasks/20260103000000_priority",
                    "-- strata: needs cases/20260101000000_cases\nALTER TABLE cases.file ADD COLUMN priority int;\n"
                    "CREATE INDEX by_priority ON cases.file (priority);");
  project.migration("cases/20260104000000_longer", "ALTER TABLE cases.file ALTER name TYPE varchar(40);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask(
      "DROP INDEX cases.by_priority; ALTER TABLE cases.file DROP COLUMN priority; ALTER TABLE cases.file ALTER name "
      "TYPE "
      "text; ALTER TABLE cases.file ADD COLUMN old int; CREATE TABLE public.mine (a int, b int); "
      "CREATE OR REPLACE FUNCTION cases.one() RETURNS int LANGUAGE sql AS 'SELECT 2'");
  const auto report = project.json({"drift", "--exit-code"}, 2);
  CHECK(report["findings"].size() == 6);
  const auto gone = finding(report, "column cases.file.priority");
  REQUIRE(gone.is_object());
  CHECK(gone["what"] == "missing");
  CHECK(gone["module"] == "cases");
  CHECK(gone["made_by"] == "tasks/20260103000000_priority");
  const auto changed = finding(report, "column cases.file.name");
  CHECK(changed["made_by"] == "cases/20260101000000_cases");
  CHECK(changed["changed_by"] == "cases/20260104000000_longer");
  CHECK(changed["changes"][0]["found"] == "text");
  CHECK(finding(report, "column cases.file.old")["removed_by"] == "cases/20260102000000_dropped");
  CHECK(finding(report, "table public.mine")["what"] == "unexpected");
  CHECK(finding(report, "function cases.one()")["changes"][0]["property"] == "body");

  const auto told_people = project.strata({"drift"});
  INFO(told(told_people));
  CHECK(told_people.exit_code == 0);
  CHECK(contains(told_people.out, "column cases.file.priority is gone"));
  CHECK(contains(told_people.out, "it came with tasks/20260103000000_priority; no migration removed it"));
  CHECK(contains(told_people.out, "6 differences"));
}

TEST_CASE("drift: a foreign key that is not enforced any more is found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (id int PRIMARY KEY);\nCREATE TABLE line (item_id int REFERENCES item (id));");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask("ALTER TABLE line DISABLE TRIGGER ALL");
  const auto report = project.json({"drift"});
  REQUIRE(report["findings"].size() == 1);
  CHECK(report["findings"][0]["object"] == "constraint public.line.line_item_id_fkey");
  CHECK(report["findings"][0]["changes"][0]["property"] == "triggers");
}

TEST_CASE("drift: killed before or in writing down what it found, the ledger is whole and has it once or not at all",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto drifts = [&] { return project.json({"audit", "log", "--kind", "drift"})["events"].size(); };
  for (const std::string point : {"ledger-append-begin", "ledger-append-commit"}) {
    bool killed = true;
    for (int passage = 1; killed; ++passage) {
      const auto before = drifts();
      const auto where = point + ":" + std::to_string(passage);
      INFO("killed at " << where);
      killed = project.strata({"drift"}, {{"STRATA_TEST_KILL_AT", where}}).signal != 0;
      CHECK(drifts() == before + (killed ? 0 : 1));
      CHECK(project.strata({"audit", "verify"}).exit_code == 0);
    }
  }
}

TEST_CASE("drift: each target of a ledger is compared with its own history", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  const auto other = PostgresServer::shared().create_database();
  project.write("strata.toml", "[project]\nname = \"two\"\nmodules = [\"modules\"]\n");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy", "--target", "staging"}).exit_code == 0);
  project.migration("shop/20260102000000_more", "CREATE TABLE more (id int);");
  REQUIRE(project.strata({"deploy", "--target", "staging"}).exit_code == 0);
  const auto staging = project.url();
  project.set_url(other);
  REQUIRE(project.strata({"deploy", "--target", "prod", "--to", "shop/20260101000000_items"}).exit_code == 0);
  project.ask("DROP TABLE item");
  const auto prod = project.json({"drift", "--target", "prod"});
  CHECK(prod["findings"].size() == 1);
  project.set_url(staging);
  CHECK(project.json({"drift", "--target", "staging"})["findings"].empty());
  // Without a connection to either: the one has nothing to do, the other one migration.
  project.set_url("postgresql://127.0.0.1:1/nowhere");
  CHECK(project.json({"plan", "--offline", "--target", "staging"})["steps"].empty());
  CHECK(project.json({"plan", "--offline", "--target", "prod"})["steps"].size() == 1);
  CHECK(project.json({"replay", "--target", "staging"})["texts"] == 2);
  CHECK(project.json({"replay", "--target", "prod"})["texts"] == 1);
}

TEST_CASE("drift: where there is no history, there is nothing to compare with", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto refused = project.strata({"drift"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "has no history"));
}
