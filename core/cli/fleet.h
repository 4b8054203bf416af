// deploy --fleet: one strata for each target, some at a time. Each is a process of its own, so that whatever becomes of
// one changes nothing for the others; Postgres holds the locks and the truth, and every one is safe to repeat.
#pragma once

#include "core/base/clock.h"
#include "core/config/fleet.h"
#include "core/report/fleet_report.h"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace strata {

// Set for each of these processes. What is sent to the runner's whole group, or by a supervisor to every process,
// reaches them twice, since the runner hands it on: a second signal is no second wish there.
inline constexpr const char* fleet_member_variable = "STRATA_FLEET_MEMBER";

struct FleetOptions {
  std::size_t parallel = 4;
  std::size_t canary = 0;              // these first, one after the other: the first that fails ends it
  std::size_t max_failures = 1;        // with so many no more are begun
  std::vector<std::string> arguments;  // of each deploy, but for its target and URL
};

// `on_done` is called as they end; what they log of trouble goes to this log, under their names. After a signal those
// at work are told so, and waited for.
FleetReport run_fleet(const std::vector<FleetTarget>& targets, const FleetOptions& options, const Clock& clock,
                      const std::function<void(const FleetResult&)>& on_done);

}  // namespace strata
