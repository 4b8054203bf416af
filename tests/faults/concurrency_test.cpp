// Many runners at once, and what stands between them and the server.
#include "tests/support/project.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

using std::chrono::milliseconds;

void write_counted(const Project& project) {
  project.migration("base/20260101000000_effects", "CREATE TABLE effect (name text);");
  for (int i = 1; i <= 5; ++i) {
    const auto number = std::to_string(i);
    project.migration("shop/2026010" + number + "120000_step", "INSERT INTO effect VALUES ('step " + number + "');");
  }
  project.migration("shop/20260109000000_index",
                    "-- strata: no-transaction\nINSERT INTO effect VALUES ('index');\nCREATE INDEX CONCURRENTLY "
                    "effect_name ON effect (name);");
}

void check_done_once(const Project& project) {
  CHECK(project.ask("SELECT count(*), count(DISTINCT name) FROM effect") == "6|6");
  CHECK(project.ask("SELECT count(*), count(DISTINCT subject) FROM strata.event WHERE kind = 'applied'") == "7|7");
  CHECK(project.ask("SELECT bool_and(indisvalid), count(*) FROM pg_index WHERE indrelid = 'effect'::regclass") ==
        "t|1");
}

}  // namespace

TEST_CASE("concurrency: runners that share one ledger do not spoil it", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_counted(project);
  std::vector<std::unique_ptr<Process>> runners;
  for (int i = 0; i < 6; ++i) {
    runners.push_back(project.start({"deploy"}));
    runners.push_back(project.start({"status"}));  // looks without the lock, and leaves what it saw in the ledger
  }
  for (auto& runner : runners) {
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
  }
  check_done_once(project);
  heal(project);
}

TEST_CASE("concurrency: a runner that waits is in no concurrent index build's way", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  Database old_one(project.url());
  old_one.ask("BEGIN; INSERT INTO item VALUES (1)");
  const auto builder = project.start({"deploy", "--ledger", "builder.db"});
  Database database(project.url());
  REQUIRE(
      database.wait_until("SELECT count(*) = 1 FROM pg_stat_progress_create_index WHERE datname = current_database()"));
  const auto waiter = project.start({"deploy", "--ledger", "waiter.db"});
  while (!contains(waiter->err(), "waiting for another run") && waiter->is_running())
    std::this_thread::sleep_for(milliseconds(2));
  CHECK(database.ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name "
                     "LIKE 'strata deploy%' "
                     "AND backend_xmin IS NOT NULL AND state <> 'active'") == "0");
  old_one.ask("COMMIT");
  for (const auto& runner : {builder.get(), waiter.get()}) {
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
  }
  CHECK(database.ask("SELECT indisvalid FROM pg_index WHERE indrelid = 'item'::regclass") == "t");
}

TEST_CASE("concurrency: a runner whose connection is ended while it waits for the lock waits on with another",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_counted(project);
  Database holder(project.url());
  holder.ask("SELECT pg_advisory_lock(" + run_lock_text() + ")");
  const auto waiter = project.start({"deploy"});
  for (int breaks = 1; breaks <= 2; ++breaks) {
    while (!contains(waiter->err(), "waiting for another run") && waiter->is_running())
      std::this_thread::sleep_for(milliseconds(2));
    CHECK(
        holder.wait_until("SELECT count(pg_terminate_backend(pid)) = 1 FROM pg_stat_activity WHERE datname = "
                          "current_database() AND application_name LIKE 'strata deploy%'"));
  }
  holder.ask("SELECT pg_advisory_unlock(" + run_lock_text() + ")");
  const auto result = waiter->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "the connection broke before anything was applied; beginning again"));
  check_done_once(project);
  check_settled(project);
}

TEST_CASE("concurrency: a lock that stays held is given up with 75, naming its holder", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_counted(project);
  Database holder(project.url());
  holder.ask("SET application_name = 'somebody'; SELECT pg_advisory_lock(" + run_lock_text() + ")");
  const auto result = project.strata({"deploy", "--lock-wait", "500ms"});
  INFO(told(result));
  CHECK(result.exit_code == 75);
  CHECK(contains(result.err, "another run holds the lock of this database"));
  CHECK(contains(result.err, "pid " + holder.ask("SELECT pg_backend_pid()")));
  CHECK(contains(result.err, "'somebody'"));
  CHECK(contains(result.err, "--lock-wait"));
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
}

