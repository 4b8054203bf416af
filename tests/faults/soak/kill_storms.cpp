// SIGKILL at random times, until a run completes; then everything must be there exactly once.
#include "tests/faults/soak/counted_project.h"
#include "tests/faults/soak/scenarios.h"

#include <csignal>
#include <filesystem>
#include <functional>

namespace strata::soak {

using namespace strata::test;

namespace {

constexpr milliseconds lock_patience{2'000};

struct Storm {
  int kills = 0;
  int completed = 0;
  int lost_ledgers = 0;
  milliseconds longest_lock{0};
  milliseconds usual{150};  // what a run takes here: kills are spread over that

  std::string told() const {
    return std::to_string(kills) + " kills for " + std::to_string(completed) + " complete runs, lock held up to " +
           std::to_string(longest_lock.count()) + " ms after its client";
  }
};

// Kills `deploy` again and again until one completes. `after_kill` is told the connection to look through.
void kill_until_complete(const Project& project, Tally& tally, Storm& storm, bool lose_ledger,
                         const std::function<void(Database&)>& after_kill = {}) {
  Database database(project.url());
  auto longest = storm.usual;
  for (int tries = 1;; ++tries) {
    const auto began = SteadyClock::now();
    const auto process = project.start({"deploy"});
    tally.sleep_below(longest);
    const bool lost_meanwhile = lose_ledger && tally.one_in(4);
    if (lost_meanwhile) {
      std::error_code ignored;
      std::filesystem::remove(project.ledger(), ignored);
      ++storm.lost_ledgers;
      tally.sleep_below(milliseconds(10));
    }
    process->kill(SIGKILL);
    const auto when = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
    const auto result = process->wait();
    tally.at("complete run " + std::to_string(storm.completed + 1) + ", kill " + std::to_string(tries) + " after " +
             std::to_string(when.count()) + " ms");
    if (result.signal == SIGKILL && !result.timed_out) {
      ++storm.kills;
      if (after_kill) after_kill(database);
      const auto held = time_until_unlocked(database, lock_patience);
      if (!tally.check(held.has_value(), "the lock is still held 2 s after the kill")) return;
      storm.longest_lock = std::max(storm.longest_lock, *held);
      if (lose_ledger && tally.one_in(3)) {
        project.remove(".strata");
        ++storm.lost_ledgers;
      }
      longest += std::max(longest / 10, milliseconds(2));  // so that one completes
      continue;
    }
    // It says so: before anything was done (65) or after (74). The next one makes a new ledger.
    const bool says_so = contains(result.err, "removed or replaced while strata had it open");
    if (lost_meanwhile && (result.exit_code == 74 || (result.exit_code == 65 && says_so))) continue;
    if (!tally.check(result.exit_code == 0, told(result))) return;
    storm.usual = result.elapsed;
    ++storm.completed;
    return;
  }
}

}  // namespace

void random_kills(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  Storm storm;
  while (tally.wants_more()) {
    CountedProject counted(url);
    write_varied(counted, tally);
    const auto before = storm.kills;
    kill_until_complete(counted.project(), tally, storm, false);
    tally.check_none(counted.wrong());
    tally.count(storm.kills - before);
  }
  tally.measure(storm.told());
}

void lost_ledgers(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  Storm storm;
  while (tally.wants_more()) {
    CountedProject counted(url);
    write_varied(counted, tally);
    const auto before = storm.lost_ledgers;
    kill_until_complete(counted.project(), tally, storm, true);
    // The run that completed may have lost its ledger at the very end: the next one says what there is to say.
    const auto again = counted.project().strata({"deploy"});
    tally.check(again.exit_code == 0, told(again));
    tally.check_none(counted.wrong());
    tally.count(storm.lost_ledgers - before);
  }
  tally.measure(storm.told());
}

void index_kills(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  CountedProject counted(url);
  counted.add("shop/20260102000000_items",
              "CREATE TABLE item (id int, name text);\n"
              "INSERT INTO item SELECT n, md5(n::text) FROM generate_series(1, 200000) n;");
  const auto made = counted.project().strata({"deploy"});
  if (!tally.check(made.exit_code == 0, told(made))) return;
  Storm storm;
  storm.usual = milliseconds(1'000);
  int found_invalid = 0;
  // A server that does not notice at once that its client is gone has built the index by then, and all is well. Half of
  // the time it notices.
  const auto after_kill = [&](Database& database) {
    if (tally.one_in(2)) return;
    const std::string ours =
        " FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'strata %'";
    database.ask("SELECT count(pg_terminate_backend(pid))" + ours);
    database.wait_until("SELECT count(*) = 0" + ours, lock_patience);
    found_invalid += database.ask("SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid") == "t";
  };
  while (tally.wants_more()) {
    // The time of day in its name, in minutes.
    const auto number = std::to_string(1000 + storm.completed % 60 + storm.completed / 60 * 100);
    counted.add_without_transaction("shop/20260103" + number + "00_index",
                                    "CREATE INDEX CONCURRENTLY item_" + number + " ON item (name);\n" +
                                        "REINDEX INDEX CONCURRENTLY item_" + number + ";\n");
    const auto before = storm.kills;
    Database database(url);
    kill_until_complete(counted.project(), tally, storm, false, after_kill);
    tally.check_none(counted.wrong());
    const auto left = database.ask(
        "SELECT string_agg(relname, ', ') FROM pg_class WHERE relkind = 'i' AND relname LIKE 'item\\_%' AND relname <> "
        "'item_" +
        number + "'");
    tally.check(left.empty(), "left over: " + left);
    database.ask("DROP INDEX item_" + number);
    tally.count(storm.kills - before);
  }
  tally.check(found_invalid > 0 || tally.done() < 20, "no kill has left an INVALID index: nothing was tried");
  tally.measure(storm.told() + ", " + std::to_string(found_invalid) + " of them left an INVALID index");
}

void orphaned_locks(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  milliseconds longest{0};
  while (tally.wants_more()) {
    CountedProject counted(url);
    counted.add("shop/20260102000000_slow", "SELECT pg_sleep(60);");
    Database database(url);
    const auto process = counted.project().start({"deploy"});
    tally.at("kill " + std::to_string(tally.done() + 1));
    tally.check(database.wait_until("SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND "
                                    "datname = current_database()"),
                "the statement was never reached");
    tally.sleep_below(milliseconds(500));
    process->kill(SIGKILL);
    process->wait();
    const auto held = time_until_unlocked(database, lock_patience);
    tally.check(held.has_value(), "the lock is still held 2 s after the kill");
    longest = std::max(longest, held.value_or(lock_patience));
    tally.count();
  }
  tally.measure("free after " + std::to_string(longest.count()) + " ms at most");
}

}  // namespace strata::soak
