// Executor's steps without a transaction: one statement at a time, each with the record of it.
#include "core/execute/executor_pieces.h"

#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/execute/statement_recovery.h"
#include "core/sql/quote.h"
#include "core/sql/source_text.h"

#include <nlohmann/json.hpp>

namespace strata {

namespace {

std::string error_json(const Error& error) {
  return nlohmann::json{{"sqlstate", error.sqlstate},
                        {"message", error.message},
                        {"file", error.where.file},
                        {"line", error.where.line},
                        {"column", error.where.column}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// DO and CALL may COMMIT on their own.
bool may_commit(const Statement& statement) {
  return statement.recovery == Recovery::unknown && (statement.kind == "DO" || statement.kind == "CALL");
}

// Builds an index or waits for old snapshots without blocking anybody: a short lock_timeout would only make it start
// over.
bool waits_without_blocking(const Statement& statement) {
  return statement.recovery == Recovery::create_index || statement.recovery == Recovery::drop_index ||
         statement.recovery == Recovery::reindex;
}

}  // namespace

Result<void> Executor::refuse_existing_indexes(const Step& step) {
  for (const auto& statement : step.script.statements) {
    if (statement.recovery != Recovery::create_index || !statement.index || statement.if_not_exists) continue;
    STRATA_TRY(const auto state, index_state(session_, statement, options_.search_path));
    if (state == IndexState::absent) continue;
    const auto text = check_source_text(step.migration->sql, step.migration->path);
    auto where = locate(*text, statement.offset, step.migration->path);
    return fail(Error{.code = ErrorCode::refused,
                      .message = "the index " + statement.index->name + " exists already" +
                                 (state == IndexState::invalid ? " (INVALID)" : "") + ", and not by this migration\n" +
                                 indented(source_excerpt(*text, where)),
                      .next = state == IndexState::invalid
                                  ? "drop it if nobody is building it: DROP INDEX CONCURRENTLY …; then deploy again"
                                  : "if it is the same index: strata resolve " + step.migration->id.text() +
                                        " --applied; else drop or rename it, then deploy again",
                      .where = where});
  }
  return {};
}

// Row and event of what has become of a migration outside a transaction; durable when this returns.
Result<void> Executor::record(const Step& step, MigrationState state, std::size_t done, EventKind kind,
                              const Error* why) {
  auto event = event_of(kind, *step.migration, *step.module);
  event.statements_done = static_cast<std::int64_t>(done);
  event.statements_total = static_cast<std::int64_t>(step.script.statements.size());
  event.fingerprint = step.script.fingerprint_of_first(done);
  if (why != nullptr) {
    event.sqlstate = why->sqlstate;
    event.note = one_line(why->message, 300);
  }
  const auto link = chain_.stage(event);
  std::vector<Piece> pieces;
  pieces.push_back(Piece::own(begin_sql));
  pieces.push_back(Piece::own(own_user_sql));
  pieces.push_back(Piece::own(own_role_sql));
  pieces.push_back(Piece::own("SET LOCAL synchronous_commit = " + quote_literal(session_.facts().synchronous_commit)));
  pieces.push_back(
      Piece::of(Piece::What::guard,
                history_.record({step.migration->id, state, done, step.script.statements.size(), step.migration->sha256,
                                 *event.fingerprint, why == nullptr ? "" : error_json(*why)},
                                identity_.run, kind, link),
                *step.migration));
  if (why != nullptr && is_prisma(*step.migration)) {
    pieces.push_back(Piece::of(Piece::What::own, options_.prisma->note_failure(step.migration->id.name, why->message),
                               *step.migration));
  }
  pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
  return commit_pieces(std::move(pieces));
}

Executor::Piece Executor::progress(const Step& step, std::size_t done, const Event& final_event) {
  const auto& migration = *step.migration;
  if (done == step.script.statements.size() && step.verify.statements.empty()) {
    return Piece::of(
        Piece::What::guard,
        history_.record({migration.id, MigrationState::applied, done, done, migration.sha256, step.script.fingerprint},
                        identity_.run, EventKind::applied, chain_.stage(final_event)),
        migration);
  }
  auto event = event_of(EventKind::step, migration, *step.module);
  event.statements_done = static_cast<std::int64_t>(done);
  event.statements_total = static_cast<std::int64_t>(step.script.statements.size());
  event.fingerprint = step.script.fingerprint_of_first(done);
  return Piece::of(Piece::What::guard,
                   history_.record({migration.id, MigrationState::running, done, step.script.statements.size(),
                                    migration.sha256, *event.fingerprint},
                                   identity_.run, EventKind::step, chain_.stage(event)),
                   migration);
}

// What has run without a transaction is finished in Prisma's table as well.
void Executor::add_prisma_end(const Step& step, std::vector<Piece>& pieces) const {
  const auto& migration = *step.migration;
  if (!is_prisma(migration)) return;
  pieces.push_back(
      Piece::of(Piece::What::own, options_.prisma->finish(migration.id.name, hex(migration.sha256)), migration));
}

// A statement that failed: what was done before it stays done, and a rerun goes on at it.
Error Executor::give_up_at(const Step& step, std::size_t index, Error error) {
  const auto& statement = step.script.statements[index];
  if (error.code == ErrorCode::connection_lost) return error;
  if (error.code != ErrorCode::interrupted) {
    const auto cleaned = clean_up(session_, statement, "");
    if (cleaned && !cleaned->empty()) error.message += "\n  " + *cleaned;
  }
  if (auto recorded = record(step, MigrationState::failed, index, EventKind::failed, &error); !recorded) {
    auto why = std::move(recorded.error());
    if (why.sqlstate == "ST003") {  // the lock is gone: nobody may write into the history any more
      why.code = ErrorCode::needs_person;
      why.message = step.migration->id.text() +
                    " gave strata's lock away outside a transaction: " + std::to_string(index) + " of its " +
                    std::to_string(step.script.statements.size()) + " statements are done and stay done";
      why.next =
          "take pg_advisory_unlock out of it, then run strata deploy: it says what is in doubt, and how to settle it";
    }
    return why;
  }
  if (index > 0 && error.code == ErrorCode::sql_failed) {
    error.code = ErrorCode::needs_person;
    error.message += "\n  it runs without a transaction: " + std::to_string(index) + " of its " +
                     std::to_string(step.script.statements.size()) + " statements are done and stay done";
    error.next = "mend statement " + std::to_string(index + 1) +
                 " (the ones before it must stay as they are) or its cause, then run strata deploy: it goes on there";
  }
  return error;
}

Result<void> Executor::run_bare(const Step& step, const Statement& statement, bool begun_before) {
  const auto settle = [&](bool after_a_try) -> Result<RecoveryAnswer> {
    // INVALID behind IF NOT EXISTS would be reported as a success by the server.
    if (!begun_before && !after_a_try && !statement.if_not_exists) return RecoveryAnswer{};
    return recover(session_, statement, "");
  };
  bool tried = false;
  return with_lock_retries(step, [&]() -> Result<void> {
    STRATA_TRY(auto answer, settle(tried));
    if (!answer.told.empty()) watcher_.on_trouble(step, answer.told);
    if (answer.verdict == Verdict::done) return {};
    if (answer.verdict == Verdict::unknown && begun_before && !step.refused_before && !tried) {
      return fail(ErrorCode::needs_person,
                  "statement at line " + std::to_string(statement.line) + " (" + statement.kind +
                      ") may or may not have been done when an earlier run ended, and the catalogs cannot tell");
    }
    tried = true;
    STRATA_STOP_POINT("bare");
    STRATA_TRY(const auto outcome, session_.try_without_rows(answer.sql.empty() ? statement.text : answer.sql));
    STRATA_STOP_POINT("bare-done");
    if (outcome.refused) {
      const auto text = check_source_text(step.migration->sql, step.migration->path);
      auto error = locate_error(*outcome.refused, *text, step.migration->path, statement);
      explain_safe_path(error, *outcome.refused, statement, session_.facts().server_version);
      return fail(std::move(error));
    }
    if (statement.recovery == Recovery::create_index && statement.index) {
      STRATA_TRY(const auto state, index_state(session_, statement, ""));
      if (state != IndexState::valid) {
        return fail(
            Error{.code = ErrorCode::sql_failed,
                  .message = "the server reports success, but the index " + statement.index->name + " is not valid",
                  .where = {step.migration->path, statement.line, statement.column}});
      }
    }
    return {};
  });
}

// One that has committed a part of its work by the time it fails: no other try may follow.
Result<void> Executor::run_committing(const Step& step, const Statement& statement) {
  STRATA_STOP_POINT("bare");
  STRATA_TRY(const auto outcome, session_.try_without_rows(statement.text));
  STRATA_STOP_POINT("bare-done");
  if (!outcome.refused) return {};
  const auto text = check_source_text(step.migration->sql, step.migration->path);
  auto error = locate_error(*outcome.refused, *text, step.migration->path, statement);
  error.code = ErrorCode::needs_person;
  error.message += "\n  it commits on its own: what it had committed before that stays done";
  return fail(std::move(error));
}

Result<void> Executor::run_statement(const Step& step, std::size_t index, const Event& final_event) {
  const auto& statement = step.script.statements[index];
  const bool begun_before = step.reason == StepReason::continues && index == step.resume_at;
  const bool bare = statement.recovery != Recovery::transactional;
  if (may_commit(statement) && (!begun_before || step.refused_before)) {
    // Most do not: then it and the record of it commit together, like any other statement.
    auto together = commit_statement(step, index, final_event, true);
    if (together || together.error().sqlstate != "2D000") return together;  // invalid transaction termination
    STRATA_CHECK(run_committing(step, statement));
  } else if (bare) {
    const bool patient = waits_without_blocking(statement) && !step.migration->directives.lock_timeout;
    if (patient) STRATA_CHECK(session_.query("SET lock_timeout = " + quote_literal(in_ms(options_.lock_wait))));
    STRATA_CHECK(run_bare(step, statement, begun_before));
    if (patient) STRATA_CHECK(session_.query("SET lock_timeout = " + quote_literal(in_ms(options_.lock_timeout))));
  }
  return commit_statement(step, index, final_event, !bare);
}

Result<void> Executor::commit_statement(const Step& step, std::size_t index, const Event& final_event,
                                        bool with_statement) {
  return with_lock_retries(step, [&]() -> Result<void> {
    std::vector<Piece> pieces;
    pieces.push_back(Piece::own(begin_sql));
    if (with_statement)
      pieces.push_back(Piece::of(Piece::What::statement, step.script.statements[index], *step.migration));
    pieces.push_back(Piece::own(own_user_sql));
    pieces.push_back(Piece::own(own_role_sql));
    pieces.push_back(
        Piece::own("SET LOCAL synchronous_commit = " + quote_literal(session_.facts().synchronous_commit)));
    pieces.push_back(progress(step, index + 1, final_event));
    const bool last = index + 1 == step.script.statements.size() && step.verify.statements.empty();
    if (last) add_prisma_end(step, pieces);
    pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
    return commit_pieces(std::move(pieces));
  });
}

Result<void> Executor::verify_apart(const Step& step) {
  std::vector<Piece> pieces;
  pieces.push_back(Piece::own(begin_sql));
  for (const auto& statement : step.verify.statements)
    pieces.push_back(Piece::of(Piece::What::verify, statement, *step.migration));
  pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
  return commit_pieces(std::move(pieces));
}

Result<void> Executor::apply_by_statement(const Step& step, std::int64_t position) {
  STRATA_CHECK(session_.query(std::string(login_role_sql) + "; " + leave_migration_sql + "; RESET ALL"));
  if (step.reason == StepReason::continues) {
    // It was "failed", so its next statement was surely not done. From here on that is not sure any more.
    if (step.refused_before)
      STRATA_CHECK(record(step, MigrationState::running, step.resume_at, EventKind::step, nullptr));
  } else {
    STRATA_CHECK(refuse_existing_indexes(step));
    const auto none_done = step.script.fingerprint_of_first(0);
    const Claim claim{step.migration->id,
                      step.migration->kind,
                      step.migration->sha256,
                      none_done,
                      step.script.statements.size(),
                      step.module->version.text(),
                      step.module->digest,
                      step.replaces};
    auto started = event_of(EventKind::started, *step.migration, *step.module);
    started.fingerprint = none_done;
    started.position = position;
    started.statements_total = static_cast<std::int64_t>(step.script.statements.size());
    std::vector<Piece> pieces;
    pieces.push_back(Piece::own(begin_sql));
    // Synchronous: with it everything that this run has committed before is durable too.
    pieces.push_back(
        Piece::own("SET LOCAL synchronous_commit = " + quote_literal(session_.facts().synchronous_commit)));
    pieces.push_back(Piece::of(Piece::What::claim, history_.claim(claim, identity_.run), *step.migration));
    pieces.push_back(
        Piece::of(Piece::What::guard,
                  history_.append_event(EventKind::started, identity_.run, step.migration->id, chain_.stage(started)),
                  *step.migration));
    if (is_prisma(*step.migration)) {
      pieces.push_back(Piece::of(Piece::What::own,
                                 options_.prisma->begin(step.migration->id.name, hex(step.migration->sha256)),
                                 *step.migration));
    }
    pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
    STRATA_CHECK(commit_pieces(std::move(pieces)));
    STRATA_STOP_POINT("started");
  }
  STRATA_CHECK(session_.query(migration_settings_sql(session_.facts(), options_, step.migration->directives)));
  // What the done statements have set is gone with the session that did them: a rerun sets it again.
  for (std::size_t index = 0; index < step.resume_at; ++index) {
    const auto& statement = step.script.statements[index];
    if (statement.session == SessionEffect::setting) STRATA_CHECK(session_.query(statement.text));
  }
  const auto final_event = applied_event(step, position);
  for (auto index = step.resume_at; index < step.script.statements.size(); ++index) {
    auto done = interrupt::signal_number() != 0 ? Result<void>(fail(interrupt::error()))
                                                : run_statement(step, index, final_event);
    if (!done && done.error().code == ErrorCode::needs_person) {
      auto error = std::move(done.error());
      STRATA_CHECK(record(step, MigrationState::in_doubt, index, EventKind::in_doubt, &error));
      const auto id = step.migration->id.text();
      error.next = "look at the database, then: strata resolve " + id + " --step " + std::to_string(index + 1) +
                   " --applied (it was done), or strata resolve " + id + " --retry (it was not)";
      return fail(std::move(error));
    }
    if (!done) return fail(give_up_at(step, index, std::move(done.error())));
    STRATA_STOP_POINT("step");
  }
  if (!step.verify.statements.empty() || step.resume_at == step.script.statements.size()) {
    if (auto verified = verify_apart(step); !verified) {
      auto error = std::move(verified.error());
      if (error.code == ErrorCode::connection_lost) return fail(std::move(error));
      STRATA_CHECK(record(step, MigrationState::failed, step.script.statements.size(), EventKind::failed, &error));
      error.code = ErrorCode::needs_person;
      error.next =
          "all its statements are done; mend the data or verify.sql, then run strata deploy: it verifies again";
      return fail(std::move(error));
    }
    std::vector<Piece> pieces;
    pieces.push_back(Piece::own(begin_sql));
    pieces.push_back(Piece::own(own_user_sql));
    pieces.push_back(Piece::own(own_role_sql));
    pieces.push_back(
        Piece::of(Piece::What::guard,
                  history_.record({step.migration->id, MigrationState::applied, step.script.statements.size(),
                                   step.script.statements.size(), step.migration->sha256, step.script.fingerprint},
                                  identity_.run, EventKind::applied, chain_.stage(final_event)),
                  *step.migration));
    add_prisma_end(step, pieces);
    pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
    return commit_pieces(std::move(pieces));
  }
  return {};
}

}  // namespace strata
