// What became of a fleet, target by target.
#pragma once

#include "core/report/text_report.h"
#include "core/runner.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace strata {

struct FleetResult {
  std::string target;
  int exit_code = 0;
  // As it told it itself, but for its heads' chains. Where it told nothing, or was never begun, outcome and stopped_by
  // say so.
  RunReport report;
  std::chrono::milliseconds elapsed{0};
  std::int64_t ended_ms = 0;  // Unix time
};

struct FleetReport {
  std::vector<FleetResult> done;       // in the order in which they ended
  std::vector<std::string> not_begun;  // by name
  int signal = 0;                      // that ended it
  std::chrono::milliseconds elapsed{0};

  // That of the first that failed; 128 + N after a signal; 0.
  int exit_code() const;
};

// What went wrong with a target, or nullptr.
const Error* trouble_of(const FleetResult& result);

// A target's line, with what went wrong below it; `error` is that as text: describe_error, or shorter.
std::string describe_target(const FleetResult& result, std::size_t width, const std::string& error,
                            const Palette& palette);

// "8 of 9 targets in 2.1 s, 1 failed"
std::string describe_fleet(const FleetReport& report);

}  // namespace strata
