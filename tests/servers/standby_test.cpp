// A standby of Postgres: what is not done on it, and what a failover that lost the last commits leads to.
#include "tests/support/project.h"

#include <thread>

using namespace strata::test;

namespace {

using std::chrono::milliseconds;

void write_two(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_more", "INSERT INTO item VALUES (1);");
}

void wait_for_standby(const PostgresServer& primary) {
  REQUIRE(Database(primary.url())
              .wait_until("SELECT count(*) = 1 FROM pg_stat_replication WHERE replay_lsn >= "
                          "pg_current_wal_flush_lsn()"));
}

// Of one database on either server, as a connection string with both hosts says it.
std::string url_of_both(const PostgresServer& primary, const PostgresServer& standby, const std::string& database) {
  return "postgresql:///" + database + "?host=" + primary.socket_folder().string() + "," +
         standby.socket_folder().string() + "&user=postgres&target_session_attrs=read-write";
}

}  // namespace

TEST_CASE("standby: it is read from, and never migrated: 69; a role that may only read is 78", "[servers]") {
  if (!PostgresServer::is_available()) return;
  PostgresServer primary;
  Project project(primary.create_database());
  write_two(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const PostgresServer standby(ServerOptions{.primary = &primary});
  wait_for_standby(primary);
  const auto database = name_in(project.url());

  project.set_url(standby.url_of(database));
  CHECK(project.ask("SELECT pg_is_in_recovery()") == "t");
  for (const Arguments& command : std::vector<Arguments>{{"deploy"}, {"down"}, {"baseline"}}) {
    auto with_limit = command;
    with_limit.insert(with_limit.end(), {"--connect-timeout", "1s"});
    const auto result = project.strata(with_limit);
    INFO(told(result));
    CHECK(result.exit_code == 69);
    CHECK(contains(result.err, "is a standby"));
    CHECK(contains(result.err, "trying again"));
    CHECK(contains(result.err, "name the primary"));
  }
  CHECK(project.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == "0");
  CHECK(project.json({"plan"})["steps"].size() == 1);
  const auto status = project.strata({"status", "--exit-code"});
  INFO(told(status));
  CHECK(status.exit_code == 2);
  const auto verified = project.strata({"audit", "verify"});
  INFO(told(verified));
  CHECK(verified.exit_code == 0);
  const auto doctor = project.strata({"doctor"});
  INFO(told(doctor));
  CHECK(doctor.exit_code == 69);
  CHECK(contains(doctor.out, "this is a standby"));

  project.set_url(primary.url_of(database));
  project.ask("ALTER DATABASE " + database + " SET default_transaction_read_only = on");
  const auto read_only = project.strata({"deploy"});
  INFO(told(read_only));
  CHECK(read_only.exit_code == 78);
  CHECK(contains(read_only.err, "default_transaction_read_only"));
  ask(primary.url(), "ALTER DATABASE " + database + " RESET default_transaction_read_only");
  heal(project);
}

TEST_CASE("standby: one that is promoted within the time for connecting is migrated then", "[servers]") {
  if (!PostgresServer::is_available()) return;
  PostgresServer primary;
  Project project(primary.create_database());
  write_two(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const PostgresServer standby(ServerOptions{.primary = &primary});
  wait_for_standby(primary);
  project.set_url(standby.url_of(name_in(project.url())));
  const auto process = project.start({"deploy"});
  while (!contains(process->err(), "is a standby") && process->is_running())
    std::this_thread::sleep_for(milliseconds(5));
  primary.stop();
  CHECK(ask(standby.url(), "SELECT pg_promote()") == "t");
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "applied: 1 step"));
  check_settled(project);
  CHECK(project.ask("SELECT count(*) FROM item") == "1");
}

TEST_CASE("standby: a failover that lost what the ledger knows needs a person, and nothing is applied again",
          "[servers]") {
  if (!PostgresServer::is_available()) return;
  PostgresServer primary;
  Project project(primary.create_database());
  write_two(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  PostgresServer standby(ServerOptions{.primary = &primary});
  wait_for_standby(primary);
  standby.stop();
  heal(project);
  primary.stop_immediate();
  standby.start();
  CHECK(ask(standby.url(), "SELECT pg_promote()") == "t");

  project.set_url(standby.url_of(name_in(project.url())));
  const auto before = project.dump();
  for (const Arguments& command : std::vector<Arguments>{{"deploy"}, {"plan"}, {"status"}}) {
    const auto result = project.strata(command);
    INFO(told(result));
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, "the database lost 1 event"));
    CHECK(contains(result.err, "a failover?"));
    CHECK(contains(result.err, "shop/20260102000000_more (applied, event 3)"));
    CHECK(contains(result.err, "strata audit pull --replace"));
  }
  CHECK(project.strata({"audit", "verify"}).exit_code == 65);
  CHECK(project.dump() == before);

  SECTION("a person says that it was lost") {
    REQUIRE(project.strata({"audit", "pull", "--replace"}).exit_code == 0);
    heal(project);
  }
  SECTION("a pod with a ledger of its own knows nothing of it, and applies it") {
    const auto other = project.strata({"deploy", "--ledger", "other.db"});
    INFO(told(other));
    CHECK(other.exit_code == 0);
    CHECK(contains(other.out, "applied: 1 step"));
    // Now the histories have gone different ways.
    CHECK(project.strata({"deploy"}).exit_code == 65);
    CHECK(project.strata({"audit", "verify"}).exit_code == 65);
  }
  CHECK(project.ask("SELECT count(*) FROM item") == "1");
}

TEST_CASE("standby: a failover in the middle of a run", "[servers]") {
  if (!PostgresServer::is_available()) return;
  const bool knows_more = GENERATE(false, true);
  INFO((knows_more ? "lost what an earlier run had done" : "lost only what this run did"));
  PostgresServer primary;
  Project project(primary.create_database());
  write_two(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  PostgresServer standby(ServerOptions{.primary = &primary});
  wait_for_standby(primary);
  standby.stop();
  if (knows_more) REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260103000000_next", "INSERT INTO item VALUES (2);");
  project.migration("shop/20260104000000_last", "INSERT INTO item VALUES (3);");

  const auto database = name_in(project.url());
  project.set_url(url_of_both(primary, standby, database));
  const auto file = project.root() / "paused";
  const auto process =
      project.start({"deploy"}, {{"STRATA_TEST_PAUSE_AT", "committed"}, {"STRATA_TEST_PAUSE_FILE", file.string()}});
  while (!std::filesystem::exists(file) && process->is_running()) std::this_thread::sleep_for(milliseconds(2));
  primary.stop_immediate();
  standby.start();
  CHECK(ask(standby.url(), "SELECT pg_promote()") == "t");
  std::filesystem::remove(file);
  const auto result = process->wait();
  INFO(told(result));
  project.set_url(standby.url_of(database));
  if (knows_more) {
    CHECK(result.exit_code == 3);
    CHECK(contains(result.err, "the database lost 1 event"));
    CHECK(contains(result.err, "shop/20260102000000_more"));
    CHECK(project.ask("SELECT count(*) FROM item") == "0");
    REQUIRE(project.strata({"audit", "pull", "--replace"}).exit_code == 0);
  } else {
    CHECK(result.exit_code == 0);
  }
  heal(project);
  CHECK(project.ask("SELECT string_agg(id::text, ', ' ORDER BY id) FROM item") == "1, 2, 3");
}
