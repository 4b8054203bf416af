// What runs leave in the ledger of what the database held.
#include "tests/support/project.h"

#include <filesystem>

using namespace strata::test;

namespace {

std::size_t snapshots_in(const Project& project) {
  const auto log = project.json({"audit", "log", "--kind", "snapshot"});
  return log.at("events").size();
}

}  // namespace

TEST_CASE("snapshot: a run leaves one, and a run that changes nothing leaves none beside it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int PRIMARY KEY);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(snapshots_in(project) == 1);
  const auto log = project.strata({"audit", "log", "--kind", "snapshot"});
  CHECK(contains(log.out, "4 objects, 1 table among them"));  // schema public, table, column, primary key
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(snapshots_in(project) == 1);
  project.migration("shop/20260102000000_more", "CREATE TABLE more (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(snapshots_in(project) == 2);
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);
}

TEST_CASE("snapshot: it says which module each object is of, and a plan that touches another's says so", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE SCHEMA shop;\nCREATE TABLE shop.item (id int PRIMARY KEY);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.module("other", "1.0.0", {"shop >= 1.0"});
  project.migration("other/20260102000000_more", "ALTER TABLE shop.item ADD COLUMN more int;");
  for (const Arguments& plan : {Arguments{"plan"}, {"plan", "--offline"}}) {
    const auto told_people = project.strata(plan);
    INFO(told(told_people));
    CHECK(contains(told_people.out, "locks shop.item (module shop); ACCESS EXCLUSIVE"));
    CHECK(project.json(plan)["steps"][0]["forecast"]["tables"][0]["module"] == "shop");
  }
}

TEST_CASE("snapshot: audit pull leaves one, also in a ledger that is new", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  std::filesystem::remove(project.ledger());
  REQUIRE(project.strata({"audit", "pull"}).exit_code == 0);
  CHECK(snapshots_in(project) == 1);
  REQUIRE(project.strata({"audit", "pull"}).exit_code == 0);
  CHECK(snapshots_in(project) <= 2);  // what was measured since may differ; the same again is not kept
  const auto before = snapshots_in(project);
  REQUIRE(project.strata({"audit", "pull"}).exit_code == 0);
  CHECK(snapshots_in(project) == before);
}

TEST_CASE(
    "snapshot: killed before, in or behind writing one down, the ledger is whole and the next run makes up for it",
    "[cli]") {
  if (!PostgresServer::is_available()) return;
  for (const Arguments& command : {Arguments{"audit", "pull"}, {"deploy"}}) {
    for (const std::string point : {"snapshot", "ledger-append-begin", "ledger-append-commit", "unlock"}) {
      bool killed = true;
      for (int passage = 1; killed; ++passage) {
        Project project;
        project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
        REQUIRE(project.strata({"deploy"}).exit_code == 0);
        std::filesystem::remove(project.ledger());
        const auto where = point + ":" + std::to_string(passage);
        INFO(command.front() << " killed at " << where);
        killed = project.strata(command, {{"STRATA_TEST_KILL_AT", where}}).signal != 0;
        CHECK(project.strata({"audit", "pull"}).exit_code == 0);
        CHECK(snapshots_in(project) >= 1);
        CHECK(project.strata({"audit", "verify"}).exit_code == 0);
      }
    }
  }
}

TEST_CASE("snapshot: one that cannot be taken is said, and the run is as good as ever", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items",
                    "CREATE TABLE item (id int);\nCREATE TABLE held (id int);\nCREATE VIEW of_it AS SELECT id FROM "
                    "held;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_more", "ALTER TABLE item ADD more int;");
  Database holder(project.url());
  holder.ask("BEGIN; LOCK TABLE held");
  const auto run = project.strata({"deploy"});
  INFO(told(run));
  CHECK(run.exit_code == 0);
  CHECK(contains(run.err, "what the database holds now is not in the ledger"));
  CHECK(snapshots_in(project) == 1);
  holder.ask("ROLLBACK");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);  // it had nothing to do, and makes up for it
  CHECK(snapshots_in(project) == 2);
  check_settled(project);
}

TEST_CASE("snapshot: a ledger that lost what one names is found out by audit verify", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto sql =
      "DROP TRIGGER blobs_no_delete; DELETE FROM blobs WHERE rowid = (SELECT max(rowid) FROM blobs) - 2; "
      "CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs BEGIN SELECT RAISE(ABORT, 'blobs are append-only'); END;";
  REQUIRE(run({"sqlite3", project.ledger().string(), sql}).exit_code == 0);
  const auto verified = project.strata({"audit", "verify", "--offline"});
  INFO(told(verified));
  CHECK(verified.exit_code == 65);
  CHECK(contains(verified.out, "which is not kept"));
}

TEST_CASE("snapshot: what did not change is kept once: a run that adds a table to a large schema costs little",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  std::string tables;
  for (int n = 0; n < 60; ++n)
    tables += "CREATE TABLE t" + std::to_string(n) + " (id int PRIMARY KEY, name text NOT NULL, at timestamptz);\n";
  project.migration("shop/20260101000000_items", tables);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto size = [&] { return std::filesystem::file_size(project.ledger()); };
  const auto before = size();
  constexpr int runs = 20;
  for (int n = 0; n < runs; ++n) {
    project.migration("shop/20260102" + std::to_string(100'000 + n) + "_more",
                      "CREATE TABLE more" + std::to_string(n) + " (id int);");
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
  }
  CHECK(snapshots_in(project) == runs + 1);
  CHECK((size() - before) / runs < 20'000);  // 1,000 runs: 20 MB
}
