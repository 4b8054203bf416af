// Whether the history's functions and constraints are word for word those that strata made: what verify asks. A run
// does not wait for it: it trusts what the catalogs say in history_check.h.
#pragma once

#include "core/base/result.h"
#include "core/postgres/pg_session.h"

#include <string>
#include <vector>

namespace strata {

// What somebody changed, dropped or added, a sentence each. Needs no right to the history.
Result<std::vector<std::string>> look_at_definitions(PgSession& session, const std::string& schema);

}  // namespace strata
