// How a run of any command ends: its report printed, its exit code.
#pragma once

#include "core/cli/workbench.h"

#include <chrono>
#include <functional>

namespace strata {

// Prints the report, with what stopped the run or left the ledger behind; the exit code.
int conclude(const Workbench& bench, const RunReport& report, std::chrono::milliseconds elapsed);

// What Kubernetes keeps in the pod's status, outside both stores: the first 4,096 bytes of it
// (https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/), in whole characters. To
// /dev/termination-log where there is one, or to what STRATA_TERMINATION_LOG names.
void write_termination_message(std::string text);

// An error for it: a long message is cut, so that SQLSTATE, place and what to do next are in it.
std::string last_words(Error error);

// Opens catalog, ledger and database, does the work, and concludes.
Result<int> run_and_report(const Workbench& bench,
                           const std::function<Result<RunReport>(const Site&, const Catalog&)>& work);

}  // namespace strata
