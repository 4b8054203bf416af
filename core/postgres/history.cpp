#include "core/postgres/history.h"

#include "core/base/escape.h"
#include "core/postgres/history_schema.h"
#include "core/sql/quote.h"

namespace strata {

namespace {

std::string hex_parameter(const Digest& digest) {
  return "\\x" + hex(digest);
}

std::string bytes_of_hex(std::string_view text) {
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 2; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<char>(value(text[i]) << 4 | value(text[i + 1])));
  return bytes;
}

std::optional<Digest> digest_of_bytea(const std::string& text) {
  return text.size() == 66 ? digest_from_hex(std::string_view(text).substr(2)) : std::nullopt;
}

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::history_damaged, "the history in Postgres is damaged: " + what,
              "strata audit verify shows all that does not fit");
}

Parameter or_null(const std::string& text) {
  return text.empty() ? Parameter() : Parameter(text);
}

}  // namespace

EventChain::Link EventChain::stage(const Event& event) {
  Link link{encode(event), {}};
  link.chain = chain_of(staged_.chain, leaf_of(link.body));
  staged_ = {staged_.seq + 1, link.chain};
  return link;
}

History::History(const std::string& schema) : name_(schema), schema_(quote_identifier(schema)) {
  claim_sql_ = "SELECT " + schema_ + ".claim($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
  finish_sql_ = "SELECT " + schema_ + ".finish($1, $2, $3, $4, $5)";
  record_sql_ = "SELECT " + schema_ + ".record($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
  erase_sql_ = "SELECT " + schema_ + ".erase($1, $2, $3, $4, $5)";
  append_sql_ = "SELECT " + schema_ + ".append_event($1, $2, $3, $4, $5)";
  accept_sql_ = "UPDATE " + schema_ + ".migration SET sha256 = $2 WHERE id = $1";
  check_lock_sql_ = "SELECT " + schema_ + ".check_lock()";
}

Result<std::optional<HistoryMeta>> History::read_meta(PgSession& session) const {
  STRATA_TRY(const auto outcome, session.try_query("SELECT format, database, seq, chain FROM " + schema_ + ".meta"));
  if (outcome.refused) {
    const auto& state = outcome.refused->sqlstate;
    if (state == "42P01" || state == "3F000") return std::nullopt;  // no such table, no such schema
    auto error = to_error(*outcome.refused);
    if (error.code == ErrorCode::not_permitted) {
      error.next = "GRANT USAGE ON SCHEMA " + schema_ + " TO " + quote_identifier(session.facts().user) +
                   "; GRANT SELECT ON ALL TABLES IN SCHEMA " + schema_ + " TO " +
                   quote_identifier(session.facts().user) + ";";
    }
    return fail(std::move(error));
  }
  const auto& row = outcome.results.back();
  if (row.rows() != 1) return damaged(schema_ + ".meta has " + std::to_string(row.rows()) + " rows instead of one");
  if (row.number(0, 0) > history_format) {
    return fail(ErrorCode::history_newer,
                "the history of this database has format " + row.text(0, 0) +
                    ", written by a newer strata; this one knows " + std::to_string(history_format),
                "use the newer strata");
  }
  const auto chain = digest_of_bytea(row.text(0, 3));
  if (!chain) return damaged(schema_ + ".meta has a chain that is no SHA-256");
  return HistoryMeta{row.text(0, 1), {row.number(0, 2), *chain}};
}

