// Memory that ends at one allocation of a run, wherever it is made: in strata or in a library (../shim.c).
#include "tests/faults/soak/counted_project.h"
#include "tests/faults/soak/scenarios.h"

#include <fstream>
#include <map>
#include <vector>

namespace strata::soak {

using namespace strata::test;

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitizer_allocates = true;
#else
constexpr bool sanitizer_allocates = false;
#endif

using Ends = std::map<std::string, int>;  // how often it ended how

ProcessResult run_shimmed(const Project& project, const Arguments& command, Environment environment) {
  environment["LD_PRELOAD"] = STRATA_SHIM;
  return project.strata(command, environment);
}

int allocations_of(const Project& project, const Arguments& command, Tally& tally) {
  const auto count = project.root() / "count";
  const auto result = run_shimmed(project, command, {{"STRATA_SHIM_COUNT", count.string()}});
  tally.at("counting the allocations of " + command.front());
  tally.check(result.exit_code == 0, test::told(result));
  int total = 0;
  std::ifstream(count) >> total;
  tally.check(total > 2'000, std::to_string(total) + " allocations only: the shim does not count");
  return total;
}

// So many, evenly spread from one on that chance chooses.
std::vector<int> chosen_of(int total, int wanted, Tally& tally) {
  const auto offset = static_cast<long>(tally.below(static_cast<unsigned>(total)));
  std::vector<int> chosen;
  for (long i = 0; i < wanted; ++i) chosen.push_back(1 + static_cast<int>((offset + i * total) / wanted));
  return chosen;
}

// It did without; out of memory; 65 where that was in the ledger, in words; 74 where the ledger is behind for it.
void strike(const Project& project, const Arguments& command, int at, Ends& ends, Tally& tally) {
  tally.at(command.front() + ", allocation " + std::to_string(at));
  const auto result = run_shimmed(project, command, {{"STRATA_SHIM_FAIL_ALLOCATION", std::to_string(at)}});
  const int code = result.exit_code;
  const bool is_proper = code == 0 || code == 69 || code == 74 || (code == 65 && contains(result.err, "memory"));
  tally.check(is_proper && result.signal == 0 && !result.timed_out, test::told(result));
  ++ends["exit " + std::to_string(code)];
  tally.count();
}

void strike_deploys(const std::string& url, int wanted, Ends& ends, Tally& tally) {
  const auto total = [&] {
    CountedProject counted(url);
    write_two(counted);
    return allocations_of(counted.project(), {"deploy"}, tally);
  }();
  for (const int at : chosen_of(total, wanted, tally)) {
    if (!tally.wants_more()) return;
    CountedProject counted(url);
    write_two(counted);
    strike(counted.project(), {"deploy"}, at, ends, tally);
    const auto healed = counted.project().strata({"deploy"});
    tally.check(healed.exit_code == 0, "the next run: " + test::told(healed));
    tally.check_none(counted.wrong());
  }
}

void strike_readers(const std::string& url, int wanted, Ends& ends, Tally& tally) {
  CountedProject counted(url);
  write_two(counted);
  const auto deployed = counted.project().strata({"deploy"});
  tally.check(deployed.exit_code == 0, test::told(deployed));
  for (const Arguments& command : {Arguments{"plan", "--offline", "--json"}, Arguments{"audit", "verify"}}) {
    const int total = allocations_of(counted.project(), command, tally);
    for (const int at : chosen_of(total, wanted / 2, tally)) {
      if (!tally.wants_more()) return;
      strike(counted.project(), command, at, ends, tally);
    }
  }
  tally.check_none(counted.wrong());
}

}  // namespace

void failed_allocations(Tally& tally) {
  if (sanitizer_allocates) {
    tally.skip("the sanitizer has an allocator of its own");
    return;
  }
  const auto url = PostgresServer::shared().create_database();
  Ends ends;
  strike_readers(url, tally.wanted() / 2, ends, tally);
  strike_deploys(url, tally.wanted() - tally.done(), ends, tally);
  tally.measure(ends);
}

}  // namespace strata::soak
