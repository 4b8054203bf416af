// Do the rows of strata.run say what the events and the ledger's intents say? Part of verify.h.
#pragma once

#include "core/postgres/history.h"
#include "state/ledger.h"

#include <string>
#include <vector>

namespace strata {

// `in_postgres`: the events of the history. `in_ledger`: of this database. What a row says of a run that this ledger
// did not witness, and that changed nothing, nobody can vouch for.
void compare_runs(const std::vector<RunRow>& rows, const std::vector<LedgerEvent>& in_postgres,
                  const std::vector<LedgerEvent>& in_ledger, std::vector<std::string>& findings);

}  // namespace strata
