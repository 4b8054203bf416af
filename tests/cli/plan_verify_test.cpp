// A plan that is tried before anything happens to its target.
#include "tests/support/replay_project.h"

using namespace strata::test;

TEST_CASE("plan --verify: an error that the target would hit is found with no connection to it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);\nINSERT INTO item VALUES (1);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_fine", "CREATE TABLE fine (id int);");
  project.migration("shop/20260103000000_wrong", "ALTER TABLE item ADD price int;\nUPDATE item SET prize = 1;");
  const auto url = project.url();
  project.set_url("postgresql://127.0.0.1:1/nowhere");
  const auto wrong = project.strata({"plan", "--offline", "--verify", "--out", "wrong.plan"});
  INFO(told(wrong));
  CHECK(wrong.exit_code == 1);
  CHECK(contains(wrong.out, "would fail: 1 step ran"));
  CHECK(contains(wrong.err, "modules/shop/migrations/20260103000000_wrong/migration.sql:2:17"));
  CHECK(contains(wrong.err, "column \"prize\" of relation \"item\" does not exist"));
  CHECK_FALSE(std::filesystem::exists(project.root() / "wrong.plan"));

  project.migration("shop/20260103000000_wrong", "ALTER TABLE item ADD price int;\nUPDATE item SET price = 1;");
  const auto right = project.strata({"plan", "--offline", "--verify", "--out", "right.plan"});
  INFO(told(right));
  CHECK(right.exit_code == 0);
  CHECK(contains(right.out, "tried: 2 steps ran"));
  CHECK(std::filesystem::exists(project.root() / "right.plan"));
  project.set_url(url);
  CHECK(project.ask("SELECT count(*) FROM pg_class WHERE relname = 'fine'") == "0");
  CHECK(project.strata({"deploy", "--plan", "right.plan"}).exit_code == 0);
}

TEST_CASE("plan --verify: a result that is not what the fragments say is told, but for modules without fragments",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  project.migration("shop/20260101000000_items", "CREATE SCHEMA shop;\nCREATE TABLE shop.item (id int, extra int);");
  project.write("modules/shop/schema/item.sql", "CREATE SCHEMA shop;\nCREATE TABLE shop.item (id int, name text);\n");
  project.migration("plain/20260101000000_tables", "CREATE TABLE plain (id int);");
  const auto differs = project.strata({"plan", "--verify"});
  INFO(told(differs));
  CHECK(differs.exit_code == 65);
  CHECK(contains(differs.out, "column shop.item.extra is there"));
  CHECK(contains(differs.out, "column shop.item.name is gone"));
  CHECK_FALSE(contains(differs.out, "table public.plain"));
  const auto document = project.json({"plan", "--verify"}, 65);
  CHECK(document["verified"]["ok"] == false);
  CHECK(document["verified"]["differences"].size() == 2);
  CHECK(document["verified"]["ran"].size() == 2);
  project.write("modules/shop/schema/item.sql", "CREATE SCHEMA shop;\nCREATE TABLE shop.item (id int, extra int);\n");
  const auto same = project.strata({"plan", "--verify"});
  INFO(told(same));
  CHECK(same.exit_code == 0);
  CHECK(contains(same.out, "the result is what the fragments say"));
}

TEST_CASE("plan --verify: what an earlier run had begun goes on where it stopped", "[cli]") {
  if (!PostgresServer::is_available()) return;
  ReplayProject project;
  const std::string begun = "-- strata: no-transaction\nCREATE TABLE a (x int);\nVACUUM a;\n";
  project.migration("shop/20260101000000_half", begun + "SELECT 1 / 0;\nCREATE TABLE b (x int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 3);
  const auto still = project.strata({"plan", "--verify"});
  INFO(told(still));
  CHECK(still.exit_code == 1);
  project.migration("shop/20260101000000_half", begun + "SELECT 1;\nCREATE TABLE b (x int);");
  const auto mended = project.strata({"plan", "--verify"});
  INFO(told(mended));
  CHECK(mended.exit_code == 0);
}
