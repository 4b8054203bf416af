// Runs in numbers, in the text format of Prometheus (version 0.0.4): for the textfile collector of its node exporter,
// or whoever picks up the file.
#pragma once

#include "core/report/fleet_report.h"
#include "core/runner.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace strata {

struct RunMetrics {
  std::string target;
  std::string outcome = "refused";
  int exit_code = 0;
  std::int64_t ended_ms = 0;  // Unix time
  std::chrono::milliseconds elapsed{0};
  std::optional<RunReport> report;             // null: refused before it began
  std::optional<std::int64_t> ledger_seen_ms;  // when the ledger last compared notes with the target
};

std::string metrics_text(const RunMetrics& run);

struct FleetMetrics {
  int exit_code = 0;          // that of the command, which may have begun nothing
  std::int64_t ended_ms = 0;  // Unix time
  FleetReport report;
};

// The fleet as a whole, then each of its runs.
std::string metrics_text(const FleetMetrics& fleet);

}  // namespace strata
