// What a database says is applied, or the ledger where no database is in reach: the same value from both.
#pragma once

#include "core/model/migration.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

enum class MigrationState {
  applied,
  running,   // claimed by a run without a transaction that has not finished
  failed,    // a statement without a transaction failed; those before it are durable
  in_doubt,  // a statement without a transaction may or may not have happened: a person decides
};

const char* name_of(MigrationState state);
std::optional<MigrationState> parse_migration_state(std::string_view text);

struct AppliedMigration {
  MigrationId id;
  MigrationKind kind = MigrationKind::migration;
  MigrationState state = MigrationState::applied;
  Digest sha256{};       // of the text that ran
  Digest fingerprint{};  // of its statements
  int statements_done = 0;
  int statements_total = 0;
  std::string module_version;  // of the module that brought it; empty where only the ledger was asked
  std::string run;            // uuid of the run that last wrote it; empty where only the ledger was asked
  std::int64_t position = 0;  // place in the order in which this database applied them, from 1
};

using Applied = std::map<MigrationId, AppliedMigration>;

}  // namespace strata
