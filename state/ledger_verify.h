// What a ledger file can prove about itself.
#pragma once

#include "core/base/result.h"
#include "state/ledger.h"
#include "state/sqlite.h"

#include <optional>
#include <string>
#include <vector>

namespace strata {

// Where the chain ends that goes on from a known head, and the first event that does not fit: nothing is known of it,
// and of all that follow.
struct ChainCheck {
  ChainHead head;
  std::optional<Finding> broken;
};

// Bodies, leaves, chain values and numbers of the events from `known` on; `known` itself must still be what it was.
// Bodies are not decoded, so that a long ledger opens fast.
Result<ChainCheck> check_chain(Sqlite& database, const ChainHead& known);

// Ledger::verify.
std::vector<Finding> verify_ledger(Sqlite& database, const std::string& path, const std::string& ledger);

}  // namespace strata
