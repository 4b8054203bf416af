// How a run of any command ends: its report printed, its exit code.
#pragma once

#include "core/cli/workbench.h"

#include <chrono>
#include <functional>

namespace strata {

// Opens catalog, ledger and database, does the work, prints the report, and returns the exit code.
Result<int> run_and_report(const Workbench& bench,
                           const std::function<Result<RunReport>(const Site&, const Catalog&)>& work);

}  // namespace strata
