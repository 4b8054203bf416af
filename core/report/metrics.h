// A run in numbers, in the text format of Prometheus (version 0.0.4): for the textfile collector of its node exporter,
// or whoever picks up the file.
#pragma once

#include "core/runner.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace strata {

struct RunMetrics {
  std::string target;
  int exit_code = 0;
  std::int64_t ended_ms = 0;
  std::chrono::milliseconds elapsed{0};
  std::optional<RunReport> report;  // null: refused before it began
  std::size_t lock_waits = 0;       // how often a migration was rolled back for a lock that somebody held
  std::chrono::milliseconds lock_waited{0};
  std::optional<std::int64_t> ledger_seen_ms;  // when the ledger last compared notes with the target
};

std::string metrics_text(const RunMetrics& run);

}  // namespace strata
