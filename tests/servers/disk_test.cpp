// Disks that are full or may not be written, under the ledger, the server and the output: real ones, in a mount
// namespace of this test's own.
#include "tests/support/replay_project.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <random>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

using std::chrono::milliseconds;

// From here on what this process mounts is seen by itself and what it starts, and by nobody else.
bool can_mount(const char* test) {
  static const bool able =
      geteuid() == 0 && unshare(CLONE_NEWNS) == 0 && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  if (!able) std::cerr << "SKIPPED: " << test << " (needs root, and a mount namespace)\n";
  return able;
}

class Mount {
 public:
  Mount(fs::path at, const char* what, unsigned long flags, const std::string& options) : at_(std::move(at)) {
    if (mount(what, at_.c_str(), "tmpfs", flags, options.c_str()) != 0)
      throw std::runtime_error("mount at " + at_.string() + ": " + std::strerror(errno));
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  ~Mount() { umount2(at_.c_str(), MNT_DETACH); }

 private:
  fs::path at_;
};

Mount small_disk(const fs::path& at, const std::string& size) {
  fs::create_directories(at);
  return {at, "tmpfs", 0, "size=" + size};
}

// What is at `at` may not be written any more.
class ReadOnly {
 public:
  explicit ReadOnly(const fs::path& at) : mount_(at, at.c_str(), MS_BIND, "") {
    if (mount("none", at.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) != 0)
      throw std::runtime_error("read-only: " + at.string());
  }

