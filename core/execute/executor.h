// Runs the steps of a plan on one session, each exactly once: claim first, the work, guard, event, COMMIT.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/plan/plan.h"
#include "core/postgres/history.h"
#include "core/postgres/observer.h"
#include "core/postgres/pg_session.h"
#include "core/postgres/prisma_table.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace strata {

struct AppliedStep {
  MigrationId id;
  std::chrono::milliseconds elapsed{0};
};

// Whose run this is: written into every event.
struct RunIdentity {
  std::string run;       // uuid
  std::string database;  // strata's uuid of it
  std::string actor;
  std::string strata_version;
  std::string ledger;  // uuid; empty: none
  ChainHead intent;    // in that ledger
};

struct ExecuteOptions {
  std::chrono::milliseconds lock_timeout{3'000};
  std::chrono::milliseconds lock_wait{300'000};
  std::chrono::milliseconds statement_timeout{0};
  std::string search_path = "public";   // of migrations
  bool fsync_each = false;              // every COMMIT waits for the disk, not only the last of the run
  const PrismaTable* prisma = nullptr;  // kept as well …
  std::string prisma_module;            // … for the migrations of this module
};

// What somebody who watches is told.
struct StepWatcher {
  std::function<void(std::size_t)> on_planned = [](std::size_t) {};  // how many steps a run has
  std::function<void(const Step&)> on_begin = [](const Step&) {};
  std::function<void(const AppliedStep&)> on_applied = [](const AppliedStep&) {};
  std::function<void(const Step&, const std::string&)> on_trouble = [](const Step&, const std::string&) {};
  // It was rolled back for a lock that somebody else held, and is about to be tried again: after how long.
  std::function<void(std::chrono::milliseconds)> on_lock_wait = [](std::chrono::milliseconds) {};
  // Now and then while a statement runs: for how long, an index build's progress (phase, percent), who blocks it.
  std::function<void(std::chrono::milliseconds, const std::optional<IndexProgress>&, const std::string&)> on_waiting =
      [](std::chrono::milliseconds, const std::optional<IndexProgress>&, const std::string&) {};
  std::function<std::string()> blockers = [] { return std::string(); };  // seen while the last statement waited
};

class Executor {
 public:
  Executor(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
           const ExecuteOptions& options, const Clock& clock, const StepWatcher& watcher);

  // Applies one step. Fails with:
  // sql_failed (file, line, column, statement; rolled back, nothing of it is left), needs_person (without a
  // transaction: what is done stays done; or the migration ended its own transaction), lock_unavailable (after
  // lock_wait), already_claimed (another run has it: read again), interrupted, connection_lost (whether it is applied,
  // only the history can tell: take the lock first), refused (an index of that name is there already).
  Result<AppliedStep> apply(const Step& step, std::int64_t position);

  // All steps in one transaction. Fails like apply; then none of them is applied.
  Result<std::vector<AppliedStep>> apply_atomically(const std::vector<const Step*>& steps, std::int64_t first_position);

  // down.sql of an applied migration, and the record of it. With it `repeatables` are forgotten: what they made may be
  // gone with what is undone, so they run again. A text that cannot run in a transaction runs statement by statement,
  // and the migration is in doubt from its first to its last: ended half way, a person settles it (needs_person).
  Result<AppliedStep> revert(const Migration& migration, const Module& module, const Script& down,
                             const std::vector<const Migration*>& repeatables);

 private:
  struct Piece;

  Result<void> apply_in_transaction(const Step& step, std::int64_t position);
  Result<void> apply_by_statement(const Step& step, std::int64_t position);
  Result<void> run_statement(const Step& step, std::size_t index, const Event& final_event);
  Result<void> run_committing(const Step& step, const Statement& statement);
  // The record of progress behind a statement that is done, or in one transaction with it.
  Result<void> commit_statement(const Step& step, std::size_t index, const Event& final_event, bool with_statement);
  Result<void> run_bare(const Step& step, const Statement& statement, bool begun_before);
  Result<void> refuse_existing_indexes(const Step& step);
  Result<void> record(const Step& step, MigrationState state, std::size_t done, EventKind kind, const Error* why);
  Result<void> verify_apart(const Step& step);
  Error give_up_at(const Step& step, std::size_t index, Error error);
  // What the record of progress says once `done` statements are done: a step, or with the last of them "applied".
  Piece progress(const Step& step, std::size_t done, const Event& final_event);
  void add_prisma_end(const Step& step, std::vector<Piece>& pieces) const;
  Result<void> add_pieces(const Step& step, std::int64_t position, std::vector<Piece>& pieces);
  Result<void> commit_pieces(std::vector<Piece> pieces);
  Error refusal(const ServerMessage& message, const Piece& piece) const;
  Result<void> with_lock_retries(const Step& step, const std::function<Result<void>()>& attempt);

  bool is_prisma(const Migration& migration) const;

  Event event_of(EventKind kind, const Migration& migration, const Module& module) const;
  Event applied_event(const Step& step, std::int64_t position) const;

  PgSession& session_;
  const History& history_;
  EventChain& chain_;
  const RunIdentity& identity_;
  const ExecuteOptions& options_;
  const Clock& clock_;
  const StepWatcher& watcher_;
};

// The Error for what the server refused in a statement of `sql`: with its place, the source line and a caret.
Error locate_error(const ServerMessage& message, std::string_view sql, const std::string& path,
                   const Statement& statement);

}  // namespace strata