Result<HistoryMeta> History::create(PgSession& session, const Event& genesis) const {
  // A role that may not create schemas can be given one: even IF NOT EXISTS would ask for the right.
  STRATA_TRY(const auto there,
             session.query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = " + quote_literal(name_)));
  HistoryMeta meta{genesis.database, {0, first_chain_of(genesis.database)}};
  EventChain chain(meta.head);
  const auto link = chain.stage(genesis);
  const auto sql = "BEGIN; " + (there.rows() == 0 ? "CREATE SCHEMA " + schema_ + "; " : std::string()) +
                   history_schema_sql(schema_) + "INSERT INTO " + schema_ +
                   ".meta (format, database, seq, chain) VALUES (" + std::to_string(history_format) + ", " +
                   quote_literal(meta.database) + ", 0, '" + hex_parameter(meta.head.chain) + "'); SELECT " + schema_ +
                   ".append_event('genesis', NULL, '', '" + bytea_literal(link.body) + "', '" +
                   hex_parameter(link.chain) + "'); COMMIT";
  STRATA_TRY(const auto outcome, session.try_query(sql));
  if (outcome.refused) {
    STRATA_CHECK(session.query("ROLLBACK"));
    auto error = to_error(*outcome.refused);
    if (error.code == ErrorCode::interrupted) return fail(std::move(error));
    error.message = "the history " + schema_ + " cannot be created: " + error.message;
    if (error.code == ErrorCode::not_permitted) {
      error.next = "GRANT CREATE ON DATABASE " + quote_identifier(session.facts().database) + " TO " +
                   quote_identifier(session.facts().user) + "; or: CREATE SCHEMA " + schema_ + " AUTHORIZATION " +
                   quote_identifier(session.facts().user) + ";";
    } else if (error.sqlstate.substr(0, 2) == "42") {
      error.code = ErrorCode::history_damaged;
      error.next = "is there a schema " + schema_ +
                   " that strata did not make? Rename it, or choose another with [history] schema";
    }
    return fail(std::move(error));
  }
  chain.commit();
  meta.head = chain.head();
  return meta;
}

Result<Applied> History::read_applied(PgSession& session) const {
  STRATA_TRY(const auto rows, session.query("SELECT module, name, kind, state, sha256, fingerprint, statements_done, "
                                            "statements_total, position, run, module_version FROM " +
                                            schema_ + ".migration"));
  Applied applied;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    AppliedMigration migration;
    migration.id = {rows.text(row, 0), rows.text(row, 1)};
    migration.kind = rows.text(row, 2) == "repeatable" ? MigrationKind::repeatable : MigrationKind::migration;
    const auto state = parse_migration_state(rows.text(row, 3));
    const auto sha = digest_of_bytea(rows.text(row, 4));
    const auto fingerprint = digest_of_bytea(rows.text(row, 5));
    if (!state || !sha || !fingerprint)
      return damaged("the row of " + printable(migration.id.text()) + " cannot be read");
    migration.state = *state;
    migration.sha256 = *sha;
    migration.fingerprint = *fingerprint;
    migration.statements_done = static_cast<int>(rows.number(row, 6));
    migration.statements_total = static_cast<int>(rows.number(row, 7));
    migration.module_version = rows.text(row, 10);
    migration.position = rows.number(row, 8);
    migration.run = rows.text(row, 9);
    applied.emplace(migration.id, std::move(migration));
  }
  return applied;
}

Result<std::vector<History::StoredEvent>> History::read_events(PgSession& session, std::int64_t from_seq) const {
  STRATA_TRY(const auto rows, session.query("SELECT seq, body, chain, leaf, kind, subject FROM " + schema_ +
                                            ".event WHERE seq >= " + std::to_string(from_seq) + " ORDER BY seq"));
  std::vector<StoredEvent> events;
  events.reserve(rows.rows());
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto chain = digest_of_bytea(rows.text(row, 2));
    const auto leaf = digest_of_bytea(rows.text(row, 3));
    if (!chain || !leaf) return damaged("event " + rows.text(row, 0) + " cannot be read");
    events.push_back(
        {{rows.number(row, 0), bytes_of_hex(rows.text(row, 1)), *chain}, *leaf, rows.text(row, 4), rows.text(row, 5)});
  }
  return events;
}

Result<std::optional<std::string>> History::read_module_version(PgSession& session, const std::string& module) const {
  STRATA_TRY(const auto rows,
             session.query("SELECT modules ->> $1 FROM " + schema_ +
                               ".run WHERE pg_catalog.jsonb_exists(modules, $1) AND "
                               "(finished_at IS NOT NULL OR modules ->> $1 IS NULL) "
                               "ORDER BY coalesce(finished_at, started_at) DESC LIMIT 1",
                           {module}));
  if (rows.rows() == 0 || rows.is_null(0, 0)) return std::optional<std::string>();
  return std::optional(rows.text(0, 0));
}

