// What would run, asked with and without the database: the answers are the same.
#include "tests/support/project.h"

#include <filesystem>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

// The sample project of this repository, its files copied.
void copy_casebook(const Project& project) {
  const fs::path source = STRATA_SOURCE_DIR;
  for (const std::string folder : {"modules", "migrations"}) {
    fs::copy(source / folder, project.root() / folder, fs::copy_options::recursive);
  }
  fs::copy_file(source / "strata.toml", project.root() / "strata.toml", fs::copy_options::overwrite_existing);
}

}  // namespace

TEST_CASE("offline: plan, plan --offline and deploy name the casebook's migrations in the same order", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  copy_casebook(project);
  REQUIRE(project.json({"audit", "pull"})["imported"] == 0);
  const auto offline = project.json({"plan", "--offline"});
  const auto planned = project.json({"plan"});
  CHECK(offline["offline"] == true);
  CHECK(planned["offline"] == false);
  CHECK(ids_in(offline["steps"]).size() > 50);
  CHECK(ids_in(offline["steps"]) == ids_in(planned["steps"]));
  CHECK(offline["digest"] == planned["digest"]);

  // Half of it, then the rest: with something applied the answers are the same still.
  const auto half = ids_in(planned["steps"])[planned["steps"].size() / 2];
  const auto first = project.json({"deploy", "--to", half});
  const auto offline_rest = project.json({"plan", "--offline"});
  const auto planned_rest = project.json({"plan"});
  CHECK(ids_in(offline_rest["steps"]) == ids_in(planned_rest["steps"]));
  const auto second = project.json({"deploy"});
  CHECK(ids_in(second["applied"]) == ids_in(planned_rest["steps"]));
  auto all = ids_in(first["applied"]);
  for (const auto& id : ids_in(second["applied"])) all.push_back(id);
  CHECK(all == ids_in(planned["steps"]));
  CHECK(project.json({"plan", "--offline"})["steps"].empty());
  check_settled(project);
}

TEST_CASE("offline: a plan reads the ledger alone, and says how old and from where it is", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");

  project.set_url("postgresql://127.0.0.1:1/nowhere");
  const auto plan = project.strata({"plan", "--offline"});
  INFO(told(plan));
  CHECK(plan.exit_code == 0);
  CHECK(contains(plan.out,
                 "offline: target default as the ledger " + project.ledger().string() + " knows it, event 2, as of "));
  CHECK(contains(plan.out, "1 step from 1 module"));
  const auto status = project.json({"status", "--offline"});
  CHECK(status["modules"].back()["applied"] == 1);
  CHECK(status["modules"].back()["pending"] == 1);
}

TEST_CASE("offline: --exit-code is 2 when something is pending, --max-age 2 when the ledger is older", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  CHECK(project.strata({"plan", "--exit-code"}).exit_code == 2);
  CHECK(project.strata({"status", "--exit-code"}).exit_code == 2);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(project.strata({"plan", "--exit-code"}).exit_code == 0);
  CHECK(project.strata({"plan", "--offline", "--exit-code", "--max-age", "1h"}).exit_code == 0);

  const auto stale = project.strata({"plan", "--offline", "--max-age", "1ms"});
  INFO(told(stale));
  CHECK(stale.exit_code == 2);
  CHECK(contains(stale.err, "--max-age allows 1 ms"));
  CHECK(contains(stale.err, "strata audit pull"));
}

TEST_CASE("offline: without a ledger there is no plan, and looking makes one", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto none = project.strata({"plan", "--offline"});
  INFO(told(none));
  CHECK(none.exit_code == 65);
  CHECK(contains(none.err, "no ledger"));
  CHECK(contains(none.err, "strata audit pull"));
  CHECK_FALSE(fs::exists(project.ledger()));

  REQUIRE(project.strata({"plan"}).exit_code == 0);
  CHECK(project.strata({"plan", "--offline"}).exit_code == 0);
  const auto other = project.strata({"plan", "--offline", "--target", "prod"});
  INFO(told(other));
  CHECK(other.exit_code == 65);
  CHECK(contains(other.err, "no ledger for target prod"));
  CHECK(project.strata({"plan", "--offline", "--ledger", "none"}).exit_code == 64);
}

TEST_CASE("offline: a target that leads to the database of another one knows what was applied under that name",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy", "--target", "one"}).exit_code == 0);
  REQUIRE(project.strata({"audit", "pull", "--target", "two"}).exit_code == 0);
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  REQUIRE(project.strata({"deploy", "--target", "one"}).exit_code == 0);
  REQUIRE(project.strata({"audit", "pull", "--target", "two"}).exit_code == 0);
  CHECK(project.json({"plan", "--offline", "--target", "two"})["steps"].empty());
}