namespace {

// A pgbouncer in front of the shared server, reached by a unix socket.
class Bouncer {
 public:
  explicit Bouncer(const std::string& mode) {
    uid_t uid = 0;
    gid_t gid = 0;
    if (geteuid() == 0) {  // which it refuses to run as
      const passwd* user = getpwnam("postgres");
      if (user == nullptr) user = getpwnam("nobody");
      uid = user->pw_uid;
      gid = user->pw_gid;
    }
    folder_.write("users.txt", "\"postgres\" \"\"\n");
    const auto config = folder_.write(
        "pgbouncer.ini",
        "[databases]\n* = host=" + PostgresServer::shared().socket_folder().string() + " port=5432\n[pgbouncer]\n" +
            "listen_addr =\nlisten_port = 6432\nunix_socket_dir = " + folder_.path().string() +
            "\nauth_type = trust\nauth_file = " + (folder_.path() / "users.txt").string() + "\npool_mode = " + mode +
            "\nignore_startup_parameters = extra_float_digits\nserver_idle_timeout = 5\n");
    if (uid != 0) {
      for (const auto& entry : fs::directory_iterator(folder_.path()))
        CHECK(chown(entry.path().c_str(), uid, gid) == 0);
      CHECK(chown(folder_.path().c_str(), uid, gid) == 0);
    }
    process_ = std::make_unique<Process>(
        Arguments{"pgbouncer", config},
        ProcessOptions{.cwd = "/", .timeout = std::chrono::minutes(5), .uid = uid, .gid = gid});
    for (int i = 0; i < 1'000 && !fs::exists(folder_.path() / ".s.PGSQL.6432"); ++i)
      std::this_thread::sleep_for(milliseconds(5));
    INFO(process_->err());
    REQUIRE(process_->is_running());
  }

  std::string url_of(const std::string& direct) const {
    const auto begin = direct.find("///") + 3;
    return "postgresql:///" + direct.substr(begin, direct.find('?') - begin) + "?host=" + folder_.path().string() +
           "&port=6432&user=postgres";
  }

 private:
  TempDir folder_;
  std::unique_ptr<Process> process_;
};

bool has_bouncer(const char* what) {
  if (run({"sh", "-c", "command -v pgbouncer"}, {.env = {{"PATH", "/usr/sbin:/usr/bin:/bin"}}}).exit_code == 0)
    return true;
  std::cerr << "SKIPPED: " << what << " (pgbouncer is not installed)\n";
  return false;
}

}  // namespace

TEST_CASE("concurrency: a pooler in transaction mode is refused, with what to do instead", "[faults]") {
  if (!PostgresServer::is_available() || !has_bouncer("concurrency: a pooler in transaction mode is refused")) return;
  for (const std::string mode : {"transaction", "statement"}) {
    const Bouncer bouncer(mode);
    Project project;
    write_counted(project);
    const auto direct = project.url();
    project.set_url(bouncer.url_of(direct));
    const auto result = project.strata({"deploy"});
    INFO(mode << ": " << told(result));
    CHECK(result.exit_code == 78);
    CHECK(contains(result.err, "pooler"));
    CHECK(contains(result.err, "direct address"));
    CHECK(contains(result.err, "usually 5432"));
    const auto doctor = project.strata({"doctor"});
    INFO(told(doctor));
    CHECK(doctor.exit_code == 78);
    CHECK(contains(doctor.out, "pooler"));
    CHECK(ask(direct, "SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
  }
}

TEST_CASE("concurrency: a pooler in session mode works, and is mentioned", "[faults]") {
  if (!PostgresServer::is_available() || !has_bouncer("concurrency: a pooler in session mode works")) return;
  const Bouncer bouncer("session");
  Project project;
  write_counted(project);
  const auto direct = project.url();
  project.set_url(bouncer.url_of(direct));
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "connected through a pooler in session mode"));
  const auto doctor = project.strata({"doctor"});
  INFO(told(doctor));
  CHECK(doctor.exit_code == 0);
  CHECK(contains(doctor.out, "a pooler in session mode"));
  // The backend goes back to the pool and lives on: the lock must not live on with it.
  heal(project);
  project.set_url(direct);
  heal(project);
  check_done_once(project);
}
