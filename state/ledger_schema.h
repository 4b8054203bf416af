// The tables of a ledger file, format 1, and whether a file has exactly these.
#pragma once

#include "core/base/result.h"
#include "state/sqlite.h"

#include <cstdint>
#include <string>

namespace strata {

constexpr std::int64_t ledger_application_id = 0x73747261;  // "stra": for ever
constexpr std::int64_t ledger_format = 1;                   // user_version

// In the caller's transaction: tables, triggers, application_id, user_version.
Result<void> create_ledger_schema(Sqlite& database);

// Nothing was ever in it: a new file, or what a creation that was killed has left.
Result<bool> is_blank(Sqlite& database);

// Fails with bad_ledger: another application's, another format, or a table, view, trigger or index that is not ours. To
// be asked before anything else is read from a file: a schema can carry code.
Result<void> check_ledger_schema(Sqlite& database, const std::string& path);

}  // namespace strata
