// The soak: the storms and sweeps of the fault harness in their full numbers, and a table of what came of them.
#include "tests/faults/soak/scenarios.h"

#include "tests/support/postgres_server.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <string>
#include <string_view>

namespace strata::soak {

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all{
      {"kills", "1,000 SIGKILLs: nothing lost, nothing doubled, no intent open, lock free in 2 s", 1'000, 80, 500,
       random_kills},
      {"lost-ledgers", "200 ledgers deleted between and during kills: each effect once", 200, 20, 150, lost_ledgers},
      {"index-kills", "200 SIGKILLs of concurrent builds: all valid, none INVALID, no person", 200, 20, 200,
       index_kills},
      {"orphaned-locks", "SIGKILL while the server executes: lock free in 2 s", 20, 4, 30, orphaned_locks},
      {"killed-calls", "SIGKILL at every network, sync and file call of a run: 0 bad", 0, 40, 300, killed_calls},
      {"failed-ledger-calls", "EIO, ENOSPC at every write and sync of the ledger: 0, 65 or 74, next run heals", 0, 20,
       200, failed_ledger_calls},
      {"failed-sends", "ECONNRESET from every send, socket left open: never a hang", 0, 4, 300, failed_sends},
      {"failed-allocations", "no memory for one allocation of a run: 0, 69, 65 or 74 in words, next run heals", 2'000,
       60, 600, failed_allocations},
      {"ended-backends", "150 pg_terminate_backend: 0, or 69 and once more", 150, 20, 60, ended_backends},
      {"restarted-servers", "25 restarts, fast and immediate: ledger never ahead", 25, 4, 60, restarted_servers},
      {"cuts", "400 cuts at COMMIT, of all kinds and at each byte: 0 wrong verdicts", 400, 48, 200, cuts_at_commit},
      {"silent-servers", "a server that falls silent: 69 or what became of it, never a hang", 10, 2, 300,
       silent_servers},
      {"runners", "50 runners at once: one applies, all exit 0, in 30 s", 50, 12, 30, runners_at_once},
      {"runners-without-lock", "the same with the lock switched off: the claim alone does it", 50, 12, 30,
       runners_without_lock},
      {"two-runners", "two runners 0 to 300 ms apart, 200 times: one applies, both exit 0", 200, 12, 200, two_runners},
      {"frozen-runners", "SIGSTOP for 35 s with locks held: tables free in 30 s, effects once", 3, 1, 110,
       frozen_runners},
      {"terms", "SIGTERM at a random time: gone in 2 s, the next run heals", 200, 30, 150, random_terms},
      {"terms-at-commit", "SIGTERM while a COMMIT is in flight: waited for, not cancelled, 143", 9, 3, 50,
       terms_at_commit},
      {"second-signals", "a second signal in a COMMIT: gone at once, no further writes", 20, 3, 40, second_signals},
      {"ledger-bits", "3,000 flipped bits of a ledger: 0 crashes, changed events found and named", 3'000, 300, 120,
       flipped_ledger_bits},
      {"plugins", "2,400 damaged plugins: refused, or read as they were built", 2'400, 200, 200, damaged_plugins},
      {"large-ledger", "verify 100,000 events in 2 s", 100'000, 20'000, 30, large_ledger},
  };
  return all;
}

namespace {

struct Order {
  unsigned seed = 20260101;
  std::string only;
  bool is_brief = false;
  std::optional<std::chrono::minutes> limit;
};

struct Line {
  const Scenario* scenario;
  Tally tally;
  milliseconds took;
};

std::string result_of(const Tally& tally) {
  auto text = std::to_string(tally.done());
  if (tally.done() < tally.wanted()) text += " of " + std::to_string(tally.wanted());
  if (!tally.violations().empty()) text += ", " + std::to_string(tally.violations().size()) + " violations";
  return tally.measured().empty() ? text : text + ": " + tally.measured();
}

std::string verdict_of(const Tally& tally) {
  if (!tally.violations().empty()) return "BAD";
  if (!tally.skipped().empty()) return "skipped (" + tally.skipped() + ")";
  return tally.done() < tally.wanted() || tally.wanted() == 0 ? "not reached" : "ok";
}

void print(const std::vector<Line>& lines, bool is_brief) {
  std::cout << "\n| scenario | goal | result" << (is_brief ? " (short form)" : "")
            << " | seed | s | |\n|---|---|---|---|---|---|\n";
  for (const auto& line : lines) {
    std::cout << "| " << line.scenario->name << " | " << line.scenario->goal << " | " << result_of(line.tally) << " | "
              << line.tally.seed() << " | " << line.took.count() / 1000 << " | " << verdict_of(line.tally) << " |\n";
  }
  for (const auto& line : lines) {
    const auto& violations = line.tally.violations();
    if (violations.empty()) continue;
    std::cout << "\nBAD, once more with: scripts/soak --seed " << line.tally.seed() << " --only " << line.scenario->name
              << "\n";
    for (const auto& violation : violations) std::cout << "  " << violation.substr(0, violation.find('\n')) << "\n";
  }
}

// What is left of the time goes to the scenarios that are left, by what each would take.
std::optional<SteadyClock::time_point> deadline_of(const std::vector<const Scenario*>& left,
                                                   std::optional<SteadyClock::time_point> end) {
  if (!end) return std::nullopt;
  double all = 0;
  for (const auto* scenario : left) all += scenario->seconds;
  const auto now = SteadyClock::now();
  const auto share = std::chrono::duration<double>(*end - now) * (left.front()->seconds / all);
  return now + std::chrono::duration_cast<SteadyClock::duration>(share);
}

int soak(const Order& order) {
  std::vector<const Scenario*> left;
  for (const auto& scenario : scenarios()) {
    if (order.only.empty() || order.only == scenario.name) left.push_back(&scenario);
  }
  if (left.empty()) {
    std::cerr << "strata_soak: no scenario is called " << order.only << "; there are:\n";
    for (const auto& scenario : scenarios()) std::cerr << "  " << scenario.name << "\n";
    return 64;
  }
  if (!test::PostgresServer::is_available()) return 0;
  end_when_told();
  std::optional<SteadyClock::time_point> end;
  if (order.limit) end = SteadyClock::now() + *order.limit;
  std::vector<Line> lines;
  bool bad = false;
  while (!left.empty()) {
    const auto& scenario = *left.front();
    Tally tally(scenario.name, order.is_brief ? scenario.brief : scenario.full, order.seed, deadline_of(left, end));
    const auto began = SteadyClock::now();
    std::cerr << "soak: " << scenario.name << " …" << std::endl;
    try {
      scenario.run(tally);
    } catch (const std::exception& error) {
      tally.check(false, std::string("the scenario itself broke off: ") + error.what());
    }
    bad = bad || !tally.violations().empty();
    const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
    lines.push_back({&scenario, std::move(tally), took});
    left.erase(left.begin());
  }
  print(lines, order.is_brief);
  return bad ? 1 : 0;
}

constexpr const char* usage =
    "usage: strata_soak [--minutes N] [--seed S] [--only NAME] [--short]\n"
    "Runs the storms in full numbers, or as many of them as the time allows. Exit code 1: something was wrong.\n";

bool read(int argc, char** argv, Order& order) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--short") {
      order.is_brief = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string_view value = argv[++i];
    unsigned number = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
    if (name == "--only") {
      order.only = value;
    } else if (name == "--seed" && is_number) {
      order.seed = number;
    } else if (name == "--minutes" && is_number) {
      order.limit = std::chrono::minutes(number);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

}  // namespace strata::soak

int main(int argc, char** argv) {
  strata::soak::Order order;
  if (!strata::soak::read(argc, argv, order)) {
    std::cerr << strata::soak::usage;
    return 64;
  }
  return strata::soak::soak(order);
}
