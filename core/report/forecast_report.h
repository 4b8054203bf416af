// What people read of a forecast.
#pragma once

#include "core/foresight.h"
#include "core/report/text_report.h"

#include <string>

namespace strata {

// The lines beneath a step of a plan, each indented: what it does to tables that are there and who waits for it, what
// cannot be told, how long it may take. Nothing of what nobody notices: weak locks, new tables.
std::string describe_forecast(const StepForecast& step, const PlanForecast& plan, std::int64_t now_ms,
                              const Palette& palette);

// The same and more as one JSON object: all locks of all statements (docs/json.md).
std::string json_of_forecast(const StepForecast& step, const PlanForecast& plan);

}  // namespace strata
