// Brings a ledger level with the history in Postgres, which is the truth: imports what it has not seen, settles intents
// that have no outcome, and refreshes what offline planning reads. One append; safe to repeat.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/catalog/catalog.h"
#include "core/postgres/history.h"
#include "core/postgres/pg_session.h"
#include "state/ledger.h"

#include <optional>
#include <string>
#include <vector>

namespace strata {

// How the run that ends now has ended: the outcome of its intent.
struct RunEnd {
  std::string run;
  std::string outcome;  // applied, failed, stopped, …
  std::string sqlstate;
  std::string note;
};

struct Reconciled {
  std::size_t imported = 0;          // events of other runs, or of a lost ledger
  std::vector<std::string> settled;  // "run …: applied (found by reconcile)"
  bool rebuilt = false;              // the ledger knew nothing of this database before
};

// Is `session`'s database the one that `target` of the ledger means? Fails with ledger_mismatch (another database or a
// clone: both identities in words), needs_person (the database lost what the ledger knows, with the list), or
// history_damaged (its chain is not the one the ledger has seen). `meta`: nullopt when there is no history.
Result<void> check_identity(const Ledger& ledger, const std::string& target, const SessionFacts& facts,
                            const std::optional<HistoryMeta>& meta);

struct ReconcileOptions {
  std::string target;
  bool settle_intents = true;  // only while the run lock is held: then no old backend can still commit
  std::optional<RunEnd> run_end;
};

// check_identity has passed, and `meta` was read on this session, whose open transaction may end here: what goes into
// the ledger is made durable in Postgres first. The texts of `catalog` become blobs where events name them. Fails with
// history_damaged or ledger_behind.
Result<Reconciled> reconcile(Ledger& ledger, PgSession& session, const History& history,
                             const std::optional<HistoryMeta>& meta, const Catalog* catalog, const Clock& clock,
                             const ReconcileOptions& options);

// Reads the shared events from `known` on and checks that they follow from it. `known.seq` 0: from the beginning.
Result<std::vector<ChainedEvent>> read_checked_events(PgSession& session, const History& history,
                                                      const std::string& database, const ChainHead& known);

}  // namespace strata
