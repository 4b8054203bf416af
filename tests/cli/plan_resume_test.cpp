// A plan file whose run was killed, refused or disturbed: the rest of it runs, and nothing but it.
#include "tests/cli/plan_file_support.h"

#include "core/base/digest.h"

#include <csignal>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

TEST_CASE("plan file: everything of it applied by it, there is nothing to do", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  check_applies(project);
  for (const Arguments& more : {Arguments{}, {"--atomic"}, {"--ledger", "none"}}) {
    const auto again = carry_out(project, more);
    INFO(told(again));
    CHECK(again.exit_code == 0);
    CHECK(contains(again.out, "nothing to do"));
  }
  check_all_applied(project);
}

TEST_CASE("plan file: killed half way, the rest of it runs, and nothing but it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  const auto where = GENERATE(as<std::string>{}, "committed:1", "started", "bare", "bare-done", "committed:2");
  INFO("killed at " << where);
  REQUIRE(carry_out(project, {}, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
  SECTION("by the next run of it") {}
  SECTION("but not once another run has done some") {
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
    check_refused(project, {"the state moved", "not by this plan:", ": applied " + letters + " by "});
    return;
  }
  SECTION("but not with a migration more") {
    project.migration("mail/20260105000000_more", "SELECT 1;");
    check_refused(project, {"mail/20260105000000_more is new"});
    project.remove(project.folder_of("mail/20260105000000_more"));
  }
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: what failed and was rolled back is tried again, once the data allows it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  project.ask("CREATE TABLE letter ()");
  const auto failed = carry_out(project);
  INFO(told(failed));
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "letter"));
  project.ask("DROP TABLE letter");
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: what its run left half done may be settled, and then it goes on", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  project.migration(indexed,
                    "-- strata: no-transaction\nINSERT INTO effect VALUES ('index');\n"
                    "CREATE UNIQUE INDEX CONCURRENTLY item_id ON item (id);");
  project.migration(items,
                    "CREATE TABLE item (id int);\nINSERT INTO effect VALUES ('items');\n"
                    "INSERT INTO item VALUES (1), (1);");
  plan(project);
  const auto failed = carry_out(project);
  INFO(told(failed));
  REQUIRE(failed.exit_code == 3);
  CHECK(carry_out(project).exit_code == 3);  // it fails again, and is not refused
  project.ask("DELETE FROM item");
  SECTION("without a word") {}
  SECTION("--retry") {
    REQUIRE(project.strata({"resolve", indexed, "--retry"}).exit_code == 0);
  }
  SECTION("--rolled-back") {
    project.ask("DROP INDEX IF EXISTS item_id; DELETE FROM effect WHERE name = 'index'");
    REQUIRE(project.strata({"resolve", indexed, "--rolled-back"}).exit_code == 0);
  }
  SECTION("--applied") {
    project.ask("DROP INDEX IF EXISTS item_id; CREATE UNIQUE INDEX item_id ON item (id)");
    REQUIRE(project.strata({"resolve", indexed, "--applied"}).exit_code == 0);
  }
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: what was half done when it was made may not be settled behind its back", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  REQUIRE(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", "bare"}}).signal == SIGKILL);
  plan(project);
  CHECK(contains(project.strata({"plan", "show", "a.plan"}).out, "continues at statement 2"));
  SECTION("settled") {
    REQUIRE(project.strata({"resolve", indexed, "--retry"}).exit_code == 0);
    check_refused(project, {"the state moved", ": resolved " + indexed + " (retry) by "});
  }
  SECTION("not settled") {
    check_applies(project);
    check_all_applied(project);
  }
}

TEST_CASE("plan file: two runners with the same one: one applies, the other has nothing to do", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  std::vector<std::unique_ptr<Process>> runners;
  for (int i = 0; i < 4; ++i)
    runners.push_back(project.start({"deploy", "--plan", "a.plan", "--ledger", i % 2 == 0 ? "one.db" : "two.db"}));
  int idle = 0;
  for (auto& runner : runners) {
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
    idle += contains(result.out, "nothing to do") ? 1 : 0;
  }
  CHECK(idle == 3);
  check_all_applied(project);
}

TEST_CASE("plan file: a broken connection is mended, and the state compared again", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  const auto mark = project.root() / "paused";
  const auto runner = project.start({"deploy", "--plan", "a.plan"}, {{"STRATA_TEST_PAUSE_AT", "committed:1"},
                                                                     {"STRATA_TEST_PAUSE_FILE", mark.string()}});
  for (int i = 0; i < 2'000 && !fs::exists(mark); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(fs::exists(mark));
  Database database(project.url());
  database.ask(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'strata deploy%' AND "
      "datname = current_database()");
  SECTION("nothing happened meanwhile") {
    fs::remove(mark);
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "the connection broke"));
    check_all_applied(project);
  }
  SECTION("another run did something") {
    const auto other = project.strata({"deploy", "--ledger", "other.db", "--to", indexed});
    INFO(told(other));
    REQUIRE(other.exit_code == 0);
    fs::remove(mark);
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "the state moved"));
    CHECK(contains(result.err, ": applied " + indexed + " by "));
    CHECK(project.ask("SELECT count(*) FROM effect WHERE name = 'letters'") == "0");
  }
}

TEST_CASE("plan file: what prisma migrate did since is told", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.remove("strata.toml");
  project.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  const std::string first = "CREATE TABLE first (id int);";
  const std::string second = "CREATE TABLE second (id int);";
  project.write("prisma/migrations/20260101000000_first/migration.sql", first);
  project.write("prisma/migrations/20260102000000_second/migration.sql", second);
  project.write("prisma/migrations/20260103000000_third/migration.sql", "CREATE TABLE third (id int);");
  const auto by_prisma = [&](const std::string& name, const std::string& sql) {
    project.ask(sql);
    project.ask("INSERT INTO _prisma_migrations VALUES (gen_random_uuid(), '" + strata::hex(strata::sha256(sql)) +
                "', clock_timestamp(), '" + name + "', NULL, NULL, clock_timestamp(), 1)");
  };
  project.ask(
      "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at "
      "TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at "
      "TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)");
  by_prisma("20260101000000_first", first);
  const Arguments folder{"--migrations", "prisma/migrations"};
  plan(project, folder);
  CHECK(contains(project.strata({"plan", "show", "a.plan"}).out, "adopts    base/20260101000000_first"));
  SECTION("it did nothing") {
    SECTION("undisturbed") {}
    SECTION("killed after the adoption") {
      REQUIRE(carry_out(project, folder, {{"STRATA_TEST_KILL_AT", "adopted"}}).signal == SIGKILL);
    }
    check_applies(project, folder);
    CHECK(project.ask("SELECT count(*) FROM strata.migration") == "3");
  }
  SECTION("it applied one more") {
    by_prisma("20260102000000_second", second);
    check_refused(project,
                  {"the migrations and the state moved",
                   "base/20260102000000_second was applied by prisma migrate, which the plan does not know"},
                  folder);
  }
  SECTION("its table lost one") {
    project.ask("DELETE FROM _prisma_migrations");
    check_refused(project, {"base/20260101000000_first, which the plan takes over from prisma migrate"}, folder);
  }
}
