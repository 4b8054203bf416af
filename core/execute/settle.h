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

// A migration that is recorded as applied without running it.
struct Adoption {
  const Migration* migration = nullptr;
  Digest sha256{};  // of the text that was applied, which may have been changed since
  Digest fingerprint{};
  std::string note;  // how it is known: goes into the event
};
// As its text says now.
Result<Adoption> adoption_of(const Migration& migration);

// In one transaction, with one `adopted` event each; `beside` are statements that belong into it, behind them.
Result<void> adopt(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                   const Catalog& catalog, const std::vector<Adoption>& adoptions, std::int64_t first_position,
                   const Clock& clock, std::vector<Request> beside = {});

// Settles one migration, with what belongs `beside` in the same transaction. `step` (from 1) with `applied`: the
// statements up to it are done, the rest still runs. Fails with refused when there is nothing to settle.
Result<void> resolve(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                     const AppliedMigration& record, const Script& script, Resolution resolution,
                     std::optional<int> step, const Clock& clock, std::vector<Request> beside = {});

// A migration that another tool began and this history never knew counts as rolled back from here on.
Result<void> give_up(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                     const MigrationId& id, const Clock& clock, std::vector<Request> beside);

// Migrations whose text changed in comments or blanks only: their new sha256 is recorded, in one transaction.
Result<void> accept_checksums(PgSession& session, const History& history, EventChain& chain,
                              const RunIdentity& identity, const std::vector<AcceptedChange>& changes,
                              const Clock& clock);

}  // namespace strata
