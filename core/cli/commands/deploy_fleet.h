// deploy --fleet, as the command deploy hands it on.
#pragma once

#include "core/base/result.h"
#include "core/cli/workbench.h"
#include "core/report/metrics.h"

#include <cstddef>
#include <string>
#include <vector>

namespace strata {

struct FleetCommand {
  std::string file;
  std::string shard;
  std::size_t parallel = 4;
  std::size_t canary = 0;
  std::size_t max_failures = 1;
};

// `arguments`: what each target's deploy is told besides the global options. `metrics`: its numbers, but for the exit
// code and the time.
Result<int> deploy_fleet(const Workbench& bench, const FleetCommand& command, std::vector<std::string> arguments,
                         FleetMetrics& metrics);

}  // namespace strata
