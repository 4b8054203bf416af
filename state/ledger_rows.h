// The rows of a ledger's tables as values, and values as rows.
#pragma once

#include "core/base/result.h"
#include "state/ledger.h"
#include "state/sqlite.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

Result<LedgerEvent> read_event(const Statement& row);  // of columns seq, body, postgres_seq, leaf, chain
// In order; database "" means all.
Result<std::vector<LedgerEvent>> read_events(Sqlite& database, const std::string& of_database, std::int64_t from_seq);
Result<std::optional<LedgerEvent>> read_newest(Sqlite& database, const std::string& of_database, EventKind kind);
Result<std::vector<LedgerEvent>> read_applied_as(Sqlite& database, const std::vector<std::string>& ids);
Result<std::vector<LedgerEvent>> read_intents_and_outcomes(Sqlite& database, const std::string& of_database);
// Ledger::each_event, each_blob.
Result<void> for_each_event(Sqlite& database, const std::function<Result<void>(const StoredEvent&)>& look);
Result<void> for_each_blob(Sqlite& database,
                           const std::function<Result<void>(const Digest&, const Result<std::string>&)>& look);

// A text by its sha256; one that is there already is left alone.
Result<void> insert_blob(Sqlite& database, std::string_view text);
Result<std::optional<std::string>> read_blob(Sqlite& database, const Digest& sha256);

Result<void> put_target(Sqlite& database, const LedgerTarget& target);
Result<std::vector<LedgerTarget>> read_targets(Sqlite& database);

Result<void> put_snapshot(Sqlite& database, const std::string& target, const Snapshot& snapshot);
// nullopt: the target has none.
Result<std::optional<Snapshot>> read_snapshot(Sqlite& database, const std::string& target);

}  // namespace strata
