// What a database holds and how big it is, as the ledger keeps it: taken at the end of runs, read when nobody can ask
// the database itself.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/inventory/inventory_encoding.h"
#include "core/postgres/history.h"
#include "core/postgres/pg_session.h"
#include "state/ledger.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata {

struct RecordedContents {
  ChainHead postgres_head;  // what the database's history ended with
  std::int64_t at_ms = 0;
  Inventory inventory;
  Measurements measured;
};

// Asks the database, whose migrations run in `schema`; nothing of it is locked but for a moment. Fails with
// lock_unavailable where somebody holds a table that has to be looked at.
Result<RecordedContents> take_snapshot(PgSession& session, const History& history, const HistoryMeta& meta,
                                       const Ledger* ledger, const std::string& schema, const Clock& clock);

// Appends it, unless the newest one says the very same. Fails with ledger_behind.
Result<void> keep_snapshot(Ledger& ledger, const std::string& database, const RecordedContents& contents);

// Whether a run that did nothing leaves a new one: the newest is of an older history, or a minute old.
bool wants_snapshot(const Ledger& ledger, const HistoryMeta& meta, const Clock& clock);

// nullopt: none was taken. Fails with bad_ledger where the ledger does not hold what its event names.
Result<std::optional<RecordedContents>> newest_snapshot(const Ledger& ledger, const std::string& database);
Result<RecordedContents> read_snapshot(const Ledger& ledger, const Event& event);
// Without the inventory: sizes, owners and what else was noted.
Result<Measurements> read_measurements(const Ledger& ledger, const Event& event);
Result<std::optional<Measurements>> newest_measurements(const Ledger& ledger, const std::string& target);

}  // namespace strata
