// Do ledger and Postgres prove each other? Everything that does not fit, each as a sentence that names it.
#pragma once

#include "core/base/result.h"
#include "core/postgres/history.h"
#include "state/checkpoint.h"
#include "state/ledger.h"

#include <optional>
#include <string>
#include <vector>

namespace strata {

struct VerifyReport {
  std::vector<std::string> findings;  // empty: all is well
  std::size_t ledger_events = 0;
  std::size_t postgres_events = 0;
  ChainHead ledger_head;
  ChainHead postgres_head;
};

// `session`: null to verify the ledger alone. Both sides must go on from where the `checkpoints` saw them. Fails only
// where a side cannot be read at all.
Result<VerifyReport> verify(const Ledger& ledger, const std::string& target, PgSession* session, const History& history,
                            const std::vector<Checkpoint>& checkpoints = {});

}  // namespace strata
