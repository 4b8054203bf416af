#include "core/execute/executor.h"

#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/execute/statement_recovery.h"
#include "core/sql/quote.h"
#include "core/sql/source_text.h"

#include <nlohmann/json.hpp>
#include <random>

namespace strata {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* begin_sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE";
constexpr int most_deadlock_retries = 3;  // reliability facts C25

std::string in_ms(milliseconds length) {
  return std::to_string(length.count()) + "ms";
}

std::string error_json(const Error& error) {
  return nlohmann::json{{"sqlstate", error.sqlstate},
                        {"message", error.message},
                        {"file", error.where.file},
                        {"line", error.where.line},
                        {"column", error.where.column}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

bool may_pass(const Error& error) {
  return error.sqlstate == "55P03" || error.sqlstate == "40P01" || error.sqlstate == "40001";
}

// Back to the login role and an empty search_path before strata's own statements, whatever the migration has set.
constexpr const char* login_role_sql = "SET SESSION AUTHORIZATION DEFAULT";
constexpr const char* leave_migration_sql =
    "SELECT pg_catalog.set_config('role', 'none', false), pg_catalog.set_config('search_path', '', false)";
// The same within a statement's own transaction, after which the migration's role counts again.
constexpr const char* own_user_sql = "SET LOCAL SESSION AUTHORIZATION DEFAULT";
constexpr const char* own_role_sql = "SELECT pg_catalog.set_config('role', 'none', true)";

// The source line and its caret, moved in by as much, so that they stay one below the other.
std::string indented(const std::string& excerpt) {
  const auto end = excerpt.find('\n');
  return end == std::string::npos ? "    " + excerpt
                                  : "    " + excerpt.substr(0, end) + "\n    " + excerpt.substr(end + 1);
}

std::string verify_path(const Migration& migration) {
  return migration.path.substr(0, migration.path.rfind('/') + 1) + "verify.sql";
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

// One request of a transaction and what it is, so that a refusal can be told in the user's terms.
struct Executor::Piece {
  enum class What { own, claim, statement, verify, guard, commit, undo } what = What::own;
  Request request;
  std::string sql{};                     // owns the text where `request` cannot borrow it
  const Statement* statement = nullptr;  // statement, verify
  const Migration* migration = nullptr;

  static Piece own(std::string text, What what = What::own) { return {what, {}, std::move(text), nullptr, nullptr}; }
  static Piece of(What what, Request request, const Migration& migration) {
    return {what, std::move(request), {}, nullptr, &migration};
  }
  static Piece of(What what, const Statement& statement, const Migration& migration) {
    Request request{statement.text, {}, {}};
    // COPY has a protocol of its own, in either direction, which a pipeline cannot carry.
    if (statement.kind == "COPY") request.copy_data = statement.copy_data ? *statement.copy_data : std::string_view();
    return {what, std::move(request), {}, &statement, &migration};
  }
};

Error locate_error(const ServerMessage& message, std::string_view sql, const std::string& path,
                   const Statement& statement) {
  auto error = to_error(message);
  // The server counts characters of the statement; the file is counted in bytes up to there.
  std::size_t offset = statement.offset;
  for (int characters = message.position; characters > 1 && offset < sql.size(); --characters) {
    do ++offset;
    while (offset < sql.size() && (static_cast<unsigned char>(sql[offset]) & 0xc0) == 0x80);
  }
  error.where = locate(sql, offset, path);
  error.message += "\n" + indented(source_excerpt(sql, error.where));
  if (!message.context.empty()) error.message += "\n  context: " + one_line(message.context, 300);
  return error;
}

Executor::Executor(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                   const ExecuteOptions& options, const Clock& clock, const StepWatcher& watcher)
    : session_(session),
      history_(history),
      chain_(chain),
      identity_(identity),
      options_(options),
      clock_(clock),
      watcher_(watcher) {}

Result<AppliedStep> Executor::apply(const Step& step, std::int64_t position) {
  if (interrupt::signal_number() != 0) return fail(interrupt::error());
  watcher_.on_begin(step);
  const auto began = SteadyClock::now();
  if (auto done =
          step.runs_in_transaction() ? apply_in_transaction(step, position) : apply_by_statement(step, position);
      !done) {
    done.error().subject = step.migration->id.text();
    return fail(std::move(done.error()));
  }
  const AppliedStep applied{step.migration->id, std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began)};
  watcher_.on_applied(applied);
  return applied;
}

bool Executor::is_prisma(const Migration& migration) const {
  return options_.prisma != nullptr && migration.kind == MigrationKind::migration &&
         migration.id.module == options_.prisma_module;
}

Event Executor::event_of(EventKind kind, const Migration& migration, const Module& module) const {
  Event event;
  event.kind = kind;
  event.database = identity_.database;
  event.run = identity_.run;
  event.at_ms = clock_.now_ms();
  event.subject = migration.id.text();
  event.migration_kind = migration.kind == MigrationKind::repeatable ? "repeatable" : "migration";
  event.module_version = module.version.text();
  event.module_digest = module.digest;
  event.sha256 = migration.sha256;
  event.actor = identity_.actor;
  event.strata_version = identity_.strata_version;
  event.ledger = identity_.ledger;
  if (!identity_.ledger.empty()) {
    event.intent_seq = identity_.intent.seq;
    event.intent_chain = identity_.intent.chain;
  }
  return event;
}

Event Executor::applied_event(const Step& step, std::int64_t position) const {
  auto event = event_of(EventKind::applied, *step.migration, *step.module);
  event.fingerprint = step.script.fingerprint;
  event.position = position;
  event.statements_done = event.statements_total = static_cast<std::int64_t>(step.script.statements.size());
  if (step.out_of_order) event.note = "out of order, allowed";
  return event;
}

// A clean session for each migration, whatever the one before it has set: sent after RESET ALL, it sets everything of
// ours that a default of role or database could change.
std::string Executor::settings_sql(const Directives& directives) const {
  const auto set = [](const char* name, const std::string& value) {
    return std::string("pg_catalog.set_config('") + name + "', " + quote_literal(value) + ", false)";
  };
  auto sql = "SELECT " + set("lock_timeout", in_ms(directives.lock_timeout.value_or(options_.lock_timeout))) + ", " +
             set("statement_timeout", in_ms(directives.statement_timeout.value_or(options_.statement_timeout))) + ", " +
             set("idle_in_transaction_session_timeout", "30s") + ", " + set("standard_conforming_strings", "on") +
             ", " + set("client_min_messages", "notice") + ", " + set("row_security", "off") + ", " +
             set("bytea_output", "hex") + ", " + set("role", "none") + ", " +
             set("synchronous_commit", options_.fsync_each ? session_.facts().synchronous_commit : "off") + ", " +
             set("search_path", quote_identifier(options_.search_path));
  if (session_.facts().server_version >= 140000) {
    sql += ", " + set("client_connection_check_interval", "1s") + ", " + set("idle_session_timeout", "0");
  }
  if (session_.facts().server_version >= 170000) sql += ", " + set("transaction_timeout", "0");
  return sql;
}

// Sends the pieces as one transaction, in one go. What was staged on the chain becomes its head with the COMMIT.
Result<void> Executor::commit_pieces(std::vector<Piece> pieces) {
  std::vector<Request> requests;
  requests.reserve(pieces.size());
  for (auto& piece : pieces) {
    if (!piece.sql.empty()) piece.request.sql = piece.sql;
    requests.push_back(piece.request);
  }
  std::size_t sent = 0;  // pieces that went ahead of the others
#ifdef STRATA_STOP_POINTS
  // A test that wants to die between two statements of a transaction has them sent one by one up to there.
  if (stop_points_wanted()) {
    for (; requests.size() > 1; ++sent) {
      STRATA_TRY(const auto outcome, session_.batch({requests.front()}));
      if (outcome.refused) {
        chain_.rollback();
        STRATA_CHECK(session_.query("ROLLBACK"));
        return fail(refusal(*outcome.refused, pieces[sent]));
      }
      static constexpr const char* names[] = {"own", "claimed", "statement", "verified", "guarded", "commit", "undone"};
      stop_point(names[static_cast<int>(pieces[sent].what)]);
      requests.erase(requests.begin());
    }
  }
#endif
  auto outcome = session_.batch(requests);
  if (!outcome) {
    chain_.rollback();
    return fail(std::move(outcome.error()));
  }
  STRATA_STOP_POINT("committed");
  if (outcome->refused) {
    chain_.rollback();
    STRATA_CHECK(session_.query("ROLLBACK"));
    return fail(refusal(*outcome->refused, pieces[sent + outcome->results.size()]));
  }
  // COMMIT of a transaction that had failed "succeeds" with the tag ROLLBACK.
  if (outcome->results.back().command_tag() != "COMMIT") {
    chain_.rollback();
    return fail(ErrorCode::sql_failed,
                "COMMIT was answered with " + outcome->results.back().command_tag() + ": nothing was applied");
  }
  chain_.commit();
  return {};
}

Error Executor::refusal(const ServerMessage& message, const Piece& piece) const {
  auto error = to_error(message);
  if (piece.statement != nullptr) {
    const bool from_verify = piece.what == Piece::What::verify;
    const auto& bytes = from_verify ? *piece.migration->verify_sql : piece.migration->sql;
    const auto path = from_verify ? verify_path(*piece.migration) : piece.migration->path;
    const auto text = check_source_text(bytes, path);
    error = locate_error(message, text ? *text : std::string_view(bytes), path, *piece.statement);
    error.next = piece.what == Piece::What::undo
                     ? "mend " + path + ", then run strata down again: the migration is still applied"
                     : "mend " + path + ", then run strata deploy: nothing of this migration was applied";
    if (message.sqlstate == "57014" && interrupt::signal_number() != 0)
      error.next = "run the command again: it goes on where it was stopped";
    if (from_verify) error.message = "verify.sql refuses the result: " + error.message;
  }
  if (piece.migration != nullptr) error.subject = piece.migration->id.text();
  if (piece.what == Piece::What::claim && (message.sqlstate == "23505" || message.sqlstate == "ST004"))
    error.code = ErrorCode::already_claimed;
  if (piece.what == Piece::What::commit) error.message = "COMMIT failed: " + error.message;
  if (error.sqlstate == "ST003") {
    error.code = ErrorCode::sql_failed;
    error.message = error.subject + " gave strata's lock away while it ran: it was rolled back";
    error.next = "take pg_advisory_unlock out of it, then run strata deploy";
  }
  if (error.sqlstate == "ST001" || (piece.statement == nullptr && error.sqlstate == "25P01")) {
    error.code = ErrorCode::needs_person;
    error.message = error.subject + " ended its own transaction while it ran: a part of it may be durable";
    error.next = "take COMMIT and ROLLBACK out of it; look at the database, then: strata resolve " + error.subject +
                 " --applied | --rolled-back";
  }
  if (error.sqlstate == "55P04") {
    error.next =
        "a new enum value cannot be used in the transaction that adds it: write the use into the next migration, "
        "or -- strata: no-transaction at the head of this file";
  }
  if (error.sqlstate == "53200") {
    error.next =
        "the server's lock table cannot hold so many objects in one transaction: raise max_locks_per_transaction, or "
        "leave out --atomic";
  }
  return error;
}

// Tries again, with back-off, while the reason is a lock that somebody else holds.
Result<void> Executor::with_lock_retries(const Step& step, const std::function<Result<void>()>& attempt) {
  const auto began = SteadyClock::now();
  std::minstd_rand random(std::random_device{}());
  int deadlocks = 0;
  for (milliseconds pause{200};; pause = std::min(pause * 2, milliseconds(5'000))) {
    auto done = attempt();
    if (done || !may_pass(done.error())) return done;
    auto& error = done.error();
    const auto blockers = watcher_.blockers();
    const auto spent = std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
    if (error.sqlstate != "55P03") ++deadlocks;
    if (spent + pause > options_.lock_wait || deadlocks > most_deadlock_retries) {
      error.code = ErrorCode::lock_unavailable;
      error.message +=
          "\n  given up after " + human_duration(spent) + (blockers.empty() ? "" : "; blocked by " + blockers);
      error.next =
          "end the blocking transaction or wait for it, then run strata deploy again; --lock-wait gives it more time";
      return done;
    }
    watcher_.on_trouble(step, one_line(error.message.substr(0, error.message.find('\n')), 120) +
                                  (blockers.empty() ? "" : "; blocked by " + blockers) + "; rolled back, next try in " +
                                  human_duration(pause));
    STRATA_CHECK(interrupt::sleep(pause / 2 + milliseconds(random() % static_cast<unsigned>(pause.count()))));
  }
}

Result<void> Executor::add_pieces(const Step& step, std::int64_t position, std::vector<Piece>& pieces) {
  const auto& migration = *step.migration;
  const Claim claim{migration.id,
                    migration.kind,
                    migration.sha256,
                    step.script.fingerprint,
                    step.script.statements.size(),
                    step.module->version.text(),
                    step.module->digest,
                    step.replaces};
  pieces.push_back(Piece::own(login_role_sql));
  pieces.push_back(Piece::own("RESET ALL"));
  pieces.push_back(Piece::own(settings_sql(migration.directives)));
  pieces.push_back(Piece::of(Piece::What::claim, history_.claim(claim, identity_.run), migration));
  for (const auto& statement : step.script.statements)
    pieces.push_back(Piece::of(Piece::What::statement, statement, migration));
  for (const auto& statement : step.verify.statements)
    pieces.push_back(Piece::of(Piece::What::verify, statement, migration));
  pieces.push_back(Piece::own(login_role_sql));
  pieces.push_back(Piece::own(leave_migration_sql));
  if (is_prisma(migration)) {
    pieces.push_back(Piece::of(
        Piece::What::own,
        options_.prisma->insert_applied(migration.id.name, hex(migration.sha256), migration.id.text()), migration));
  }
  const auto link = chain_.stage(applied_event(step, position));
  pieces.push_back(Piece::of(Piece::What::guard,
                             history_.finish(migration.id, identity_.run, step.script.fingerprint, link), migration));
  return {};
}

Result<void> Executor::apply_in_transaction(const Step& step, std::int64_t position) {
  return with_lock_retries(step, [&]() -> Result<void> {
    std::vector<Piece> pieces;
    pieces.push_back(Piece::own(begin_sql));
    STRATA_CHECK(add_pieces(step, position, pieces));
    pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
    return commit_pieces(std::move(pieces));
  });
}

Result<std::vector<AppliedStep>> Executor::apply_atomically(const std::vector<const Step*>& steps,
                                                            std::int64_t first_position) {
  const auto began = SteadyClock::now();
  for (const auto* step : steps) watcher_.on_begin(*step);
  STRATA_CHECK(with_lock_retries(*steps.front(), [&]() -> Result<void> {
    std::vector<Piece> pieces;
    pieces.push_back(Piece::own(begin_sql));
    auto position = first_position;
    for (const auto* step : steps) STRATA_CHECK(add_pieces(*step, position++, pieces));
    pieces.push_back(Piece::own("COMMIT", Piece::What::commit));
    return commit_pieces(std::move(pieces));
  }));
  // They went as one: each is told an equal share of the time.
  const auto share =
      std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began) / static_cast<int>(steps.size());
  std::vector<AppliedStep> applied;
  for (const auto* step : steps) {
    applied.push_back({step->migration->id, share});
    watcher_.on_applied(applied.back());
  }
  return applied;
}

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
    const auto cleaned = clean_up(session_, statement, options_.search_path);
    if (cleaned && !cleaned->empty()) error.message += "\n  " + *cleaned;
  }
  if (auto recorded = record(step, MigrationState::failed, index, EventKind::failed, &error); !recorded)
    return recorded.error();
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
    return recover(session_, statement, options_.search_path);
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
    STRATA_TRY(const auto outcome, session_.try_query(answer.sql.empty() ? statement.text : answer.sql));
    STRATA_STOP_POINT("bare-done");
    if (outcome.refused) {
      const auto text = check_source_text(step.migration->sql, step.migration->path);
      return fail(locate_error(*outcome.refused, *text, step.migration->path, statement));
    }
    if (statement.recovery == Recovery::create_index && statement.index) {
      STRATA_TRY(const auto state, index_state(session_, statement, options_.search_path));
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
  STRATA_TRY(const auto outcome, session_.try_query(statement.text));
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
  STRATA_CHECK(session_.query(settings_sql(step.migration->directives)));
  // What the done statements have SET is gone with the session that did them: a rerun sets it again.
  for (std::size_t index = 0; index < step.resume_at; ++index) {
    if (step.script.statements[index].kind == "SET") STRATA_CHECK(session_.query(step.script.statements[index].text));
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

Result<AppliedStep> Executor::revert(const Migration& migration, const Module& module, const Script& down,
                                     const std::vector<const Migration*>& repeatables) {
  const auto began = SteadyClock::now();
  const Step step{.migration = &migration, .module = &module};
  watcher_.on_begin(step);
  // Errors point into down.sql: the piece sees a migration whose text is that.
  Migration reverse;
  reverse.id = migration.id;
  reverse.path = migration.path.substr(0, migration.path.rfind('/') + 1) + "down.sql";
  reverse.sql = *migration.down_sql;
  const auto settings = settings_sql({});
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
        STRATA_TRY(const auto outcome, session_.try_query(statement.text));
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
    event.note = "sha256 of down.sql: " + hex(sha256(reverse.sql));
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
  const AppliedStep reverted{migration.id, std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began)};
  watcher_.on_applied(reverted);
  return reverted;
}

}  // namespace strata
