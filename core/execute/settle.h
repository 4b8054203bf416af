// Changes to the history that run no migration: adopting, and what a person decides about one that failed or is in
// doubt.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/catalog/catalog.h"
#include "core/execute/executor.h"
#include "core/postgres/history.h"

#include <optional>
#include <string>
#include <vector>

namespace strata {

enum class Resolution { applied, rolled_back, retry };
const char* name_of(Resolution resolution);

// Records `migrations` as applied without running them, in one transaction, with one `adopted` event each.
Result<void> adopt(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                   const Catalog& catalog, const std::vector<const Migration*>& migrations, std::int64_t first_position,
                   const Clock& clock);

// Settles one migration. `step` (from 1) with `applied`: the statements up to it are done, the rest still runs.
// Fails with refused when there is nothing to settle.
Result<void> resolve(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                     const AppliedMigration& record, const Script& script, Resolution resolution,
                     std::optional<int> step, const Clock& clock);

// Migrations whose text changed in comments or blanks only: their new sha256 is recorded, in one transaction.
Result<void> accept_checksums(PgSession& session, const History& history, EventChain& chain,
                              const RunIdentity& identity, const std::vector<AcceptedChange>& changes,
                              const Clock& clock);

}  // namespace strata
