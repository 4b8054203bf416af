// What a plan says of the tables that it will touch, with the database in reach and without.
#include "tests/support/project.h"

using namespace strata::test;

namespace {

const std::string create = "CREATE TABLE item (id int PRIMARY KEY, name varchar(20));";
const std::string widen = "ALTER TABLE item ALTER id TYPE bigint;\nALTER TABLE item ALTER name TYPE text;";

// A table with rows, and a step behind it that is still to run.
void write_project(const Project& project) {
  project.migration("shop/20260101000000_items", create);
  project.migration("shop/20260102000000_widen", widen);
}

void apply_first(const Project& project, const Arguments& more, int rows) {
  Arguments deploy{"deploy", "--to", "shop/20260101000000_items"};
  deploy.insert(deploy.end(), more.begin(), more.end());
  REQUIRE(project.strata(deploy).exit_code == 0);
  project.ask("INSERT INTO item SELECT n, 'x' FROM generate_series(1, " + std::to_string(rows) + ") n; ANALYZE item");
}

}  // namespace

TEST_CASE("forecast: a plan tells what it rewrites, from the database and from the ledger", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  CHECK_FALSE(contains(project.strata({"plan"}).out, "item:"));  // the table is the plan's own
  apply_first(project, {}, 10'000);

  const auto live = project.strata({"plan"});
  INFO(told(live));
  CHECK(contains(live.out, "rewrites public.item: about 10 k rows, "));
  CHECK(contains(live.out, "; ACCESS EXCLUSIVE (stops reads and writes); column id from integer to bigint\n"));
  CHECK_FALSE(contains(live.out, " as of "));

  // As the ledger has it: since the rows came after the run, it knows them when somebody has looked again.
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const auto recorded = project.strata({"plan", "--offline"});
  INFO(told(recorded));
  CHECK(contains(recorded.out, "rewrites public.item"));
  const auto step = project.json({"plan", "--offline"})["steps"][0]["forecast"];
  CHECK(step["recorded"] == true);
  CHECK(step["tables"][0]["name"] == "item");
  CHECK(step["tables"][0]["lock"] == "ACCESS EXCLUSIVE");
  CHECK(step["tables"][0]["rewrites"] == true);
  CHECK(step["time"].is_null());
  CHECK(step["statements"].size() == 2);
  CHECK(project.json({"plan"})["steps"][0]["forecast"]["tables"][0]["rows"] == 10'000);
}

TEST_CASE("forecast: a run on another target tells how long it may take here", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project(PostgresServer::shared().create_database());
  write_project(project);
  apply_first(project, {"--target", "staging"}, 10'000);
  REQUIRE(project.strata({"deploy", "--target", "staging", "--to", "shop/20260101000000_items"}).exit_code == 0);
  REQUIRE(project.strata({"deploy", "--target", "staging"}).exit_code == 0);

  project.set_url(PostgresServer::shared().create_database());
  apply_first(project, {"--target", "prod"}, 40'000);
  const auto step = project.json({"plan", "--target", "prod"})["steps"][0]["forecast"];
  INFO(step.dump(2));
  REQUIRE_FALSE(step["time"].is_null());
  CHECK(step["time"]["past"]["target"] == "staging");
  CHECK(step["time"]["bytes"] > 3 * step["time"]["past"]["bytes"].get<long>());
  CHECK(contains(project.strata({"plan", "--target", "prod"}).out, " on staging, "));
}