 private:
  Mount mount_;
};

// Takes all the room that is left but `left` bytes.
void fill(const fs::path& disk, std::uintmax_t left = 0) {
  const auto room = fs::space(disk).available;
  const int file = open((disk / "filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  if (room > left) CHECK(posix_fallocate(file, 0, static_cast<off_t>(room - left)) == 0);
  close(file);
  REQUIRE(fs::space(disk).available <= left);
}

void write_two(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_more", "INSERT INTO item VALUES (1);");
}

bool is_untouched(const Project& project) {
  return project.ask(
             "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname IN "
             "('public', 'strata')") == "0" &&
         project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0";
}

}  // namespace

TEST_CASE("disk: full before the first statement, nothing is changed, 65, and --ledger none is offered", "[servers]") {
  const char* const name = "disk: full before the first statement";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  struct Case {
    const char* size;
    std::uintmax_t left;
    bool has_ledger;
  };
  for (const auto& [size, left, has_ledger] :
       {Case{"64k", 64'000, false}, {"256k", 0, false}, {"256k", 20'000, false}, {"512k", 20'000, true}}) {
    INFO(size << " with " << left << " bytes left" << (has_ledger ? ", and a ledger on it" : ""));
    Project project;
    const auto disk = small_disk(project.root() / ".strata", size);
    if (has_ledger) {
      project.migration("shop/20251231000000_first", "SELECT 1;");
      REQUIRE(project.strata({"deploy"}).exit_code == 0);
    }
    write_two(project);
    const auto before = project.dump();
    fill(project.root() / ".strata", left);
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "ledger"));
    CHECK(contains(result.err, "full"));
    CHECK(contains(result.err, "--ledger none"));
    CHECK(project.dump() == before);
    if (!has_ledger) CHECK(is_untouched(project));

    SECTION("with room it goes on") {
      fs::remove(project.root() / ".strata" / "filler");
      if (fs::space(project.root() / ".strata").capacity > 400'000) heal(project);
    }
    SECTION("without a ledger as well") {
      CHECK(project.strata({"deploy", "--ledger", "none"}).exit_code == 0);
      CHECK(project.ask("SELECT count(*) FROM item") == "1");
    }
  }
}

TEST_CASE("disk: full after a COMMIT, the database is done and the ledger is not: 74, and once more heals",
          "[servers]") {
  const char* const name = "disk: full after a COMMIT";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  Project project;
  write_two(project);
  const auto folder = project.root() / ".strata";
  const auto disk = small_disk(folder, "512k");
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const auto result = deploy_with(project, "committed", [&] { fill(folder); });
  INFO(told(result));
  CHECK(result.exit_code == 74);
  CHECK(contains(result.err, "the database is done, the ledger is not"));
  CHECK(contains(result.err, "full"));
  CHECK(contains(result.err, "strata deploy"));
  CHECK(project.ask("SELECT count(*) FROM item") == "1");
  CHECK(project.ask("SELECT outcome FROM strata.run ORDER BY started_at DESC LIMIT 1") == "applied");

  const auto still_full = project.strata({"deploy"});
  INFO(told(still_full));
  CHECK(still_full.exit_code == 74);
  fs::remove(folder / "filler");
  const auto healed = heal(project);
  CHECK(contains(healed.err, "applied (found by reconcile)"));
  CHECK(project.ask("SELECT count(*) FROM item") == "1");
}

TEST_CASE("disk: a ledger that may not be written is refused by deploy and still read by everything else",
          "[servers]") {
  const char* const name = "disk: a ledger that may not be written";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  const bool folder_alone = GENERATE(false, true);
  INFO((folder_alone ? "the folder is read-only, the file is not" : "file and folder are read-only"));
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const auto folder = project.root() / ".strata";
  {
    std::unique_ptr<Mount> writable;
    const auto original = project.write("ledger.copy", "");
    fs::copy_file(project.ledger(), original, fs::copy_options::overwrite_existing);
    const ReadOnly read_only(folder);
    if (folder_alone) writable = std::make_unique<Mount>(project.ledger(), original.c_str(), MS_BIND, "");
    const auto before = project.dump();
    const auto deployed = project.strata({"deploy"});
    INFO(told(deployed));
    CHECK(deployed.exit_code == 65);
    CHECK(contains(deployed.err, "cannot be written: the file or its folder is read-only"));
    CHECK(contains(deployed.err, "--ledger none"));
    CHECK(project.dump() == before);
    for (const Arguments& command : std::vector<Arguments>{{"status"},
                                                           {"plan"},
                                                           {"status", "--offline"},
                                                           {"plan", "--offline"},
                                                           {"audit", "log"},
                                                           {"audit", "verify"},
                                                           {"audit", "verify", "--offline"}}) {
      const auto result = project.strata(command);
      INFO(told(result));
      CHECK(result.exit_code == 0);
      CHECK_FALSE(result.out.empty());
    }
    CHECK(contains(project.strata({"status"}).err, "what is seen is not kept"));
    CHECK(project.strata({"deploy", "--ledger", "none"}).exit_code == 0);
    const auto seen = project.json({"status"});
    CHECK(seen["modules"][0]["applied"] == 2);
  }
  heal(project);
}

TEST_CASE("disk: where there is no ledger and none can be made, what only looks goes on without one", "[servers]") {
  const char* const name = "disk: where there is no ledger and none can be made";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  Project project;
  write_two(project);
  const ReadOnly read_only(project.root());
  CHECK(project.strata({"deploy"}).exit_code == 65);
  CHECK(is_untouched(project));
  for (const std::string command : {"status", "plan"}) {
    const auto result = project.strata({command});
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "going on without a ledger"));
  }
  CHECK(project.strata({"plan", "--offline"}).exit_code == 65);
}

TEST_CASE("disk: drift is found with a ledger that may only be read, and is not written down", "[servers]") {
  const char* const name = "disk: drift is found with a ledger that may only be read";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  ReplayProject project;
  write_two(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask("ALTER TABLE item ADD COLUMN mine int");
  const auto kept = project.root() / "kept";
  fs::create_directory(kept);
  fs::rename(project.ledger(), kept / "ledger.db");
  const auto ledger = (kept / "ledger.db").string();
  const ReadOnly read_only(kept);
  const auto report = project.json({"drift", "--ledger", ledger});
  CHECK(report["findings"].size() == 1);
  CHECK(project.json({"audit", "log", "--kind", "drift", "--ledger", ledger})["events"].empty());
  CHECK(project.strata({"drift", "--ledger", "none"}).exit_code == 64);
}

TEST_CASE("disk: a journal that a killed run left cannot be undone on a read-only disk, and is named", "[servers]") {
  const char* const name = "disk: a journal that a killed run left";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  Project project;
  write_two(project);
  // Large enough that SQLite writes pages of the file before it commits, so that the journal is hot.
  std::string values;
  std::minstd_rand random(1);
  while (values.size() < 6'000'000) values += (values.empty() ? "" : ",\n") + ("(" + std::to_string(random()) + ")");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260103000000_large",
                    "CREATE TABLE large (n bigint);\nINSERT INTO large VALUES " + values + ";");
  REQUIRE(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", "ledger-append-commit"}}).signal == SIGKILL);
  REQUIRE(fs::file_size(project.ledger().string() + "-journal") > 0);
  {
    const ReadOnly read_only(project.root() / ".strata");
    for (const Arguments& command : std::vector<Arguments>{
             {"plan", "--offline"}, {"audit", "verify", "--offline"}, {"audit", "log"}, {"deploy"}}) {
      const auto result = project.strata(command);
      INFO(told(result));
      CHECK(result.exit_code == 65);
      CHECK(contains(result.err, "a killed run left its journal"));
    }
  }
  heal(project);
}

TEST_CASE("disk: a ledger that goes while a run has it open is noticed, 74, and once more heals", "[servers]") {
  if (!PostgresServer::is_available()) return;
  for (const std::string how : {"deleted", "replaced", "moved away with its folder"}) {
    INFO(how);
    Project project;
    write_two(project);
    REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
    const auto folder = project.root() / ".strata";
    fs::copy(folder, project.root() / "copy", fs::copy_options::recursive);
    const auto result = deploy_with(project, "committed", [&] {
      if (how == "deleted") fs::remove(project.ledger());
      if (how == "replaced") fs::rename(project.root() / "copy" / "ledger.db", project.ledger());
      if (how == "moved away with its folder") fs::rename(folder, project.root() / "elsewhere");
    });
    INFO(told(result));
    CHECK(result.exit_code == 74);
    CHECK(contains(result.err, "was removed or replaced while strata had it open"));
    CHECK(project.ask("SELECT count(*) FROM item") == "1");
    heal(project);
    CHECK(project.ask("SELECT count(*) FROM item") == "1");
  }
}

TEST_CASE("disk: output that cannot be written changes neither the run nor its exit code", "[servers]") {
  const char* const name = "disk: output that cannot be written";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  for (const std::string redirection :
       {"> full/out 2> full/err", "> full/out", "2> full/err", ">&- 2>&-", "2>&1 | true"}) {
    for (const std::string format : {"", "--log-format json --json --log-level debug"}) {
      INFO(redirection << " " << format);
      Project project;
      write_two(project);
      const auto disk = small_disk(project.root() / "full", "64k");
      fill(project.root() / "full");
      // The pipe's exit code is that of `true`; the run's own comes by a file.
      const auto result = run(
          {"bash", "-c",
           "{ \"$0\" deploy --url \"$1\" " + format + " " +
               (contains(redirection, "|") ? "; echo $? > code; } 2>&1 | true" : redirection + "; echo $? > code; }"),
           STRATA_PROGRAM, project.url()},
          {.cwd = project.root()});
      INFO(told(result));
      std::string code;
      for (int i = 0; i < 2'000 && code.empty(); ++i) {  // `true` ends before the run does
        std::ifstream(project.root() / "code") >> code;
        if (code.empty()) std::this_thread::sleep_for(milliseconds(10));
      }
      CHECK(code == "0");
      check_settled(project);
      CHECK(project.ask("SELECT count(*) FROM item") == "1");
    }
  }
}

TEST_CASE("disk: the server's own is full: rolled back, 1, in the server's words", "[servers]") {
  const char* const name = "disk: the server's own is full";
  if (!PostgresServer::is_available() || !can_mount(name)) return;
  PostgresServer server;
  for (const std::string directive : {"", "-- strata: no-transaction\n"}) {
    const std::string space = directive.empty() ? "small" : "small_too";
    const auto place = server.socket_folder() / space;
    const auto disk = small_disk(place, "2m");
    REQUIRE(chown(place.c_str(), server.uid(), server.gid()) == 0);
    ask(server.url(), "CREATE TABLESPACE " + space + " LOCATION '" + place.string() + "'");
    Project project(server.create_database());
    project.migration("shop/20260101000000_items", "CREATE TABLE item (id int, text text) TABLESPACE " + space + ";");
    project.migration("shop/20260102000000_more",
                      directive + "INSERT INTO item SELECT n, repeat('x', 200) FROM generate_series(1, 100000) n;");
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 1);
    CHECK(contains(result.err, "No space left on device"));
    CHECK(contains(result.err, "[SQLSTATE 53100]"));
    CHECK(contains(result.err, "20260102000000_more/migration.sql"));
    CHECK(project.ask("SELECT count(*) FROM item") == "0");
    REQUIRE(mount("none", place.c_str(), nullptr, MS_REMOUNT, "size=100m") == 0);
    heal(project);
    CHECK(project.ask("SELECT count(*) FROM item") == "100000");
    project.ask("DROP TABLE item");
    ask(server.url(), "CHECKPOINT");
    ask(server.url(), "DROP TABLESPACE " + space);
  }
}
