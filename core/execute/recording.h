// What the events of a ledger say was run against a database, in order: what a replay runs again. Pure.
#pragma once

#include "state/ledger.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace strata {

struct RecordedAction {
  MigrationId id;
  Digest text{};  // its SHA-256: migration.sql, a repeatable, or down.sql
  bool is_undo = false;
  bool ran_here = true;  // false: adopted, so that its text is taken for what had been done
  // Without a transaction only some of its statements may have been run by then: from `first` up to `last`.
  std::size_t first = 0;
  std::optional<std::size_t> last{};  // nullopt: all that follow
  std::int64_t seq = 0;               // of the ledger's event
  std::int64_t postgres_seq = 0;
  std::int64_t at_ms = 0;
};

struct Recording {
  std::vector<RecordedAction> actions;
  // From one event of Postgres up to (not including) another, what was there is not what the actions make: a migration
  // had come half way, and a person took it back.
  std::vector<std::pair<std::int64_t, std::int64_t>> taken_back;
  // What people did with their own hands, as far as events tell of it: a replay cannot do it again.
  std::vector<std::string> remarks;
  ChainHead postgres_head;  // the last shared event of it
};

// Of the events of one database, in order.
Recording recording_of(const std::vector<LedgerEvent>& events, const std::string& database);

}  // namespace strata
