#include "core/execute/executor_pieces.h"

#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/sql/quote.h"
#include "core/sql/source_text.h"

#include <random>

namespace strata {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr int most_deadlock_retries = 3;  // reliability facts C25

bool may_pass(const Error& error) {
  return error.sqlstate == "55P03" || error.sqlstate == "40P01" || error.sqlstate == "40001";
}

std::string verify_path(const Migration& migration) {
  return migration.path.substr(0, migration.path.rfind('/') + 1) + "verify.sql";
}

}  // namespace

std::string in_ms(milliseconds length) {
  return std::to_string(length.count()) + "ms";
}

std::string indented(const std::string& excerpt) {
  const auto end = excerpt.find('\n');
  return end == std::string::npos ? "    " + excerpt
                                  : "    " + excerpt.substr(0, end) + "\n    " + excerpt.substr(end + 1);
}

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

// Since Postgres 17 these run with a search_path of their own, in which a function finds nothing but pg_catalog.
void explain_safe_path(Error& error, const ServerMessage& message, const Statement& statement, int server_version) {
  const bool not_found = message.sqlstate == "42883" || message.sqlstate == "42P01" || message.sqlstate == "42704";
  const bool in_function = !message.context.empty();
  const auto is = [&](std::string_view kind) { return statement.kind.substr(0, kind.size()) == kind; };
  if (server_version < 170000 || !not_found || !in_function) return;
  if (!is("CREATE INDEX") && !is("CREATE UNIQUE INDEX") && !is("CREATE MATERIALIZED VIEW") && !is("REFRESH") &&
      !is("REINDEX") && !is("ANALYZE") && !is("VACUUM") && !is("CLUSTER"))
    return;
  error.next = "since Postgres 17 functions that " + statement.kind +
               " calls see no schema but pg_catalog: ALTER FUNCTION … SET search_path, or write the schema before the "
               "name in it";
}

std::string migration_settings_sql(const SessionFacts& facts, const ExecuteOptions& options,
                                   const Directives& directives) {
  const auto set = [](const char* name, const std::string& value) {
    return std::string("pg_catalog.set_config('") + name + "', " + quote_literal(value) + ", false)";
  };
  auto sql = "SELECT " + set("lock_timeout", in_ms(directives.lock_timeout.value_or(options.lock_timeout))) + ", " +
             set("statement_timeout", in_ms(directives.statement_timeout.value_or(options.statement_timeout))) + ", " +
             set("idle_in_transaction_session_timeout", "30s") + ", " + set("standard_conforming_strings", "on") +
             ", " + set("client_min_messages", "notice") + ", " + set("row_security", "off") + ", " +
             set("bytea_output", "hex") + ", " + set("role", "none") + ", " +
             set("synchronous_commit", options.fsync_each ? facts.synchronous_commit : "off") + ", " +
             set("search_path", quote_identifier(options.search_path));
  for (const auto& [name, value] : server_keepalives) sql += ", " + set(name, value);
  if (facts.server_version >= 140000) {
    sql += ", " + set("client_connection_check_interval", "1s") + ", " + set("idle_session_timeout", "0");
  }
  if (facts.server_version >= 170000) sql += ", " + set("transaction_timeout", "0");
  return sql;
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
    explain_safe_path(error, message, *piece.statement, session_.facts().server_version);
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
    const auto tried = SteadyClock::now();
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
    watcher_.on_lock_wait(std::chrono::duration_cast<milliseconds>(SteadyClock::now() - tried));
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
  pieces.push_back(Piece::own(migration_settings_sql(session_.facts(), options_, migration.directives)));
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

}  // namespace strata
