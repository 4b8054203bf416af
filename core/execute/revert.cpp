// Executor's way back: down.sql, and the record of it.
#include "core/execute/executor_pieces.h"

#include "core/base/stop_point.h"

namespace strata {

Result<AppliedStep> Executor::revert(const Migration& migration, const Module& module, const Script& down,
                                     const std::vector<const Migration*>& repeatables) {
  const auto began = std::chrono::steady_clock::now();
  const Step step{.migration = &migration, .module = &module};
  watcher_.on_begin(step);
  // Errors point into down.sql: the piece sees a migration whose text is that.
  Migration reverse;
  reverse.id = migration.id;
  reverse.path = migration.path.substr(0, migration.path.rfind('/') + 1) + "down.sql";
  reverse.sql = *migration.down_sql;
  const auto settings = migration_settings_sql(session_.facts(), options_, {});
  if (!down.transactional) {
    // Whatever ends it half way: that it was begun is known, and a person settles it.
    Step begun{.migration = &migration, .module = &module};
    STRATA_TRY(begun.script, read_script(migration.sql, migration.path, migration.directives.no_transaction));
    STRATA_CHECK(record(begun, MigrationState::in_doubt, begun.script.statements.size(), EventKind::in_doubt, nullptr));
    STRATA_STOP_POINT("undo");
    STRATA_CHECK(session_.query("RESET ALL"));
    STRATA_CHECK(session_.query(settings));
    for (const auto& statement : down.statements) {
      auto done = with_lock_retries(step, [&]() -> Result<void> {
        STRATA_TRY(const auto outcome, session_.try_without_rows(statement.text));
        if (outcome.refused) return fail(refusal(*outcome.refused, Piece::of(Piece::What::undo, statement, reverse)));
        return {};
      });
      if (done) continue;
      auto error = std::move(done.error());
      if (error.code == ErrorCode::sql_failed) error.code = ErrorCode::needs_person;
      const auto id = migration.id.text();
      error.next =
          "it runs without a transaction, so what is done stays done: look at the database, then: strata resolve " +
          id + " --applied (all of it is there), or strata resolve " + id + " --rolled-back (all of it is undone)";
      return fail(std::move(error));
    }
  }
  STRATA_CHECK(with_lock_retries(step, [&]() -> Result<void> {
    std::vector<Piece> pieces;
    pieces.push_back(Piece::own(begin_sql));
    pieces.push_back(Piece::own("RESET ALL"));
    pieces.push_back(Piece::own(settings));
    if (down.transactional) {
      for (const auto& statement : down.statements) pieces.push_back(Piece::of(Piece::What::undo, statement, reverse));
    }
    pieces.push_back(Piece::own(login_role_sql));
    pieces.push_back(Piece::own(leave_migration_sql));
    auto event = event_of(EventKind::reverted, migration, module);
    event.fingerprint = down.fingerprint;
    event.note = note_of_undoing(sha256(reverse.sql));
    for (const auto* repeatable : repeatables) {
      auto forgotten = event_of(EventKind::reverted, *repeatable, module);
      forgotten.module_version.clear();  // it may be of another module
      forgotten.module_digest.reset();
      forgotten.note = "runs again, since " + migration.id.text() + " was undone";
      pieces.push_back(Piece::of(
          Piece::What::guard,
          history_.erase(repeatable->id, identity_.run, EventKind::reverted, chain_.stage(forgotten)), *repeatable));
    }
    pieces.push_back(Piece::of(Piece::What::guard,
                               history_.erase(migration.id, identity_.run, EventKind::reverted, chain_.stage(event)),
                               reverse));
    if (is_prisma(migration))
      pieces.push_back(Piece::of(Piece::What::own, options_.prisma->take_back(migration.id.name), reverse));
    pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
    return commit_pieces(std::move(pieces));
  }));
  const AppliedStep reverted{
      migration.id, std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began)};
  watcher_.on_applied(reverted);
  return reverted;
}

}  // namespace strata
