// Several runners on one database, each with a ledger of its own.
#include "tests/faults/soak/counted_project.h"
#include "tests/faults/soak/scenarios.h"

#include <csignal>
#include <filesystem>
#include <map>
#include <thread>

namespace strata::soak {

using namespace strata::test;

namespace {

struct Runners {
  int applied_all = 0;   // how many say that they applied every step
  int applied_some = 0;  // … or some
  milliseconds slowest{0};
};

// All of them end with 0, and together they have done everything once.
Runners run_at_once(const CountedProject& counted, int count, milliseconds apart, const Environment& environment,
                    Tally& tally) {
  Runners runners;
  std::vector<std::unique_ptr<Process>> processes;
  for (int i = 0; i < count; ++i) {
    if (i > 0 && apart.count() > 0) tally.sleep_below(apart);
    processes.push_back(
        counted.project().start({"deploy", "--json", "--ledger", "ledger-" + std::to_string(i) + ".db"}, environment));
  }
  for (const auto& process : processes) {
    const auto result = process->wait();
    // Without the lock one may also find that another one was faster, and leaves it to that.
    const bool is_beaten = environment.count("STRATA_TEST_NO_LOCK") != 0 && result.exit_code == 65 &&
                           contains(result.err, "the history has moved on");
    tally.check(result.exit_code == 0 || is_beaten, told(result));
    const auto report = nlohmann::json::parse(result.out, nullptr, false);
    const auto applied = report.is_object() ? report.value("applied", nlohmann::json::array()).size() : 0;
    runners.applied_all += applied == counted.size();
    runners.applied_some += applied > 0;
    runners.slowest = std::max(runners.slowest, result.elapsed);
  }
  tally.check_none(counted.wrong());
  for (const int i : {0, count - 1}) {
    const auto ledger = "ledger-" + std::to_string(i) + ".db";
    for (const Arguments& command : std::vector<Arguments>{{"audit", "pull"}, {"audit", "verify"}}) {
      auto arguments = command;
      arguments.insert(arguments.end(), {"--ledger", ledger});
      const auto result = counted.project().strata(arguments);
      tally.check(result.exit_code == 0, ledger + ": " + told(result));
    }
  }
  return runners;
}

}  // namespace

void runners_at_once(Tally& tally) {
  CountedProject counted(PostgresServer::shared().create_database());
  write_varied(counted, tally);
  tally.at(std::to_string(tally.wanted()) + " runners");
  const auto runners = run_at_once(counted, tally.wanted(), milliseconds(0), {}, tally);
  tally.check(runners.applied_all == 1 && runners.applied_some == 1,
              std::to_string(runners.applied_some) + " of them applied something");
  tally.check(runners.slowest < seconds(30), "the last one took " + std::to_string(runners.slowest.count()) + " ms");
  tally.count(tally.wanted());
  tally.measure("the last one after " + std::to_string(runners.slowest.count()) + " ms");
}

void runners_without_lock(Tally& tally) {
  CountedProject counted(PostgresServer::shared().create_database());
  for (int i = 0; i < 8; ++i)
    counted.add("shop/2026010" + std::to_string(2 + i) + "000000_step", "SELECT pg_sleep(0.01);");
  tally.at(std::to_string(tally.wanted()) + " runners without the lock");
  const auto runners = run_at_once(counted, tally.wanted(), milliseconds(0), {{"STRATA_TEST_NO_LOCK", "1"}}, tally);
  tally.check(runners.slowest < seconds(30), "the last one took " + std::to_string(runners.slowest.count()) + " ms");
  tally.count(tally.wanted());
  tally.measure(std::to_string(runners.applied_some) + " of them applied something, the last one after " +
                std::to_string(runners.slowest.count()) + " ms");
}

void two_runners(Tally& tally) {
  const auto url = PostgresServer::shared().create_database();
  int waited = 0;
  for (int round = 1; tally.wants_more(); ++round) {
    CountedProject counted(url);
    write_varied(counted, tally);
    tally.at("round " + std::to_string(round));
    const auto runners = run_at_once(counted, 2, milliseconds(300), {}, tally);
    tally.check(runners.applied_all == 1 && runners.applied_some == 1,
                std::to_string(runners.applied_some) + " of two applied something");
    waited += runners.slowest > milliseconds(0);
    tally.count();
  }
}

// A runner that is stopped for longer than the server waits for an open transaction, while another one comes.
void frozen_runners(Tally& tally) {
  constexpr seconds frozen_for{35};
  const auto url = PostgresServer::shared().create_database();
  milliseconds longest{0};
  for (const std::string where : {"claimed:2", "statement:3", "guarded:2"}) {
    if (!tally.wants_more()) break;
    tally.at("frozen at " + where);
    CountedProject counted(url);
    write_two(counted);
    const auto paused = counted.project().root() / "paused";
    const auto frozen = counted.project().start({"deploy", "--ledger", "frozen.db"},
                                                {{"STRATA_TEST_PAUSE_AT", where}, {"STRATA_TEST_PAUSE_FILE", paused}});
    while (!std::filesystem::exists(paused) && frozen->is_running()) std::this_thread::sleep_for(milliseconds(2));
    frozen->kill(SIGSTOP);
    std::filesystem::remove(paused);
    const auto began = SteadyClock::now();
    const auto second = counted.project().strata({"deploy"});
    const auto took = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
    longest = std::max(longest, took);
    tally.check(second.exit_code == 0, told(second));
    tally.check(took < seconds(33), "the second runner was held up for " + std::to_string(took.count()) + " ms");
    std::this_thread::sleep_until(began + frozen_for);
    frozen->kill(SIGCONT);
    const auto thawed = frozen->wait();
    tally.check(thawed.exit_code == 0 || thawed.exit_code == 69, told(thawed));
    tally.check_none(counted.wrong());
    tally.count();
  }
  tally.measure("the second runner was done after " + std::to_string(longest.count()) + " ms at most");
}

}  // namespace strata::soak
