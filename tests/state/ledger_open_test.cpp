#include "tests/state/ledger_support.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

using namespace strata;
using namespace strata::test;
using Catch::Matchers::Contains;

namespace {

constexpr auto read_only = Ledger::Access::read_only;
constexpr auto read_write = Ledger::Access::read_write;

std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

// `body` as a user who may not write what is read-only: root may.
int as_nobody(const std::function<int()>& body) {
  return in_child([&] { return geteuid() == 0 && setresuid(65'534, 65'534, 65'534) != 0 ? 99 : body(); });
}

}  // namespace

TEST_CASE("ledger: a new one is for its owner only, in folders made for it", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "a" / "b" / "ledger.db").string();
  CHECK(open_ledger(path).was_created());
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  RawSqlite raw(path);
  CHECK(raw.rows("PRAGMA application_id") != "0|\n");
  CHECK(raw.rows("PRAGMA user_version") == "1|\n");
  CHECK(raw.rows("SELECT count(*) FROM meta WHERE length(ledger) = 36 AND created_ms > 0") == "1|\n");
}

TEST_CASE("ledger: a relative path goes on meaning the same file when the working directory changes", "[state]") {
  const TempDir dir;
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  auto ledger = open_ledger("ledger.db");
  std::filesystem::current_path(here);
  CHECK(ledger.append(appending({applied_event(1)})));
}

TEST_CASE("ledger: a folder may be a symbolic link, the file may not", "[state]") {
  const TempDir dir;
  make_ledger((dir.path() / "real" / "ledger.db").string(), 1);
  std::filesystem::create_symlink(dir.path() / "real", dir.path() / "link");
  CHECK(open_ledger((dir.path() / "link" / "ledger.db").string()).head().seq == 1);
  std::filesystem::create_symlink(dir.path() / "real" / "ledger.db", dir.path() / "link.db");
  CHECK(error_of((dir.path() / "link.db").string()) ==
        (dir.path() / "link.db").string() + " is a symbolic link, not a ledger");
  std::filesystem::create_symlink(dir.path() / "nowhere", dir.path() / "dangling.db");
  CHECK_THAT(error_of((dir.path() / "dangling.db").string()), Contains("is a symbolic link"));
}

TEST_CASE("ledger: a directory, a FIFO and a device are named and never opened", "[state]") {
  const TempDir dir;
  const auto access = GENERATE(read_only, read_write);
  const auto fifo = (dir.path() / "fifo").string();
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  CHECK(error_of(dir.path().string(), access) == dir.path().string() + " is a directory, not a ledger");
  CHECK(error_of(fifo, access) == fifo + " is a FIFO, not a ledger");
  CHECK(error_of("/dev/null", access) == "/dev/null is a device, not a ledger");
}

TEST_CASE("ledger: one that is not there is an error for those who only read", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  const auto ledger = Ledger::open(path, read_only);
  REQUIRE_FALSE(ledger);
  CHECK(ledger.error().code == ErrorCode::bad_ledger);
  CHECK(ledger.error().message == "there is no ledger " + path);
  CHECK(ledger.error().next == "run strata deploy or strata audit pull where the database can be reached");
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("ledger: an empty file is a ledger that was not finished: started anew, but not by those who only read",
          "[state]") {
  const TempDir dir;
  const auto path = dir.write("ledger.db", "").string();
  CHECK_THAT(error_of(path, read_only), Contains("is empty"));
  auto ledger = open_ledger(path);
  CHECK(ledger.was_created());
  CHECK(ledger.verify().empty());
}

TEST_CASE("ledger: a SQLite file that nothing was ever put into is started anew", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  RawSqlite(path).run("CREATE TABLE t (x); DROP TABLE t; VACUUM");
  CHECK_THAT(error_of(path, read_only), Contains("is empty"));
  CHECK(open_ledger(path).was_created());
}

TEST_CASE("ledger: what is not a ledger is refused and left as it is", "[state]") {
  const TempDir dir;
  const auto access = GENERATE(read_only, read_write);
  const auto path = (dir.path() / "ledger.db").string();
  std::string expected;
  SECTION("text") {
    dir.write("ledger.db", "this is no database");
    expected = "is not a SQLite file";
  }
  SECTION("long text") {
    dir.write("ledger.db", std::string(100'000, 'x'));
    expected = "is not a SQLite file";
  }
  SECTION("two bytes") {
    dir.write("ledger.db", "SQ");
    expected = "is not a SQLite file";
  }
  SECTION("a database without an application") {
    RawSqlite(path).run("CREATE TABLE t (x)");
    expected = "is another application's SQLite file";
  }
  SECTION("another application's, still empty") {
    RawSqlite(path).run("PRAGMA application_id = 7; CREATE TABLE t (x); DROP TABLE t");
    expected = "is another application's SQLite file";
  }
  const auto before = dir.read("ledger.db");
  const auto ledger = Ledger::open(path, access);
  REQUIRE_FALSE(ledger);
  CHECK(ledger.error().code == ErrorCode::bad_ledger);
  CHECK_THAT(ledger.error().message, Contains(path) && Contains(expected));
  CHECK_FALSE(ledger.error().next.empty());
  CHECK(dir.read("ledger.db") == before);
}

TEST_CASE("ledger: one of a newer strata is refused with both formats", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 1);
  RawSqlite(path).run("PRAGMA user_version = 2");
  CHECK(error_of(path, read_only) ==
        path + " is a ledger of format 2, written by a newer strata; this one knows format 1");
}

TEST_CASE("ledger: a schema that is not strata's is refused before anything is read through it", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 1);
  const auto [change, expected] = GENERATE(table<std::string, std::string>({
      {"CREATE VIEW extra AS SELECT 1", "its view extra is not strata's"},
      {"CREATE TABLE extra (x)", "its table extra is not strata's"},
      {"CREATE INDEX extra ON events (kind)", "its index extra is not strata's"},
      {"CREATE INDEX extra ON events (abs(seq))", "its index extra is not strata's"},
      {"CREATE TRIGGER extra AFTER INSERT ON targets BEGIN DELETE FROM snapshots; END",
       "its trigger extra is not strata's"},
      {"DROP TRIGGER events_no_update", "its trigger events_no_update is missing"},
      {"DROP TRIGGER events_no_update; CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT 1; END",
       "its trigger events_no_update is not strata's"},
      {"DROP TABLE snapshots", "its table snapshots is missing"},
      {"DROP TABLE snapshots; CREATE VIEW snapshots AS SELECT name AS target, 0 AS postgres_seq, 0 AS taken_ms, x'' AS "
       "applied FROM targets",
       "its table snapshots is missing"},
      {"DROP TABLE events; CREATE TABLE events (seq INTEGER PRIMARY KEY, body BLOB, leaf BLOB, chain BLOB)",
       "is missing"},
      {"ALTER TABLE events ADD COLUMN extra TEXT", "its table events is not strata's"},
      {"ALTER TABLE meta RENAME COLUMN created_ms TO made_ms", "its table meta is not strata's"},
      {"CREATE VIRTUAL TABLE extra USING fts5 (x)", "its table extra_idx is not strata's"},
      {"ANALYZE", "its table sqlite_stat1 is not strata's"},
  }));
  RawSqlite(path).run(change);
  CHECK_THAT(error_of(path, GENERATE(read_only, read_write)), Contains(expected));
}

TEST_CASE("ledger: a file set to WAL by hand is set back", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 1);
  RawSqlite(path).run("PRAGMA journal_mode = wal");
  CHECK(dir.read("ledger.db")[18] == 2);
  auto ledger = open_ledger(path);
  append_to(ledger, appending({applied_event(2)}));
  CHECK(dir.read("ledger.db")[18] == 1);
}

TEST_CASE("ledger: reading needs no right to write, and leaves nothing beside the file", "[state]") {
  const TempDir dir;
  const auto folder = dir.path() / "state";
  const auto path = (folder / "ledger.db").string();
  make_ledger(path, 2);
  std::filesystem::remove(path + "-journal");
  REQUIRE(chmod(path.c_str(), 0444) == 0);
  REQUIRE(chmod(folder.c_str(), 0555) == 0);
  CHECK(as_nobody([&] {
          auto ledger = Ledger::open(path, read_only);
          return ledger && ledger->head().seq == 2 && ledger->events("")->size() == 2 && ledger->verify().empty() ? 0
                                                                                                                  : 1;
        }) == 0);
  CHECK(files_in(folder) == std::vector<std::string>{"ledger.db"});
  CHECK(as_nobody([&] {
          const auto ledger = Ledger::open(path, read_write);
          if (ledger || ledger.error().code != ErrorCode::bad_ledger) return 1;
          return ledger.error().message.find("read-only") != std::string::npos &&
                         ledger.error().next.find("--ledger none") != std::string::npos
                     ? 0
                     : 2;
        }) == 0);
  REQUIRE(chmod(folder.c_str(), 0755) == 0);
}

TEST_CASE("ledger: a file that may be written in a folder that may not is as good as read-only", "[state]") {
  const TempDir dir;
  const auto folder = dir.path() / "state";
  const auto path = (folder / "ledger.db").string();
  make_ledger(path, 2);
  REQUIRE(chmod(path.c_str(), 0666) == 0);
  REQUIRE(chmod(folder.c_str(), 0555) == 0);
  CHECK(as_nobody([&] { return Ledger::open(path, read_only) ? 0 : 1; }) == 0);
  CHECK(as_nobody([&] {
          const auto ledger = Ledger::open(path, read_write);
          return !ledger && ledger.error().message.find("read-only") != std::string::npos ? 0 : 1;
        }) == 0);
  REQUIRE(chmod(folder.c_str(), 0755) == 0);
}

TEST_CASE("ledger: one that cannot be created says so", "[state]") {
  const TempDir dir;
  const auto folder = dir.path() / "state";
  std::filesystem::create_directory(folder);
  REQUIRE(chmod(folder.c_str(), 0555) == 0);
  CHECK(as_nobody([&] {
          const auto ledger = Ledger::open((folder / "ledger.db").string(), read_write);
          return !ledger && ledger.error().message.find("cannot be created: Permission denied") != std::string::npos
                     ? 0
                     : 1;
        }) == 0);
  dir.write("file", "");
  CHECK_THAT(error_of((dir.path() / "file" / "ledger.db").string()), Contains("Not a directory"));
  REQUIRE(chmod(folder.c_str(), 0755) == 0);
}

TEST_CASE("ledger: one that another process holds is waited for, and then its holder is named", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 1);
  int ready[2];
  REQUIRE(pipe(ready) == 0);
  const pid_t holder = fork();
  if (holder == 0) {
    sqlite3* raw = nullptr;
    sqlite3_open(path.c_str(), &raw);
    sqlite3_exec(raw, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr);
    _exit(write(ready[1], "x", 1) == 1 && pause() == 0 ? 1 : 0);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);

  SECTION("it gives up after 5 s") {
    const auto begin = std::chrono::steady_clock::now();
    const auto ledger = Ledger::open(path, read_write);
    const auto elapsed = std::chrono::steady_clock::now() - begin;
    REQUIRE_FALSE(ledger);
    CHECK(ledger.error().code == ErrorCode::lock_unavailable);
    CHECK_THAT(ledger.error().message, Contains("is in use by process " + std::to_string(holder)));
    CHECK(elapsed > std::chrono::milliseconds(4'000));
    CHECK(elapsed < std::chrono::milliseconds(7'000));
    kill(holder, SIGKILL);
  }
  SECTION("it goes on when the other has ended") {
    std::thread ends([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      kill(holder, SIGKILL);
    });
    CHECK(open_ledger(path).head().seq == 1);
    ends.join();
  }
  waitpid(holder, nullptr, 0);
  close(ready[0]);
  close(ready[1]);
}

TEST_CASE("ledger: two processes that create it at once make one ledger", "[state]") {
  for (int round = 0; round < 20; ++round) {
    const TempDir dir;
    const auto path = (dir.path() / "ledger.db").string();
    std::vector<pid_t> children;
    for (std::int64_t i = 0; i < 4; ++i) {
      children.push_back(fork());
      if (children.back() != 0) continue;
      auto ledger = Ledger::open(path, read_write);
      _exit(ledger && ledger->append(appending({applied_event(1, "database " + std::to_string(i))})) ? 0 : 1);
    }
    for (const auto child : children) {
      int status = 0;
      waitpid(child, &status, 0);
      CHECK(status == 0);
    }
    const auto ledger = open_ledger(path);
    CHECK(ledger.head().seq == 4);
    CHECK(ledger.verify().empty());
  }
}
