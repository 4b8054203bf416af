// SIGTERM at random times, and around a COMMIT whose answer does not come.
#include "tests/faults/soak/counted_project.h"
#include "tests/faults/soak/scenarios.h"

#include "tests/support/proxy.h"

#include <csignal>
#include <fstream>
#include <map>
#include <thread>

namespace strata::soak {

using namespace strata::test;

namespace {

// The COMMIT of the first migration of write_two() is the second of a run; the one of the other comes after it.
constexpr int commit_to_hold = 2;

// A run whose answer to a COMMIT is kept back; returns when it waits for it.
std::unique_ptr<Process> start_held(CountedProject& counted, Proxy& proxy, const std::string& url,
                                    milliseconds how_long) {
  proxy.hold(commit_to_hold, how_long);
  counted.project().set_url(proxy.url_of(database_in(url)));
  auto process = counted.project().start({"deploy", "--connect-timeout", "2s"});
  while (proxy.cuts() == 0 && process->is_running()) std::this_thread::sleep_for(milliseconds(2));
  counted.project().set_url(url);
  // What came before the COMMIT has been read by then.
  std::this_thread::sleep_for(milliseconds(200));
  return process;
}

std::string ledger_bytes(const Project& project) {
  std::ifstream file(project.ledger(), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void check_healed(const CountedProject& counted, const ProcessResult& after, Tally& tally) {
  const auto healed = counted.project().strata({"deploy"});
  tally.check(healed.exit_code == 0, "the next run: " + told(healed) + "\nafter: " + told(after));
  tally.check_none(counted.wrong());
}

}  // namespace

void random_terms(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  milliseconds longest{0};
  std::map<int, int> ends;
  milliseconds usual{150};
  for (int round = 1; tally.wants_more(); ++round) {
    CountedProject counted(url);
    write_varied(counted, tally);
    counted.add("shop/20260301000000_slow", "SELECT pg_sleep(0.1);");
    const auto process = counted.project().start({"deploy"});
    tally.sleep_below(usual);
    const auto sent = SteadyClock::now();
    process->kill(SIGTERM);
    const auto result = process->wait();
    const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - sent);
    tally.at("round " + std::to_string(round) + ", SIGTERM after " + std::to_string((result.elapsed - took).count()) +
             " ms");
    ++ends[result.signal == 0 ? result.exit_code : -result.signal];
    // Before main() has come to its handlers, or when all was done.
    const bool early_or_late = result.signal == SIGTERM || result.exit_code == 0;
    tally.check(result.exit_code == 128 + SIGTERM || early_or_late, told(result));
    tally.check(took < seconds(2), "it took " + std::to_string(took.count()) + " ms to leave: " + told(result));
    longest = std::max(longest, took);
    if (result.exit_code == 0) usual = result.elapsed;
    check_healed(counted, result, tally);
    tally.count();
  }
  std::string told_ends;
  for (const auto& [end, count] : ends) {
    told_ends += (told_ends.empty() ? "" : ", ") + std::to_string(count) + " × " +
                 (end < 0 ? "signal " + std::to_string(-end) : "exit " + std::to_string(end));
  }
  tally.measure(told_ends + ", left after " + std::to_string(longest.count()) + " ms at most");
}

void terms_at_commit(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  std::string measured;
  // An answer within half the grace period is waited for; one that does not come is not.
  for (const auto delay : {milliseconds(1'000), milliseconds(20'000)}) {
    for (int round = 1; round <= (delay < seconds(2) ? tally.wanted() - 1 : 1) && tally.wants_more(); ++round) {
      tally.at("answer after " + std::to_string(delay.count()) + " ms, round " + std::to_string(round));
      Proxy proxy(PostgresServer::shared().socket_folder());
      CountedProject counted(url);
      write_two(counted);
      const auto process = start_held(counted, proxy, url, delay);
      const auto sent = SteadyClock::now();
      process->kill(SIGTERM);
      const auto result = process->wait();
      const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - sent);
      tally.check(result.exit_code == 128 + SIGTERM, told(result));
      tally.check(proxy.cancels() == 0, "the COMMIT was cancelled");
      if (delay < seconds(2)) {
        tally.check(took < seconds(4), "it took " + std::to_string(took.count()) + " ms");
        const auto outcomes = counted.project().ask("SELECT outcome FROM strata.run ORDER BY started_at DESC LIMIT 1");
        tally.check(outcomes == "stopped", "the run's outcome: " + outcomes);
        tally.check(counted.project().ask("SELECT count(*) FROM strata.migration WHERE state = 'applied'") == "2",
                    "what was committed is not there");
      } else {
        tally.check(took > seconds(10) && took < seconds(19), "it waited for " + std::to_string(took.count()) + " ms");
        tally.check(contains(result.err, "is unknown: stopped by SIGTERM"), "what is unknown: " + told(result));
      }
      measured += (measured.empty() ? "" : ", ") + std::to_string(delay.count()) +
                  " ms: " + std::to_string(took.count()) + " ms";
      check_healed(counted, result, tally);
      tally.count();
    }
  }
  tally.measure(measured);
}

void second_signals(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  milliseconds longest{0};
  for (int round = 1; tally.wants_more(); ++round) {
    const int second = round % 2 == 1 ? SIGTERM : SIGINT;
    tally.at("round " + std::to_string(round));
    Proxy proxy(PostgresServer::shared().socket_folder());
    CountedProject counted(url);
    write_two(counted);
    const auto process = start_held(counted, proxy, url, seconds(20));
    const auto before = ledger_bytes(counted.project());
    process->kill(SIGTERM);
    std::this_thread::sleep_for(milliseconds(100));
    tally.check(process->is_running(), "the first signal did not wait for the COMMIT");
    const auto sent = SteadyClock::now();
    process->kill(second);
    const auto result = process->wait();
    const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - sent);
    longest = std::max(longest, took);
    tally.check(result.exit_code == 128 + second, told(result));
    tally.check(took < seconds(1), "it took " + std::to_string(took.count()) + " ms");
    tally.check(ledger_bytes(counted.project()) == before, "it wrote into the ledger after the second signal");
    check_healed(counted, result, tally);
    tally.count();
  }
  tally.measure("left after " + std::to_string(longest.count()) + " ms at most");
}

}  // namespace strata::soak
