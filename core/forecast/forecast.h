// What the pending steps of a plan will do to the tables that are there, and how long they may take. Pure.
#pragma once

#include "core/forecast/impact.h"
#include "core/inventory/inventory.h"
#include "core/plan/plan.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata {

// A migration that ran to its end before: here, or on another target.
struct PastRun {
  MigrationId id;
  Digest sha256{};  // of its text
  std::string target;
  std::chrono::milliseconds elapsed{0};
  std::vector<TableSize> sizes;  // as they were before it ran
  std::int64_t at_ms = 0;
};

struct TableForecast {
  TableImpact impact;
  std::optional<TableSize> size;  // null: not known
};

struct StatementForecast {
  const Statement* statement = nullptr;  // borrowed from the plan's step
  std::vector<TableForecast> tables;
  std::string unknown;  // why there may be more; "" where there is none
};

struct TimeForecast {
  std::chrono::milliseconds expected{0};
  const PastRun* past = nullptr;  // what it is told from; borrowed
  // Of the tables that the step reads or writes as a whole; both 0 where the time has nothing to do with size.
  std::int64_t bytes = 0;
  std::int64_t past_bytes = 0;
};

struct StepForecast {
  const Step* step = nullptr;                 // borrowed from the plan
  std::vector<StatementForecast> statements;  // those that are still to run
  std::vector<TableForecast> tables;          // the strongest of all statements, by name
  std::optional<TimeForecast> time;           // null: nothing to tell it from
};

// Where and how the steps will run.
struct ForecastTarget {
  const Inventory& inventory;           // what the database holds
  const std::vector<TableSize>& sizes;  // of its tables
  int server_major = 0;
  std::string schema;  // where names without a schema are looked up
};

// In the order of the steps. What earlier statements change is so for later ones; a table that the plan makes is not
// spoken of. `plan` and `past` outlive the forecast.
std::vector<StepForecast> forecast(const Plan& plan, const ForecastTarget& target, const std::vector<PastRun>& past);

}  // namespace strata
