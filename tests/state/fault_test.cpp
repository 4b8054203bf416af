// The ledger on a disk that fails and in a process that dies, at every single call that changes a file.
#include "tests/state/ledger_support.h"
#include "tests/state/sqlite_faults.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdlib>
#include <cstring>

using namespace strata;
using namespace strata::test;
using Catch::Matchers::Contains;
using What = Fault::What;

namespace {

// One append of everything that an append can bring, large enough for several pages.
Ledger::Append large_append(std::int64_t first) {
  static const std::string text(20'000, 'x');
  Ledger::Append append;
  for (std::int64_t n = first; n < first + 20; ++n) append.events.push_back(applied_event(n));
  append.blobs = {text};
  append.target = LedgerTarget{};
  append.target->name = "prod";
  return append;
}

// How many calls an undisturbed append takes.
int calls_of_append(const std::string& path) {
  int count[2];
  REQUIRE(pipe(count) == 0);
  REQUIRE(in_child([&] {
            auto ledger = Ledger::open(path, Ledger::Access::read_write);
            set_fault({});
            if (!ledger || !ledger->append(large_append(4))) return 1;
            const int calls = calls_so_far();
            return write(count[1], &calls, sizeof calls) == sizeof calls ? 0 : 1;
          }) == 0);
  int calls = 0;
  REQUIRE(read(count[0], &calls, sizeof calls) == sizeof calls);
  close(count[0]);
  close(count[1]);
  return calls;
}

// 0: appended. 1: not, and said so properly. Else something is wrong.
int append_result(Ledger& ledger, const Ledger::Append& append) {
  const auto head = ledger.append(append);
  if (head) return 0;
  return head.error().code == ErrorCode::ledger_behind && !head.error().message.empty() && !head.error().next.empty()
             ? 1
             : 2;
}

}  // namespace

TEST_CASE("ledger: killed at any write, truncation or sync of an append, it has all of it or nothing, and goes on",
          "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  const auto whole = dir.read("ledger.db");
  const int calls = calls_of_append(path);
  REQUIRE(calls > 10);
  for (const auto what : {What::kill_before, What::kill_after}) {
    int there = 0;
    for (int at = 1; at <= calls; ++at) {
      dir.write("ledger.db", whole);
      std::filesystem::remove(path + "-journal");
      REQUIRE(in_child([&] {
                auto ledger = Ledger::open(path, Ledger::Access::read_write);
                set_fault({what, at, 0});
                return ledger && ledger->append(large_append(4)) ? 0 : 1;
              }) == -SIGKILL);
      auto ledger = open_ledger(path);
      REQUIRE((ledger.head().seq == 3 || ledger.head().seq == 23));
      REQUIRE_FALSE(ledger.was_created());
      REQUIRE(ledger.verify().empty());
      there += ledger.head().seq == 23;
      append_to(ledger, large_append(ledger.head().seq + 1));
    }
    CHECK(there > 0);
    CHECK(there < calls / 2);
  }
}

TEST_CASE("ledger: killed at any call while it is created, the next one starts anew or finds it whole", "[state]") {
  for (const auto what : {What::kill_before, What::kill_after}) {
    int created = 0;
    int at = 0;
    for (int ended = -SIGKILL; ended == -SIGKILL;) {
      const TempDir dir;
      const auto path = (dir.path() / "state" / "ledger.db").string();
      ++at;
      ended = in_child([&] {
        set_fault({what, at, 0});
        return Ledger::open(path, Ledger::Access::read_write) ? 0 : 1;
      });
      auto ledger = open_ledger(path);
      created += ledger.was_created();
      append_to(ledger, appending({applied_event(1)}));
      REQUIRE(ledger.verify().empty());
    }
    CHECK(created > 10);
    CHECK(created < at);
  }
}

TEST_CASE("ledger: (run by the case below, as a program of its own)", "[.one-append]") {
  const char* path = std::getenv("STRATA_TEST_LEDGER");
  REQUIRE(path != nullptr);
  auto ledger = open_ledger(path);
  append_to(ledger, appending({applied_event(1)}));
}

TEST_CASE("ledger: killed at its stop points, it has all of an append or nothing", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  const std::string point = GENERATE("ledger-create", "ledger-append-begin", "ledger-append-commit");
  REQUIRE(in_child([&] {
            setenv("STRATA_TEST_KILL_AT", point.c_str(), 1);
            setenv("STRATA_TEST_LEDGER", path.c_str(), 1);
            return execl("/proc/self/exe", "test", "[.one-append]", nullptr);
          }) == -SIGKILL);
  auto ledger = open_ledger(path);
  CHECK(ledger.was_created() == (point == "ledger-create"));
  CHECK(ledger.head().seq == 0);
  CHECK(ledger.verify().empty());
}

TEST_CASE("ledger: when any call of an append fails, it is behind, and the same append again leaves it there once",
          "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  const auto whole = dir.read("ledger.db");
  const int calls = calls_of_append(path);
  const int error = GENERATE(EIO, ENOSPC);
  for (int at = 1; at <= calls; ++at) {
    dir.write("ledger.db", whole);
    std::filesystem::remove(path + "-journal");
    const int result = in_child([&] {
      auto ledger = Ledger::open(path, Ledger::Access::read_write);
      set_fault({What::fail, at, error});
      const int first = append_result(*ledger, large_append(4));
      if (first > 1) return 10;
      set_fault({});
      if (first == 1 && append_result(*ledger, large_append(4)) != 0) return 11;
      return ledger->head().seq == 23 && ledger->verify().empty() ? 0 : 12;
    });
    if (result != 0) FAIL("call " << at << " failed with " << std::strerror(error) << ": " << result);
    auto ledger = open_ledger(path);
    REQUIRE(ledger.head().seq == 23);
    REQUIRE(ledger.verify().empty());
  }
}

TEST_CASE("ledger: when a disk fails for good in an append, the file has all of it or nothing once the disk is well",
          "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  const auto whole = dir.read("ledger.db");
  const int calls = calls_of_append(path);
  const int error = GENERATE(EIO, ENOSPC);
  for (int at = 1; at <= calls; ++at) {
    dir.write("ledger.db", whole);
    std::filesystem::remove(path + "-journal");
    const int result = in_child([&] {
      auto ledger = Ledger::open(path, Ledger::Access::read_write);
      set_fault({What::fail_from, at, error});
      if (append_result(*ledger, large_append(4)) > 1) return 10;
      return append_result(*ledger, large_append(24)) > 1 ? 11 : 0;
    });
    if (result != 0) FAIL("from call " << at << " on " << std::strerror(error) << ": " << result);
    auto ledger = open_ledger(path);
    REQUIRE((ledger.head().seq == 3 || ledger.head().seq == 23));
    REQUIRE(ledger.verify().empty());
  }
}

TEST_CASE("ledger: a full disk is found when room is reserved, in words", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  const auto before = dir.read("ledger.db");
  const int result = in_child([&] {
    auto ledger = Ledger::open(path, Ledger::Access::read_write);
    set_fault({What::fail_from, 20, ENOSPC});
    const auto reserved = ledger->reserve(1'000'000);
    set_fault({});
    if (reserved || reserved.error().code != ErrorCode::bad_ledger) return 1;
    if (reserved.error().message.find("has no room to grow") == std::string::npos) return 2;
    return reserved.error().next.find("--ledger none") != std::string::npos &&
                   ledger->append(appending({applied_event(4)}))
               ? 0
               : 3;
  });
  CHECK(result == 0);
  CHECK(open_ledger(path).verify().empty());
}

TEST_CASE("ledger: a limit on the size of files is a full disk, not the end of the process", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  const int result = in_child([&] {
    signal(SIGXFSZ, SIG_IGN);  // as main does
    auto ledger = Ledger::open(path, Ledger::Access::read_write);
    const rlimit limit{200'000, 200'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    if (ledger->reserve(1'000'000)) return 1;
    if (!ledger->reserve(10'000)) return 2;
    for (std::int64_t first = 1; first < 10'000; first += 20) {
      const auto head = ledger->append(large_append(first));
      if (!head) return head.error().message.find("has no room to grow") != std::string::npos ? 0 : 3;
    }
    return 4;
  });
  CHECK(result == 0);
  auto ledger = open_ledger(path);
  CHECK(ledger.head().seq > 0);
  CHECK(ledger.head().seq % 20 == 0);
  CHECK(ledger.verify().empty());
}

TEST_CASE("ledger: a journal that a killed run left is undone by whoever can, and named by who cannot", "[state]") {
  const TempDir dir;
  const auto folder = dir.path() / "state";
  const auto path = (folder / "ledger.db").string();
  make_ledger(path, 3);
  const auto whole = dir.read("state/ledger.db");
  const int calls = calls_of_append(path);
  dir.write("state/ledger.db", whole);
  REQUIRE(in_child([&] {
            auto ledger = Ledger::open(path, Ledger::Access::read_write);
            set_fault({What::kill_before, calls - 1, 0});
            return ledger->append(large_append(4)) ? 0 : 1;
          }) == -SIGKILL);
  REQUIRE(std::filesystem::file_size(path + "-journal") > 0);
  chmod(path.c_str(), 0444);
  chmod((path + "-journal").c_str(), 0444);
  chmod(folder.c_str(), 0555);
  CHECK(in_child([&] {
          if (geteuid() == 0 && setresuid(65'534, 65'534, 65'534) != 0) return 9;
          const auto ledger = Ledger::open(path, Ledger::Access::read_only);
          return !ledger && ledger.error().code == ErrorCode::bad_ledger &&
                         ledger.error().message.find("a killed run left its journal") != std::string::npos
                     ? 0
                     : 1;
        }) == 0);
  chmod(folder.c_str(), 0755);
  chmod(path.c_str(), 0600);
  chmod((path + "-journal").c_str(), 0600);
  const auto ledger = open_ledger(path, Ledger::Access::read_only);
  CHECK(ledger.head().seq == 3);
  CHECK(ledger.verify().empty());
}
