// deploy --fleet: one strata for each target, some at a time. Each is a process of its own, so that whatever becomes of
// one changes nothing for the others; Postgres holds the locks and the truth, and every one is safe to repeat.
#pragma once

#include "core/base/result.h"
#include "core/config/fleet.h"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace strata {

struct FleetOptions {
  std::size_t parallel = 4;
  std::size_t canary = 0;              // these first, one after the other: the first that fails ends it
  std::size_t max_failures = 1;        // with so many no more are begun
  std::vector<std::string> arguments;  // of each deploy, but for its target and URL
};

struct FleetResult {
  std::string target;
  int exit_code = 0;
  std::string outcome;  // as its own report says: "applied", "nothing to do", "failed", "refused", …
  std::size_t applied = 0;
  std::string error;  // what stopped it, and what to type
  std::string next;
  std::chrono::milliseconds elapsed{0};
};

struct FleetReport {
  std::vector<FleetResult> done;       // in the order in which they ended
  std::vector<std::string> not_begun;  // by name
  int signal = 0;                      // that ended it

  // That of the first that failed; 128 + N after a signal; 0.
  int exit_code() const;
};

// `on_done` is called as they end. After a signal those at work are told so, and waited for.
FleetReport run_fleet(const std::vector<FleetTarget>& targets, const FleetOptions& options,
                      const std::function<void(const FleetResult&)>& on_done);

}  // namespace strata
