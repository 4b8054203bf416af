// What became of a statement that ran outside a transaction when its run ended: the catalogs often know.
#pragma once

#include "core/base/result.h"
#include "core/postgres/pg_session.h"
#include "core/sql/script.h"

#include <string>

namespace strata {

enum class Verdict {
  run_it,   // it is not done, and whatever it left has been removed
  done,     // it is done
  unknown,  // only a person can tell
};

struct RecoveryAnswer {
  Verdict verdict = Verdict::run_it;
  std::string sql;   // what to run, where it is not the statement itself (DETACH … FINALIZE); else empty
  std::string told;  // what was found and done about it, for the log; may be empty
};

// The state of the index that a CREATE INDEX CONCURRENTLY names.
enum class IndexState { absent, valid, invalid };
Result<IndexState> index_state(PgSession& session, const Statement& statement, const std::string& default_schema);

// Before a statement is run that an earlier run may have begun. Drops an INVALID index and the left-overs of REINDEX.
Result<RecoveryAnswer> recover(PgSession& session, const Statement& statement, const std::string& default_schema);

// After such a statement failed or was cancelled: drops the INVALID index that it left. Returns what was done, or "".
Result<std::string> clean_up(PgSession& session, const Statement& statement, const std::string& default_schema);

}  // namespace strata
