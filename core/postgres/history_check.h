// Whether the history's tables are as strata made them, and this role may do with them what a run does: asked before
// anything is.
#pragma once

#include "core/base/result.h"
#include "core/postgres/pg_session.h"

#include <string>
#include <vector>

namespace strata {

struct HistoryCheck {
  std::vector<std::string> foreign;  // what somebody else put there or took away, in words
  std::vector<std::string> grants;   // the statements that give this role what it lacks
};

// One question, answered from the catalogs: it needs no right to the history. Nothing of it is there: nothing is found.
Result<HistoryCheck> look_at_history(PgSession& session, const std::string& schema);

// The same as a refusal: history_damaged (65) or not_permitted (77).
Result<void> check_history(PgSession& session, const std::string& schema);

}  // namespace strata