Result<std::map<std::string, std::int64_t>> History::read_done(PgSession& session,
                                                               const std::vector<std::string>& ids) const {
  std::string list;
  for (const auto& id : ids) list += (list.empty() ? "" : ", ") + quote_literal(id);
  std::map<std::string, std::int64_t> done;
  if (list.empty()) return done;
  STRATA_TRY(const auto rows, session.query("SELECT DISTINCT ON (subject) subject, seq, kind FROM " + schema_ +
                                            ".event WHERE subject IN (" + list + ") ORDER BY subject, seq DESC"));
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    // What `resolved` settled says its body; a migration that counts as rolled back may run again.
    if (rows.text(row, 2) != "reverted" && rows.text(row, 2) != "resolved")
      done[rows.text(row, 0)] = rows.number(row, 1);
  }
  return done;
}

Result<std::map<std::string, History::LastEvent>> History::read_last_events(PgSession& session) const {
  STRATA_TRY(const auto rows, session.query("SELECT DISTINCT ON (subject) subject, seq, kind FROM " + schema_ +
                                            ".event WHERE subject <> '' ORDER BY subject, seq DESC"));
  std::map<std::string, LastEvent> events;
  for (std::size_t row = 0; row < rows.rows(); ++row)
    events[rows.text(row, 0)] = {rows.number(row, 1), rows.text(row, 2)};
  return events;
}

Result<std::string> History::read_who_applied(PgSession& session, const MigrationId& id) const {
  STRATA_TRY(const auto rows,
             session.query("SELECT r.role, r.host, r.id FROM " + schema_ + ".migration m JOIN " + schema_ +
                           ".run r ON r.id = m.run WHERE m.id = " + quote_literal(id.text())));
  if (rows.rows() == 0) return std::string("another run");
  return rows.text(0, 0) + "@" + rows.text(0, 1) + ", run " + rows.text(0, 2);
}

Result<std::map<std::string, History::RowOrigin>> History::read_origins(PgSession& session) const {
  STRATA_TRY(const auto rows,
             session.query("SELECT id, module || '/' || name, run, module_version, module_digest FROM " + schema_ +
                           ".migration"));
  std::map<std::string, RowOrigin> origins;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    origins[rows.text(row, 0)] = {rows.text(row, 1), rows.text(row, 2), rows.text(row, 3),
                                  digest_of_bytea(rows.text(row, 4))};
  }
  return origins;
}

Result<std::map<std::string, std::int64_t>> History::read_durations(PgSession& session, std::int64_t after_seq) const {
  STRATA_TRY(const auto rows,
             session.query("SELECT id, (extract(epoch FROM finished_at - started_at) * 1000)::bigint FROM " + schema_ +
                               ".migration WHERE finished_at IS NOT NULL AND id IN (SELECT subject FROM " + schema_ +
                               ".event WHERE seq > $1 AND kind = 'applied')",
                           {std::to_string(after_seq)}));
  std::map<std::string, std::int64_t> durations;
  for (std::size_t row = 0; row < rows.rows(); ++row) durations[rows.text(row, 0)] = rows.number(row, 1);
  return durations;
}

Result<std::vector<RunRow>> History::read_runs(PgSession& session) const {
  STRATA_TRY(const auto rows, session.query("SELECT id, command, role, os_user, host, strata_version, plan_digest, "
                                            "applied FROM " +
                                            schema_ + ".run ORDER BY started_at, id"));
  std::vector<RunRow> runs;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    runs.push_back({rows.text(row, 0), rows.text(row, 1), rows.text(row, 2), rows.text(row, 3), rows.text(row, 4),
                    rows.text(row, 5), digest_of_bytea(rows.text(row, 6)), rows.number(row, 7)});
  }
  return runs;
}

