// How a run of any command ends: its report printed, its exit code.
#pragma once

#include "core/cli/workbench.h"

#include <chrono>
#include <functional>

namespace strata {

// Prints the report, with what stopped the run or left the ledger behind; the exit code.
int conclude(const Workbench& bench, const RunReport& report, std::chrono::milliseconds elapsed);

// Opens catalog, ledger and database, does the work, and concludes.
Result<int> run_and_report(const Workbench& bench,
                           const std::function<Result<RunReport>(const Site&, const Catalog&)>& work);

}  // namespace strata
