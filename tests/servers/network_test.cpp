// A node that vanishes: its network goes silent, and nobody is told. In network namespaces of this test's own, so that
// nothing is seen outside.
#include "tests/support/project.h"

#include <sched.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <iostream>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

bool works(const Arguments& command) {
  return run(command).exit_code == 0;
}

// A second node behind a cable that can be pulled. This process, and the server that it starts, are the first: both
// leave the machine's network for good.
class Node {
 public:
  static bool is_possible(const char* test) {
    static const bool possible = geteuid() == 0 && works({"sh", "-c", "command -v ip && command -v nsenter"}) &&
                                 works({"unshare", "--net", "ip", "link", "add", "type", "veth"}) &&
                                 unshare(CLONE_NEWNET) == 0 && works({"ip", "link", "set", "lo", "up"});
    if (!possible) std::cerr << "SKIPPED: " << test << " (needs root, network namespaces, and ip of iproute2)\n";
    return possible;
  }

  Node() : holder_({"unshare", "--net", "sleep", "600"}, {.timeout = std::chrono::minutes(10)}) {
    const auto own = fs::read_symlink("/proc/self/ns/net");
    const auto there = "/proc/" + std::to_string(holder_.pid()) + "/ns/net";
    while (fs::read_symlink(there) == own) std::this_thread::sleep_for(milliseconds(2));
    REQUIRE(works({"ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable2"}));
    REQUIRE(works({"ip", "link", "set", "cable2", "netns", std::to_string(holder_.pid())}));
    REQUIRE(works({"ip", "address", "add", "10.213.0.1/24", "dev", "cable"}));
    REQUIRE(works(there_({"ip", "address", "add", "10.213.0.2/24", "dev", "cable2"})));
    REQUIRE(works({"ip", "link", "set", "cable", "up"}));
    REQUIRE(works(there_({"ip", "link", "set", "cable2", "up"})));
  }

  void pull_cable() { REQUIRE(works({"ip", "link", "set", "cable", "down"})); }
  void plug_in() { REQUIRE(works({"ip", "link", "set", "cable", "up"})); }

  std::unique_ptr<Process> start(const Project& project, Arguments arguments, Environment environment = {}) {
    arguments.insert(arguments.begin(), STRATA_PROGRAM);
    return std::make_unique<Process>(
        there_(std::move(arguments)),
        ProcessOptions{.cwd = project.root(), .env = std::move(environment), .timeout = std::chrono::minutes(3)});
  }

 private:
  Arguments there_(Arguments command) const {
    command.insert(command.begin(), {"nsenter", "--target", std::to_string(holder_.pid()), "--net"});
    return command;
  }
  Process holder_;
};

}  // namespace

TEST_CASE(
    "network: the node that holds the lock vanishes: the lock is free within 30 s, and its silence is told; the "
    "node itself gives up with 69",
    "[servers]") {
  if (!PostgresServer::is_available()) return;
  if (!Node::is_possible("network: the node that holds the lock vanishes")) return;
  Node node;
  PostgresServer server({"-c", "listen_addresses=10.213.0.1"});
  std::ofstream(server.data_folder() / "pg_hba.conf", std::ios::app) << "host all all 10.213.0.0/24 trust\n";
  ask(server.url(), "SELECT pg_reload_conf()");
  const auto from_there = [&](const Project& project) {
    return "postgresql://postgres@10.213.0.1:5432/" + name_in(project.url());
  };

  // One is between two statements of its transaction, one in a statement of the server's.
  Project idle(server.create_database());
  Project busy(server.create_database());
  for (const auto* project : {&idle, &busy}) {
    project->migration("base/20260101000000_effects",
                       "CREATE TABLE effect (name text);\nCREATE TABLE pace AS SELECT 300::float AS seconds;");
    REQUIRE(project->strata({"deploy"}).exit_code == 0);
  }
  idle.migration("shop/20260102000000_step", "INSERT INTO effect VALUES ('once');");
  busy.migration("shop/20260102000000_step",
                 "INSERT INTO effect VALUES ('once');\nSELECT pg_sleep(seconds) FROM pace;");
  const auto pause = idle.root() / "paused";
  const auto idle_run = node.start(idle, {"deploy", "--url", from_there(idle), "--connect-timeout", "2s"},
                                   {{"STRATA_TEST_PAUSE_AT", "claimed"}, {"STRATA_TEST_PAUSE_FILE", pause.string()}});
  const auto busy_run = node.start(busy, {"deploy", "--url", from_there(busy), "--connect-timeout", "2s"});
  Database look(busy.url());
  REQUIRE(look.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'"));
  while (!fs::exists(pause) && idle_run->is_running()) std::this_thread::sleep_for(milliseconds(2));
  REQUIRE(idle_run->is_running());

  const auto doctor = node.start(idle, {"doctor", "--url", from_there(idle)})->wait();
  INFO(told(doctor));
  CHECK(contains(doctor.out, "encryption: none: whoever is on the way"));

  node.pull_cable();
  const auto pulled = Clock::now();
  fs::remove(pause);
  look.ask("UPDATE pace SET seconds = 0");
  const auto idle_waiter = idle.start({"deploy", "--ledger", "waiter.db"});
  const auto busy_waiter = busy.start({"deploy", "--ledger", "waiter.db"});
  const auto after_idle = idle_waiter->wait();
  const auto after_busy = busy_waiter->wait();
  const auto free_after = std::chrono::duration_cast<seconds>(Clock::now() - pulled);
  INFO("free after " << free_after.count() << " s");
  CHECK(free_after < seconds(45));  // 30, and what a busy machine takes for the rest
  for (const auto* result : {&after_idle, &after_busy}) {
    INFO(told(*result));
    CHECK(result->exit_code == 0);
    CHECK(contains(result->err, "waiting for another run of strata: pid "));
    CHECK(contains(result->err, "10.213.0.2"));
    CHECK(contains(result->out, "applied: 1 step"));
  }
  CHECK(contains(after_idle.err, "silent for"));
  CHECK(contains(after_busy.err, "in a statement for"));

  for (auto* run : {idle_run.get(), busy_run.get()}) {
    const auto result = run->wait();
    INFO(told(result));
    CHECK(result.exit_code == 69);
    CHECK(contains(result.err, "the outcome of shop/20260102000000_step is unknown"));
    CHECK(Clock::now() - pulled < seconds(75));
  }
  node.plug_in();
  for (const auto* project : {&idle, &busy}) {
    heal(*project);
    CHECK(project->ask("SELECT count(*) FROM effect") == "1");
  }
}