Result<std::set<std::string>> History::read_runs_of_plan(PgSession& session, const Digest& plan_digest) const {
  STRATA_TRY(const auto rows, session.query("SELECT id FROM " + schema_ +
                                            ".run WHERE plan_digest = " + quote_literal(hex_parameter(plan_digest))));
  std::set<std::string> runs;
  for (std::size_t row = 0; row < rows.rows(); ++row) runs.insert(rows.text(row, 0));
  return runs;
}

Result<void> History::begin_run(PgSession& session, const RunRecord& run) const {
  STRATA_CHECK(session.query(
      "INSERT INTO " + schema_ +
          ".run (id, command, os_user, host, strata_version, build, modules, plan_digest, ledger, ledger_seq, "
          "ledger_chain) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING",
      {run.id, run.command, run.os_user, run.host, run.strata_version, run.build_json, run.modules_json,
       hex_parameter(run.plan_digest), or_null(run.ledger),
       run.ledger.empty() ? Parameter() : std::to_string(run.ledger_head.seq),
       run.ledger.empty() ? Parameter() : hex_parameter(run.ledger_head.chain)}));
  return {};
}

Result<void> History::finish_run(PgSession& session, const RunEndRecord& run,
                                 const std::string& synchronous_commit) const {
  STRATA_CHECK(session.query("SET synchronous_commit = " + quote_literal(synchronous_commit) + "; UPDATE " + schema_ +
                             ".run SET finished_at = pg_catalog.clock_timestamp(), outcome = " +
                             quote_literal(run.outcome) + ", applied = " + std::to_string(run.applied) +
                             ", modules = " + quote_literal(run.modules_json) + " WHERE id = " + quote_literal(run.id)));
  return {};
}

Result<void> History::record_idle_run(PgSession& session, const RunRecord& run) const {
  STRATA_CHECK(session.query(
      "INSERT INTO " + schema_ +
          ".run (id, command, os_user, host, strata_version, build, modules, ledger, finished_at, outcome) "
          "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, pg_catalog.clock_timestamp(), 'nothing to do')",
      {run.id, run.command, run.os_user, run.host, run.strata_version, run.build_json, run.modules_json,
       or_null(run.ledger)}));
  return {};
}

Request History::claim(const Claim& claim, const std::string& run) const {
  return {claim_sql_,
          {claim.id.module, claim.id.name, claim.kind == MigrationKind::repeatable ? "repeatable" : "migration",
           hex_parameter(claim.sha256), hex_parameter(claim.fingerprint), run, std::to_string(claim.statements_total),
           claim.module_version, hex_parameter(claim.module_digest),
           claim.replaces ? Parameter(hex_parameter(*claim.replaces)) : Parameter()},
          {}};
}

Request History::finish(const MigrationId& id, const std::string& run, const Digest& fingerprint,
                        const EventChain::Link& link) const {
  return {finish_sql_,
          {id.text(), run, hex_parameter(fingerprint), bytea_literal(link.body), hex_parameter(link.chain)},
          {}};
}

Request History::record(const ProgressRecord& progress, const std::string& run, EventKind kind,
                        const EventChain::Link& link) const {
  return {record_sql_,
          {progress.id.text(), run, name_of(progress.state), std::to_string(progress.done),
           std::to_string(progress.total), hex_parameter(progress.sha256), hex_parameter(progress.fingerprint),
           or_null(progress.error_json), name_of(kind), bytea_literal(link.body), hex_parameter(link.chain)},
          {}};
}

Request History::erase(const MigrationId& id, const std::string& run, EventKind kind,
                       const EventChain::Link& link) const {
  return {erase_sql_, {id.text(), run, name_of(kind), bytea_literal(link.body), hex_parameter(link.chain)}, {}};
}

Request History::append_event(EventKind kind, const std::string& run, const MigrationId& id,
                              const EventChain::Link& link) const {
  return {append_sql_, {name_of(kind), run, id.text(), bytea_literal(link.body), hex_parameter(link.chain)}, {}};
}

Request History::accept_checksum(const MigrationId& id, const Digest& digest) const {
  return {accept_sql_, {id.text(), hex_parameter(digest)}, {}};
}

Request History::check_lock() const {
  return {check_lock_sql_, {}, {}};
}

}  // namespace strata
