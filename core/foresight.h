// The forecast of a plan: told from the database itself, or from what the ledger has recorded of it.
#pragma once

#include "core/forecast/forecast.h"
#include "core/runner.h"
#include "core/sql/owners.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata {

struct PlanForecast {
  std::string target;
  std::int64_t as_of_ms = 0;        // when the database was looked at
  bool recorded = false;            // the ledger's word, not the database's own
  std::vector<StepForecast> steps;  // of the plan, in its order
  Owners owners;                    // modules of tables, as the ledger knows them: "cases.case_file"
};

// Asks the database. nullopt: nothing is planned, or it did not answer, which is said and no reason to fail.
std::optional<PlanForecast> forecast_now(const Site& site, const Plan& plan);

// From the newest snapshot of the target in the ledger. nullopt: nothing is planned, or there is no snapshot. Fails
// with bad_ledger. `schema`: the search_path of the target's migrations.
Result<std::optional<PlanForecast>> forecast_recorded(const Ledger& ledger, const std::string& target, const Plan& plan,
                                                      const std::string& schema);

// When and how long the very texts of the plan's steps ran before, on any target that the ledger knows, with the sizes
// of the tables before. Those of which no snapshot tells how long they took are left out.
Result<std::vector<PastRun>> past_runs(const Ledger& ledger, const Plan& plan);

}  // namespace strata
