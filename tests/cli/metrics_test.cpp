// What a run leaves behind in numbers, and in a pod's status.
#include "tests/support/metrics.h"
#include "core/base/escape.h"
#include "tests/support/project.h"

#include <chrono>
#include <csignal>
#include <sstream>
#include <thread>

using namespace strata::test;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return contains("\n" + text, "\n" + line + "\n");
}

}  // namespace

TEST_CASE("metrics: a run that applied and failed says both, with the time of each migration", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_wrong", "SELECT 1 / 0;");
  project.migration("shop/20260103000000_never", "SELECT 1;");
  CHECK(project.strata({"deploy", "--metrics-file", "out/strata.prom"}).exit_code == 1);
  const auto text = bytes_of(project.root() / "out" / "strata.prom");
  INFO(text);
  CHECK(has_line(text, "strata_run_outcome{target=\"default\",outcome=\"failed\"} 1"));
  CHECK(has_line(text, "strata_run_exit_code{target=\"default\"} 1"));
  CHECK(has_line(text, "strata_migrations_applied{target=\"default\"} 1"));
  CHECK(has_line(text, "strata_migrations_pending{target=\"default\"} 2"));
  CHECK(has_line(text, "strata_migrations_failed{target=\"default\"} 1"));
  CHECK(contains(text,
                 "strata_migration_duration_seconds{target=\"default\",module=\"shop\","
                 "migration=\"20260101000000_items\"} 0"));
  CHECK(is_in_families(text));
}

TEST_CASE("metrics: killed before the file takes its place the old one is there, killed after it the new one",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  for (const std::string point : {"file-written", "file-replaced"}) {
    INFO(point);
    Project project;
    project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
    project.write("targets.toml", "[target.shop]\nurl = \"" + project.url() + "\"\n");
    project.write("strata.prom", "old\n");
    project.write("fleet.prom", "old\n");
    const Environment killed{{"STRATA_TEST_KILL_AT", point}};
    CHECK(project.strata({"deploy", "--metrics-file", "strata.prom"}, killed).signal == SIGKILL);
    const Project without_url("");  // --fleet names the databases itself
    for (const auto* file : {"targets.toml", "fleet.prom"}) without_url.write(file, bytes_of(project.root() / file));
    without_url.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
    const auto fleet =
        without_url.strata({"deploy", "--fleet", "targets.toml", "--metrics-file", "fleet.prom"}, killed);
    CHECK(fleet.signal == SIGKILL);
    for (const auto& file : {project.root() / "strata.prom", without_url.root() / "fleet.prom"}) {
      const auto text = bytes_of(file);
      if (point == "file-written") CHECK(text == "old\n");
      if (point == "file-replaced") CHECK(is_in_families(text));
    }
    CHECK(project.strata({"deploy"}).exit_code == 0);
  }
}

TEST_CASE("metrics: a wait for a lock is counted, and a run that is refused leaves its exit code", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_more", "-- strata: lock-timeout 50ms\nALTER TABLE item ADD more int;");
  Database holder(project.url());
  holder.ask("BEGIN; LOCK TABLE item");
  auto waiting = project.start({"deploy", "--metrics-file", "strata.prom"});
  for (int i = 0; i < 500 && !contains(waiting->err(), "next try in"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  holder.ask("ROLLBACK");
  CHECK(waiting->wait().exit_code == 0);
  const auto text = bytes_of(project.root() / "strata.prom");
  INFO(text);
  CHECK_FALSE(has_line(text, "strata_run_lock_waits{target=\"default\"} 0"));
  CHECK(contains(text, "strata_run_lock_wait_seconds{target=\"default\"} 0."));
  CHECK(has_line(text, "strata_run_outcome{target=\"default\",outcome=\"applied\"} 1"));

  project.migration("shop/20260101000000_items", "CREATE TABLE other (id int);");
  CHECK(project.strata({"deploy", "--metrics-file", "strata.prom"}).exit_code == 65);
  const auto refused = bytes_of(project.root() / "strata.prom");
  CHECK(has_line(refused, "strata_run_outcome{target=\"default\",outcome=\"refused\"} 1"));
  CHECK(has_line(refused, "strata_run_exit_code{target=\"default\"} 65"));
}

TEST_CASE("metrics: a file that cannot be written is said, and the run's exit code stays", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.write("a_file", "");
  const auto run = project.strata({"deploy", "--metrics-file", "a_file/strata.prom"});
  INFO(told(run));
  CHECK(run.exit_code == 0);
  CHECK(contains(run.err, "a_file/strata.prom"));
}

TEST_CASE("termination message: outcome, counts and heads, and of a long error what matters", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_wrong",
                    "DO $$ BEGIN RAISE EXCEPTION '%', repeat('long ', 2000) USING ERRCODE = 'P0042'; END $$;");
  const auto log = (project.root() / "termination-log").string();
  CHECK(project.strata({"deploy"}, {{"STRATA_TERMINATION_LOG", log}}).exit_code == 1);
  const auto text = bytes_of(log);
  CHECK(text.size() <= 4096);
  CHECK(text.starts_with("failed, 0 of 1 step\nheads: postgres 1 "));
  CHECK(contains(text, "shop/20260101000000_wrong: long long "));
  CHECK(contains(text, "… [SQLSTATE P0042]\n  at modules/shop/migrations/20260101000000_wrong/migration.sql:1:1\n"));
  CHECK(contains(text, "  next: "));
  project.migration("shop/20260101000000_wrong", "SELECT 1 / 0;");
  CHECK(project.strata({"deploy"}, {{"STRATA_TERMINATION_LOG", log}}).exit_code == 1);
  CHECK(contains(bytes_of(log), "[SQLSTATE 22012]"));
  // No half character at its end, wherever the limit falls.
  for (const std::string shift : {"", "x", "xx"}) {
    project.migration("shop/20260101000000_wrong",
                      "DO $$ BEGIN RAISE EXCEPTION '" + shift + "%', repeat('€', 3000); END $$;");
    CHECK(project.strata({"deploy"}, {{"STRATA_TERMINATION_LOG", log}}).exit_code == 1);
    CHECK(contains(bytes_of(log), "€… [SQLSTATE P0001]"));
    CHECK(strata::find_invalid_utf8(bytes_of(log)) == std::string::npos);
  }
}
