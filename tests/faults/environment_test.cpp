// A machine that is worse than one would wish: its memory, clock, locale, disks and other users.
#include "tests/support/project.h"

#include <sys/stat.h>
#include <csignal>
#include <fstream>
#include <iostream>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

#ifndef __SANITIZE_ADDRESS__  // it has an allocator of its own, and wants to be the first library
// The environment with the shim before everything else.
Environment worse(Environment environment) {
  environment["LD_PRELOAD"] = STRATA_SHIM;
  return environment;
}
#endif

void write_shop(const Project& project) {
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  project.migration("shop/20260102000000_items",
                    "-- strata: needs base/20260101000000_effects\nINSERT INTO effect VALUES ('items');\nCREATE TABLE "
                    "item (id int);");
  project.migration("shop/20260103000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  project.repeatable("shop/ids", "CREATE OR REPLACE VIEW ids AS SELECT id FROM item;");
}

}  // namespace

#ifndef __SANITIZE_ADDRESS__
TEST_CASE("environment: memory that ends where nothing may be thrown is told as such", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_shop(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto count = project.root() / "count";
  const Arguments command{"plan", "--offline", "--json"};
  REQUIRE(project.strata(command, worse({{"STRATA_SHIM_COUNT", count.string()}})).exit_code == 0);
  long total = 0;
  std::ifstream(count) >> total;
  REQUIRE(total > 2'000);
  // At its end the document is taken apart again: in destructors, which allocate.
  for (long at = total - 200; at <= total; ++at) {
    const auto result = project.strata(command, worse({{"STRATA_SHIM_FAIL_ALLOCATION", std::to_string(at)}}));
    INFO("allocation " << at << " of " << total << "\n" << told(result));
    CHECK(result.signal == 0);
    if (result.exit_code != 0) {
      CHECK(result.exit_code == 69);
      CHECK(contains(result.err, "out of memory"));
    }
  }
}

TEST_CASE("environment: a clock that was set back changes no order, and the ledger says so", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  project.migration("shop/20260101000000_a", "CREATE TABLE a (id int);");
  const auto year_ahead = worse({{"STRATA_SHIM_CLOCK", std::to_string(400 * 86'400)}});
  REQUIRE(project.strata({"deploy"}, year_ahead).exit_code == 0);
  project.migration("shop/20260102000000_b", "CREATE TABLE b (id int);");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "went back"));
  check_settled(project);
  int observed = 0;
  const auto log = project.json({"audit", "log"});
  for (const auto& event : log.at("events")) observed += event.at("kind") == "observed";
  CHECK(observed == 1);
  CHECK(project.strata({"plan", "--offline"}).exit_code == 0);
  CHECK(project.ask("SELECT string_agg(name, ' ' ORDER BY position) FROM strata.migration") ==
        "20260101000000_a 20260102000000_b");
}

TEST_CASE("environment: a ledger on a network file system is warned about, and doctor refuses it", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_shop(project);
  const auto on_nfs = worse({{"STRATA_SHIM_FILE_SYSTEM", "0x6969"}});
  const auto deployed = project.strata({"deploy"}, on_nfs);
  INFO(told(deployed));
  CHECK(deployed.exit_code == 0);
  CHECK(contains(deployed.err, "lies on NFS"));
  const auto doctor = project.strata({"doctor"}, on_nfs);
  INFO(told(doctor));
  CHECK(doctor.exit_code == 65);
  CHECK(contains(doctor.out, "lies on NFS"));
  CHECK_FALSE(contains(project.strata({"deploy"}).err, "lies on"));
}
#endif

TEST_CASE("environment: an OpenSSL that is set up without its providers is named, and is no bug of strata",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_shop(project);
  project.write("openssl.cnf",
                "openssl_conf = all\n[all]\nproviders = some\n[some]\nlegacy = it\n[it]\nactivate = 1\n");
  const auto result = project.strata({"deploy"}, {{"OPENSSL_CONF", (project.root() / "openssl.cnf").string()}});
  INFO(told(result));
  CHECK(result.exit_code == 69);
  CHECK(contains(result.err, "OpenSSL cannot make a SHA-256"));
  CHECK(contains(result.err, "OPENSSL_CONF"));
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
}

TEST_CASE("environment: time zone, locale and umask change neither what is done nor what is written", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_shop(project);
  const Environment odd{{"TZ", "Pacific/Chatham"}, {"LC_ALL", "tr_TR.UTF-8"}, {"LANG", "tr_TR.UTF-8"}};
  const auto result =
      run({"sh", "-c", "umask 000; exec \"$@\"", "sh", STRATA_PROGRAM, "deploy", "--json", "--url", project.url()},
          {.cwd = project.root(), .env = odd});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  check_settled(project);
  struct stat ledger {};
  REQUIRE(stat(project.ledger().c_str(), &ledger) == 0);
  CHECK((ledger.st_mode & 0777) == 0600);
  const auto log = nlohmann::json::parse(project.strata({"audit", "log", "--json"}, odd).out);
  REQUIRE(log.at("events").size() > 5);
  for (const auto& event : log.at("events")) {
    const auto at = event.at("at").get<std::string>();
    CHECK(at.size() == 24);
    CHECK(at.back() == 'Z');
  }
}

TEST_CASE("environment: a crash leaves no core dump, unless it is asked for", "[faults]") {
  const Project project("");
  const auto crash = [&](const std::string& option) {
    const auto script =
        "ulimit -c unlimited; \"$1\" wait --module shop --timeout 1min --url postgresql://127.0.0.1:1/x "
        "--connect-timeout 1min " +
        option + " & sleep 0.3; kill -SEGV $!; wait $!";
    return run({"bash", "-c", script, "bash", STRATA_PROGRAM}, {.cwd = project.root()});
  };
#ifndef __SANITIZE_ADDRESS__
  const auto guarded = crash("");
  INFO(told(guarded));
  CHECK(contains(guarded.err, "Segmentation fault"));
  CHECK_FALSE(contains(guarded.err, "core dumped"));
  const auto open = crash("--allow-core");
  INFO(told(open));
  if (!contains(open.err, "core dumped")) std::cerr << "SKIPPED, --allow-core: this machine lets nobody dump core\n";
#endif
}

TEST_CASE("environment: a password file that others may read is refused with the chmod, 77", "[faults]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  write_shop(project);
  const auto file = project.write("pgpass", "*:*:*:*:secret\n");
  for (const auto& [mode, exit_code] : {std::pair{0644, 77}, {0640, 77}, {0600, 0}}) {
    fs::permissions(file, static_cast<fs::perms>(mode));
    const auto result = project.strata({"deploy"}, {{"PGPASSFILE", file.string()}});
    INFO(told(result));
    CHECK(result.exit_code == exit_code);
    CHECK(contains(result.err, "chmod 600") == (exit_code == 77));
  }
}
