// Many databases, one command.
#include "tests/support/metrics.h"
#include "tests/support/project.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

constexpr int size = 9;

std::string name_of(int number) {
  return "tenant-" + std::to_string(number);
}

// A project without a database of its own, a file of targets, and their URLs.
struct Fleet {
  Project project{""};
  std::vector<std::string> urls;

  Fleet() {
    for (int i = 0; i < size; ++i) urls.push_back(PostgresServer::shared().create_database());
    write();
    project.migration("shop/20260101000000_items",
                      "CREATE TABLE item (id int PRIMARY KEY);\nINSERT INTO item VALUES (1);");
    project.migration("shop/20260102000000_slow", "SELECT pg_sleep(0.1);\nCREATE TABLE effect ();\n");
  }
  void write() const {
    std::string text;
    for (int i = 0; i < size; ++i) text += "[target." + name_of(i) + "]\nurl = \"" + urls[i] + "\"\n";
    project.write("targets.toml", text);
  }
  Arguments command(Arguments more = {}) const {
    Arguments all{"deploy", "--fleet", "targets.toml"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // How many are at the end of the migrations, each of which ran once.
  int finished() const {
    int count = 0;
    for (const auto& url : urls) {
      if (ask(url, "SELECT count(*) FROM pg_class WHERE relname = 'effect'") != "1") continue;
      CHECK(ask(url, "SELECT count(*) FROM item") == "1");
      CHECK(ask(url, "SELECT count(*) FROM strata.migration WHERE state = 'applied'") == "2");
      ++count;
    }
    return count;
  }
};

}  // namespace

TEST_CASE("fleet: every target is brought to the same state, and again there is nothing to do", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  const auto first = fleet.project.strata(fleet.command({"--parallel", "3"}));
  INFO(told(first));
  CHECK(first.exit_code == 0);
  CHECK(contains(first.out, "tenant-8  applied, 2 steps in "));
  CHECK(contains(first.out, "done: 9 of 9 targets in "));
  CHECK(fleet.finished() == size);
  const auto again = fleet.project.json(fleet.command());
  CHECK(again["exit_code"] == 0);
  CHECK(again["targets"].size() == size);
  for (const auto& target : again["targets"]) CHECK(target["outcome"] == "nothing to do");
  // The ledger knows of each what became of it, and can plan for it.
  for (int i = 0; i < size; ++i)
    CHECK(fleet.project.json({"plan", "--offline", "--target", name_of(i)})["steps"].empty());
  CHECK(fleet.project.strata({"audit", "verify", "--offline"}).exit_code == 0);
}

TEST_CASE("fleet: a canary that fails stops everything else, and --max-failures stops what comes later", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  ask(fleet.urls[1], "CREATE TABLE effect ()");  // there the second migration fails
  const auto canary = fleet.project.json(fleet.command({"--canary", "2"}), 1);
  CHECK(canary["targets"].size() == 2);
  CHECK(canary["targets"][1]["outcome"] == "failed");
  CHECK(contains(canary["targets"][1]["error"], "relation \"effect\" already exists"));
  CHECK(canary["not_begun"].size() == 7);

  ask(fleet.urls[4], "CREATE TABLE effect ()");
  const auto one = fleet.project.json(fleet.command({"--parallel", "1"}), 1);
  CHECK(one["targets"].size() == 2);
  const auto two = fleet.project.json(fleet.command({"--parallel", "1", "--max-failures", "2"}), 1);
  CHECK(two["targets"].size() == 5);
  CHECK(two["not_begun"].size() == 4);
  const auto people = fleet.project.strata(fleet.command({"--max-failures", "9"}));
  INFO(told(people));
  CHECK(people.exit_code == 1);
  CHECK(contains(people.out, "stopped: 7 of 9 targets in "));
  CHECK(contains(people.out, "tenant-4  failed"));
  for (const int broken : {1, 4}) ask(fleet.urls[broken], "DROP TABLE effect");
  CHECK(fleet.project.strata(fleet.command()).exit_code == 0);
  CHECK(fleet.finished() == size);
}

TEST_CASE("fleet: --metrics-file has every target's numbers, family by family, and those of the whole", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  ask(fleet.urls[1], "CREATE TABLE effect ()");  // there the second migration fails
  CHECK(fleet.project.strata(fleet.command({"--parallel", "1", "--metrics-file", "fleet.prom"})).exit_code == 1);
  const auto text = bytes_of(fleet.project.root() / "fleet.prom");
  INFO(text);
  for (const std::string line :
       {"strata_fleet_exit_code 1", "strata_fleet_targets{state=\"done\"} 1",
        "strata_fleet_targets{state=\"failed\"} 1", "strata_fleet_targets{state=\"not_begun\"} 7",
        "strata_run_outcome{target=\"tenant-0\",outcome=\"applied\"} 1",
        "strata_run_outcome{target=\"tenant-1\",outcome=\"failed\"} 1", "strata_run_exit_code{target=\"tenant-1\"} 1",
        "strata_migrations_applied{target=\"tenant-0\"} 2", "strata_migrations_applied{target=\"tenant-1\"} 1",
        "strata_migrations_pending{target=\"tenant-1\"} 1", "strata_migrations_failed{target=\"tenant-0\"} 0",
        "strata_migrations_failed{target=\"tenant-1\"} 1", "strata_run_lock_waits{target=\"tenant-0\"} 0"}) {
    INFO(line);
    CHECK(contains("\n" + text, "\n" + line + "\n"));
  }
  CHECK(contains(text, "strata_migration_duration_seconds{target=\"tenant-0\",module=\"shop\",migration="));
  CHECK(is_in_families(text));
  // Refused before anybody was begun.
  fleet.project.write("targets.toml", "[target.gone]\n");
  CHECK(fleet.project.strata(fleet.command({"--metrics-file", "fleet.prom"})).exit_code == 78);
  CHECK(contains(bytes_of(fleet.project.root() / "fleet.prom"), "\nstrata_fleet_exit_code 78\n"));
}

TEST_CASE("fleet: its log says how each ended, and what troubles one while it works", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  Database holder(fleet.urls[2]);
  holder.ask("BEGIN; CREATE TABLE item (id int)");  // whoever creates it too waits for this transaction's end
  fleet.project.migration("shop/20260101000000_items",
                          "-- strata: lock-timeout 50ms\nCREATE TABLE item (id int PRIMARY KEY);\n"
                          "INSERT INTO item VALUES (1);");
  ask(fleet.urls[5], "CREATE TABLE effect ()");
  auto process = fleet.project.start(fleet.command({"--json", "--log-format", "json", "--max-failures", "9"}));
  for (int i = 0; i < 1'000 && !contains(process->err(), "next try in"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  holder.ask("ROLLBACK");
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 1);
  std::istringstream lines(result.err);
  std::vector<std::string> troubled;
  std::set<std::string> ended;
  for (std::string line; std::getline(lines, line);) {
    const auto entry = nlohmann::json::parse(line);
    const auto message = entry["message"].get<std::string>();
    if (entry["level"] == "warning") troubled.push_back(message);
    if (contains(message, " in ") && entry["level"] != "warning") ended.insert(message.substr(0, message.find(' ')));
    CHECK((entry["level"] == "error") == message.starts_with("tenant-5  failed, 1 step in "));
  }
  CHECK(ended.size() == size);
  REQUIRE_FALSE(troubled.empty());
  CHECK(troubled.front().starts_with("tenant-2: shop/20260101000000_items: "));
}

TEST_CASE("fleet: killed in the middle it leaves nobody at work, and the next one does what is not done", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  auto killed = fleet.project.start(fleet.command({"--parallel", "3"}));
  for (int i = 0; i < 500 && !contains(killed->out(), "applied"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  killed->kill(SIGKILL);
  killed->wait();
  Database looker(PostgresServer::shared().url());
  CHECK(looker.wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'strata deploy%'"));
  CHECK(fleet.finished() < size);
  CHECK(fleet.project.strata(fleet.command({"--parallel", "3"})).exit_code == 0);
  CHECK(fleet.finished() == size);
}

TEST_CASE("fleet: stopped by a signal it tells its children, waits for them, and says what was not begun", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  auto stopped = fleet.project.start(fleet.command({"--parallel", "2"}));
  for (int i = 0; i < 500 && !contains(stopped->out(), "applied"); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  stopped->kill(SIGTERM);
  const auto ended = stopped->wait();
  INFO(told(ended));
  CHECK(ended.exit_code == 143);
  CHECK(contains(ended.out, "not begun"));
  CHECK(fleet.project.strata(fleet.command()).exit_code == 0);
  CHECK(fleet.finished() == size);
}

TEST_CASE("fleet: a parent that ignores its children's ends does not turn a failure into success", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  ask(fleet.urls[1], "CREATE TABLE effect ()");
  const auto result =
      fleet.project.start_under({"env", "--ignore-signal=CHLD"}, fleet.command({"--parallel", "1"}))->wait();
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.out, "stopped: 1 of 9 targets in "));
}

TEST_CASE("fleet: a signal to its whole process group reaches each child once, by its parent", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  fleet.project.migration("shop/20260102000000_slow", "SELECT pg_sleep(60);\nCREATE TABLE effect ();\n");
  const auto process = fleet.project.start(fleet.command({"--json", "--parallel", "3"}));
  Database looker(PostgresServer::shared().url());
  REQUIRE(
      looker.wait_until("SELECT count(*) = 3 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND application_name "
                        "LIKE 'strata deploy%'"));
  ::kill(-process->pid(), SIGINT);
  const auto result = process->wait();
  INFO(told(result));
  CHECK(result.exit_code == 130);
  const auto report = nlohmann::json::parse(result.out);
  CHECK(report["targets"].size() == 3);
  for (const auto& target : report["targets"]) {
    CHECK(target["outcome"] == "stopped");
    CHECK(target["stopped_by"]["exit_code"] == 130);
  }
  CHECK(looker.wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE application_name LIKE 'strata deploy%'"));
}

TEST_CASE("fleet: a child that is killed is told as one, to be tried again; one that hangs costs no report", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  fleet.project.migration("shop/20260102000000_slow", "SELECT pg_sleep(60);\nCREATE TABLE effect ();\n");
  const auto only_child = [](const Process& process) {
    const auto pid = std::to_string(process.pid());
    for (;;) {
      std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
      if (pid_t child = 0; children >> child) return child;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  auto process = fleet.project.start(fleet.command({"--json", "--parallel", "1"}));
  ::kill(only_child(*process), SIGKILL);
  const auto killed = process->wait();
  INFO(told(killed));
  CHECK(killed.exit_code == 137);
  const auto report = nlohmann::json::parse(killed.out);
  CHECK(report["targets"][0]["outcome"] == "no report");
  CHECK(report["targets"][0]["stopped_by"]["code"] == "outcome_unknown");
  CHECK(report["targets"][0]["stopped_by"]["exit_code"] == 137);
  CHECK(report["targets"][0]["error"] == "it was ended by a signal: Killed");

  process = fleet.project.start(fleet.command({"--parallel", "1", "--metrics-file", "fleet.prom"}));
  const auto child = only_child(*process);
  Database looker(PostgresServer::shared().url());
  REQUIRE(
      looker.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND "
                        "application_name LIKE 'strata deploy%'"));
  ::kill(child, SIGSTOP);
  process->kill(SIGTERM);
  const auto hung = process->wait();
  INFO(told(hung));
  CHECK(hung.exit_code == 143);
  CHECK(contains(hung.out, "stopped: 0 of 9 targets in "));
  CHECK(contains(bytes_of(fleet.project.root() / "fleet.prom"), "strata_fleet_exit_code 143\n"));
}

TEST_CASE("fleet: where there are too few descriptors for all at once, there are fewer at once", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  const auto result =
      fleet.project.start_under({"sh", "-c", "ulimit -n 20; exec \"$@\"", "sh"}, fleet.command({"--parallel", "9"}))
          ->wait();
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(fleet.finished() == size);
}

TEST_CASE("fleet: shares together are the fleet, and a target that cannot be reached has its own exit code", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  const auto share = fleet.project.json(fleet.command({"--shard", "0/2"}))["targets"].size();
  CHECK(share > 0);
  CHECK(fleet.finished() == static_cast<int>(share));
  const auto indexed = fleet.project.strata(fleet.command({"--shard", "/2"}), {{"JOB_COMPLETION_INDEX", "1"}});
  INFO(told(indexed));
  CHECK(indexed.exit_code == 0);
  CHECK(fleet.finished() == size);
  fleet.project.write("targets.toml", "[target.gone]\nurl = \"postgresql://127.0.0.1:1/nowhere\"\n");
  const auto gone = fleet.project.json(fleet.command({"--connect-timeout", "200ms"}), 69);
  CHECK(gone["targets"][0]["exit_code"] == 69);
  CHECK(fleet.project.strata({"deploy", "--fleet", "missing.toml"}).exit_code == 78);
  CHECK(fleet.project.strata(fleet.command({"--url", "local:"})).exit_code == 64);
  CHECK(fleet.project.strata(fleet.command({"--target", "tenant-1"})).exit_code == 64);
  CHECK(fleet.project.strata(fleet.command({"--canary", "-1"})).exit_code == 64);
  // From a pipe, so that no file has to hold its URLs.
  fleet.write();
  const auto from_pipe =
      fleet.project.start_under({"sh", "-c", "cat targets.toml | \"$@\"", "sh"}, {"deploy", "--fleet", "/dev/stdin"})
          ->wait();
  INFO(told(from_pipe));
  CHECK(from_pipe.exit_code == 0);
}

TEST_CASE("fleet: in a pod it needs no disk, and its last words are the fleet's, not those of one target", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  const auto text = bytes_of(fleet.project.root() / "targets.toml");
  fleet.project.write("targets.toml", text + "[target.gone]\nurl = \"postgresql://127.0.0.1:1/nowhere\"\n");
  const auto log = (fleet.project.root() / "termination-log").string();
  const auto result = fleet.project.strata(fleet.command({"--connect-timeout", "200ms", "--max-failures", "9"}),
                                           {{"STRATA_TERMINATION_LOG", log}, {"TMPDIR", "/nowhere"}});
  INFO(told(result));
  CHECK(result.exit_code == 69);
  const auto message = bytes_of(log);
  INFO(message);
  CHECK(message.starts_with("9 of 10 targets in "));
  CHECK(contains(message, ", 1 failed\ngone  refused in "));
  CHECK(contains(message, "    next: "));
  fleet.project.write("targets.toml", "[target.gone]\n");
  CHECK(fleet.project.strata(fleet.command(), {{"STRATA_TERMINATION_LOG", log}}).exit_code == 78);
  CHECK(contains(bytes_of(log), "target 'gone' must have a url"));
}

TEST_CASE("fleet: a query names the targets, reads only, and is told apart from what it found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  const auto control = PostgresServer::shared().create_database();
  Environment environment{{"CONTROL", control}};
  ask(control, "CREATE TABLE tenant (slug text, dsn text, active bool)");
  for (int i = 0; i < size; ++i) {
    const auto variable = "TENANT_" + std::to_string(i);
    environment[variable] = fleet.urls[i];
    ask(control,
        "INSERT INTO tenant VALUES ('" + name_of(i) + "', 'env:" + variable + "', " + (i < 4 ? "true" : "false") + ")");
  }
  const auto deploy = [&](const std::string& sql) {
    fleet.project.write("targets.toml", "[query]\nurl = \"env:CONTROL\"\nsql = \"\"\"" + sql + "\"\"\"\n");
    return fleet.project.strata(fleet.command(), environment);
  };
  const auto done = deploy("SELECT slug AS name, dsn AS url FROM public.tenant WHERE active -- the others pay no more");
  INFO(told(done));
  CHECK(done.exit_code == 0);
  CHECK(fleet.finished() == 4);
  CHECK(contains(done.out, "tenant-3  applied, 2 steps in "));
  for (const std::string sql :
       {"SELECT slug FROM public.tenant", "DELETE FROM public.tenant RETURNING slug AS name, dsn AS url",
        "SELECT slug AS name, dsn AS url FROM public.tenant; DROP TABLE public.tenant",
        "SELECT slug AS name, dsn AS url FROM public.tenant WHERE false",
        "SELECT 'a' AS name, 'env:A' AS url) AS x; COMMIT; DROP TABLE public.tenant; SELECT name, url FROM (SELECT 'a' "
        "AS name, 'env:A' AS url",
        "WITH gone AS (DELETE FROM public.tenant RETURNING *) SELECT slug AS name, dsn AS url FROM gone"}) {
    const auto refused = deploy(sql);
    INFO(told(refused));
    CHECK(refused.exit_code == 78);
    CHECK(contains(refused.err, "the fleet's query"));
  }
  CHECK(ask(control, "SELECT count(*) FROM public.tenant") == std::to_string(size));
  CHECK(fleet.finished() == 4);
}

TEST_CASE("fleet: the query's database is named, reached and lost like any other", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  fleet.project.write("secrets/vault/CONTROL", PostgresServer::shared().create_database());
  fleet.project.write("secrets/vault/TENANT", fleet.urls[0]);
  const auto ask_for = [&](const std::string& sql) {
    fleet.project.write("targets.toml", "[query]\nurl = \"env:CONTROL\"\nsql = \"" + sql + "\"\n");
  };
  const auto command = fleet.command({"--secrets-dir", "secrets"});
  ask_for("SELECT 'a' AS name, 'env:TENANT' AS url");
  const auto done = fleet.project.strata(command, {{"PGHOSTADDR", "127.0.0.1"}});
  INFO(told(done));
  CHECK(done.exit_code == 0);
  CHECK(fleet.finished() == 1);
  const auto unset = fleet.project.strata(fleet.command());
  CHECK(unset.exit_code == 78);
  CHECK(contains(unset.err, "[query] url reads the variable CONTROL, which is not set"));

  ask_for("SELECT 'a' AS name, pg_sleep(60)::text AS url");
  Database looker(PostgresServer::shared().url());
  const std::string asking = "FROM pg_stat_activity WHERE application_name = 'strata fleet' AND wait_event = 'PgSleep'";
  auto process = fleet.project.start(command);
  REQUIRE(looker.wait_until("SELECT count(*) = 1 " + asking));
  process->kill(SIGTERM);
  CHECK(process->wait().exit_code == 143);
  process = fleet.project.start(command);
  REQUIRE(looker.wait_until("SELECT count(*) = 1 " + asking));
  looker.ask("SELECT pg_terminate_backend(pid) " + asking);
  CHECK(process->wait().exit_code == 69);
}

TEST_CASE("fleet: a password in the file stands in no process title", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Fleet fleet;
  std::string text;
  for (int i = 0; i < size; ++i)
    text += "[target." + name_of(i) + "]\nurl = \"" + fleet.urls[i] + "&password=canary-of-the-fleet\"\n";
  fleet.project.write("targets.toml", text);
  auto process = fleet.project.start(fleet.command({"--parallel", "3"}));
  // Its own and its children's: what other tests run beside it is theirs to answer for.
  std::string titles;
  const auto read = [](const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  while (process->is_running()) {
    const auto pid = std::to_string(process->pid());
    std::istringstream family(pid + " " + read("/proc/" + pid + "/task/" + pid + "/children"));
    for (std::string member; family >> member;) titles += read("/proc/" + member + "/cmdline") + "\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::replace(titles.begin(), titles.end(), '\0', ' ');
  CHECK(process->wait().exit_code == 0);
  CHECK(contains(titles, "--target tenant-"));
  CHECK_FALSE(contains(titles, std::string("canary-of-") + "the-fleet"));
}
