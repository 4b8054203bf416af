#include "core/run.h"

#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/base/uuid.h"
#include "core/execute/database_snapshot.h"
#include "core/execute/reconcile.h"
#include "core/origin.h"
#include "core/postgres/history_check.h"
#include "core/postgres/server_version.h"
#include "core/sql/quote.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

using std::chrono::milliseconds;

std::string application_name(const std::string& command, const std::string& run) {
  const auto origin = find_origin();
  return ("strata " + command + " " + run.substr(0, 8) + " " + origin.os_user + "@" + origin.host).substr(0, 63);
}

Result<void> refuse_read_only(const Site& site, const SessionFacts& facts) {
  if (facts.in_recovery) {
    return fail(ErrorCode::unreachable, site.address.described() + " is a standby: it cannot be migrated",
                "name the primary; while a failover is under way, run it again");
  }
  if (facts.read_only) {
    return fail(ErrorCode::bad_config,
                site.address.described() + " is read-only for this role (default_transaction_read_only)",
                "ALTER ROLE … SET default_transaction_read_only = off, or use another role");
  }
  if (facts.superuser && site.config.refuse_superuser) {
    return fail(ErrorCode::not_permitted,
                facts.user + " is a superuser, which [deploy] refuse_superuser refuses: a migration could do anything",
                "use a role that owns the schemas and no more");
  }
  if (facts.encoding == "SQL_ASCII" && !site.allow_sql_ascii) {
    return fail(ErrorCode::bad_config, site.address.described() + " has the encoding SQL_ASCII, which checks nothing",
                "use a database with encoding UTF8; --allow-sql-ascii goes on all the same");
  }
  return {};
}

void warn_of_newer_server(const Site& site, const SessionFacts& facts) {
  if (support_of(facts.server_version) != ServerSupport::newer) return;
  site.say("Postgres " + one_line(facts.server_version_text) + " is newer than any that this strata was tested with (" +
           std::to_string(newest_tested_postgres) + ")");
}

// A standby may be about to be promoted: for that it is given as much time as for being reached at all.
Result<PgSession> connect_to_primary(const Site& site, const std::string& name, milliseconds budget) {
  const auto began = std::chrono::steady_clock::now();
  for (milliseconds pause{250};; pause = std::min(pause * 2, milliseconds(5'000))) {
    const auto spent = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    SessionOptions options;
    options.application_name = name;
    options.connect_budget = std::max(budget - spent, milliseconds(0));
    options.on_notice = site.on_notice;
    options.on_retry = [&site](const std::string& why) { site.say(why + "; trying again"); };
    STRATA_TRY(auto session, PgSession::connect(site.address, std::move(options)));
    STRATA_STOP_POINT("connected");
    auto writable = refuse_read_only(site, session.facts());
    if (writable) return session;
    if (writable.error().code != ErrorCode::unreachable || spent + pause > budget)
      return fail(std::move(writable.error()));
    site.say(writable.error().message + "; trying again");
    STRATA_CHECK(interrupt::sleep(pause));
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string modules_json(const Catalog& catalog) {
  nlohmann::json modules = nlohmann::json::object();
  for (const auto& module : catalog.modules()) modules[module.id] = module.version.text();
  return modules.dump();
}

}  // namespace

Result<PgSession> connect_to_look(const Site& site, const std::string& command) {
  SessionOptions options;
  options.application_name = application_name(command, make_uuid());
  options.connect_budget = site.connect_budget;
  options.on_retry = [&site](const std::string& why) { site.say(why + "; trying again"); };
  STRATA_TRY(auto session, PgSession::connect(site.address, std::move(options)));
  warn_of_newer_server(site, session.facts());
  return session;
}

void leave_snapshot(const Site& site, PgSession& session, const History& history, const HistoryMeta& meta) {
  if (site.ledger == nullptr || !site.ledger->may_append() || interrupt::signal_number() != 0) return;
  const auto kept = [&]() -> Result<void> {
    STRATA_TRY(const auto contents,
               take_snapshot(session, history, meta, site.ledger, site.address.schema, site.clock));
    STRATA_STOP_POINT("snapshot");
    return keep_snapshot(*site.ledger, meta.database, contents);
  }();
  if (!kept && kept.error().code != ErrorCode::interrupted)
    site.say("what the database holds now is not in the ledger: " + kept.error().message);
}

Result<Connection> Connection::open(const Site& site, const std::string& command, const std::string& run,
                                    milliseconds budget) {
  const auto name = application_name(command, run);
  STRATA_TRY(auto session, connect_to_primary(site, name, budget));
  STRATA_TRY(auto lock, RunLock::take(session, site.lock_wait, [&site](const std::string& holder) {
               site.say("waiting for another run of strata: " + holder);
             }));
  STRATA_STOP_POINT("locked");
  if (session.facts().pooled) {
    STRATA_CHECK(refuse_transaction_pooling(site.address, name));
    site.say("connected through a pooler in session mode");
  }
  return Connection(std::move(session), lock);
}

Result<std::optional<PrismaSide>> meet_prisma(const Site& site, const Catalog* catalog, PgSession& session,
                                              const Applied& applied) {
  if (site.config.prisma == PrismaHistory::off || catalog == nullptr) return std::nullopt;
  const auto& modules = catalog->modules();
  const auto prismas =
      std::find_if(modules.begin(), modules.end(), [](const Module& module) { return module.is_prisma; });
  const auto* owner = prismas != modules.end() ? &*prismas : catalog->find_module(base_module_id);
  if (owner == nullptr) return std::nullopt;
  PrismaSide side{owner, PrismaTable(site.address.schema, site.config.history_schema)};
  STRATA_TRY(const auto rows, side.table.read(session));
  if (!rows && !owner->is_prisma && site.config.prisma != PrismaHistory::on) return std::nullopt;
  side.contact = compare_with_prisma(*owner, applied, rows.value_or(std::vector<PrismaRow>()), site.ledger);
  side.contact.table_is_missing = !rows;
  return side;
}

Result<Run> Run::open(const Site& site, const Catalog* catalog, const std::string& command, const PlanFile* file) {
  const auto id = make_uuid();
  STRATA_TRY(auto connection, Connection::open(site, command, id, site.connect_budget));
  warn_of_newer_server(site, connection.session().facts());
  Run run(site, catalog, command, id, file, std::move(connection));
  if (auto read = run.read(); !read) {
    STRATA_CHECK(run.refuse_foreign_history());  // which may know why
    return fail(std::move(read.error()));
  }
  if (site.ledger != nullptr) STRATA_CHECK(run.level_ledger());
  STRATA_CHECK(run.read_prisma());
  return run;
}

std::int64_t Run::next_position() const {
  std::int64_t highest = 0;
  for (const auto& [id, record] : applied_) highest = std::max(highest, record.position);
  return highest + 1;
}

ExecuteOptions Run::execute_options(bool fsync_each) const {
  ExecuteOptions options;
  options.lock_timeout = site_.config.lock_timeout;
  options.lock_wait = site_.lock_wait;
  options.statement_timeout = site_.config.statement_timeout;
  options.search_path = site_.address.schema;
  options.fsync_each = fsync_each;
  if (prisma_) {
    options.prisma = &prisma_->table;
    options.prisma_module = prisma_->owner->id;
  }
  return options;
}

Result<void> Run::begin(const std::vector<std::string>& subjects, const std::vector<std::string_view>& texts,
                        const Digest& plan_digest) {
  // Before anything is made in Postgres: what cannot be written down is not begun.
  if (site_.ledger != nullptr) {
    std::size_t bytes = 65'536 + subjects.size() * 1'500;
    for (const auto text : texts) bytes += text.size();
    STRATA_CHECK(site_.ledger->reserve(bytes));
  }
  if (!meta_) STRATA_CHECK(create_history());
  identity_.database = meta_->database;
  identity_.run = id_;
  const auto origin = find_origin();
  identity_.actor = session().facts().user + "@" + origin.host + " (" + origin.os_user + ")";
  if (origin.build_json != "{}") identity_.actor += " " + origin.build_json;
  identity_.strata_version = strata_version;
  if (site_.ledger != nullptr) {
    Event intent;
    intent.kind = EventKind::intent;
    intent.database = identity_.database;
    intent.run = id_;
    intent.at_ms = site_.clock.now_ms();
    if (prisma_) {
      for (const auto& adoption : prisma_->contact.adopted) intent.subjects.push_back(adoption.migration->id.text());
    }
    intent.subjects.insert(intent.subjects.end(), subjects.begin(), subjects.end());
    intent.note = command_;
    if (file_ != nullptr) intent.sha256 = plan_digest;              // the ledger keeps that line under it
    if (plan_digest != Digest{}) intent.fingerprint = plan_digest;  // as the run's row says it
    intent.actor = identity_.actor;
    intent.strata_version = strata_version;
    Ledger::Append append;
    // Order comes from the chain, but whoever reads the times should know that the clock was set back.
    if (const auto known = site_.ledger->target(site_.target); known && known->last_seen_ms > intent.at_ms + 1'000) {
      Event observed = intent;
      observed.kind = EventKind::observed;
      observed.subjects.clear();
      observed.note = "the clock went back: the last run was at " + iso8601(known->last_seen_ms);
      append.events.push_back({std::move(observed), 0});
      site_.say("the clock of this machine went back: the ledger's last entry is of " + iso8601(known->last_seen_ms));
    }
    append.events.push_back({std::move(intent), 0});
    append.blobs = texts;
    auto head = site_.ledger->append(append);
    if (!head) {
      // Nothing has run yet: a ledger that cannot be written is bad input here, not a lag.
      head.error().code = ErrorCode::bad_ledger;
      return fail(std::move(head.error()));
    }
    identity_.ledger = site_.ledger->id();
    identity_.intent = *head;
  }
  STRATA_STOP_POINT("intent");
  STRATA_CHECK(create_target_schema());
  record_ = run_record();
  record_->plan_digest = plan_digest;
  STRATA_CHECK(session().query("SET synchronous_commit = off"));
  STRATA_CHECK(history_.begin_run(session(), *record_));
  return has_to_adopt() ? adopt_from_prisma() : Result<void>();
}

Result<void> Run::reopen() {
  for (int breaks = 1;; ++breaks) {
    site_.say("the connection broke; connecting again and asking what became of it");
    auto done = reopen_once();
    if (done || done.error().code != ErrorCode::connection_lost || breaks > most_reconnects) return done;
  }
}

Result<void> Run::reopen_once() {
  // Where only sending failed, the server still thinks that somebody is there, who holds the lock.
  session().close();
  STRATA_TRY(auto connection, Connection::open(site_, command_, id_, site_.reconnect_budget));
  connection_ = std::move(connection);
  const auto before = meta_;
  STRATA_CHECK(read());
  if (before && !meta_)
    return fail(ErrorCode::needs_person, "after the connection broke, the database that answers has no history");
  if (before && meta_->database != before->database)
    return fail(ErrorCode::needs_person, "after the connection broke, the database that answers is another one");
  // A failover may have lost what earlier runs had done: that is not applied again in silence.
  if (site_.ledger != nullptr) STRATA_CHECK(check_identity(*site_.ledger, site_.target, session().facts(), meta_));
  prisma_lock_.reset();  // it went with the old session
  // A crash may have lost the run's own row as well, whose commit nobody had waited for.
  if (record_) STRATA_CHECK(history_.begin_run(session(), *record_));
  return read_prisma();
}

Result<void> Run::read() {
  STRATA_TRY(meta_, history_.read_meta(session()));
  applied_.clear();
  since_.clear();
  if (meta_) {
    STRATA_TRY(applied_, history_.read_applied(session()));
    chain_ = EventChain(meta_->head);
  }
  if (meta_ && file_ != nullptr) {
    STRATA_TRY(since_, read_since(session(), history_, *meta_, *file_));
  }
  return {};
}

Result<void> Run::read_prisma() {
  STRATA_TRY(prisma_, meet_prisma(site_, catalog_, session(), applied_));
  if (!prisma_) return {};
  const char* no_lock = std::getenv("PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK");
  const bool locks = no_lock == nullptr || std::string_view(no_lock).empty() || std::string_view(no_lock) == "0";
  if (!prisma_lock_ && locks) {
    STRATA_TRY(prisma_lock_,
               RunLock::take(
                   session(), site_.lock_wait,
                   [this](const std::string& holder) { site_.say("waiting for prisma migrate: " + holder); },
                   prisma_lock_key));
    // It may have changed before the lock was ours.
    STRATA_TRY(prisma_, meet_prisma(site_, catalog_, session(), applied_));
  }
  applied_ = with_adopted(std::move(applied_), prisma_->contact);
  return {};
}

Result<void> Run::refuse_foreign_history() {
  return check_history(session(), site_.config.history_schema);
}

Result<void> Run::refuse_foreign_schema() {
  if (!prisma_ || !prisma_->contact.table_is_missing || meta_) return {};
  STRATA_TRY(const auto tables, prisma_->table.other_tables(session()));
  if (tables.empty()) return {};
  return fail(ErrorCode::refused,
              "the schema " + site_.address.schema + " of " + site_.address.described() +
                  " is not empty, and neither strata nor Prisma knows what was applied there [P3005]; its tables: " +
                  one_line(joined(tables), 200),
              "if the migrations' objects are there already, strata baseline records them as applied; if these tables "
              "belong to something else, set [history] prisma = \"off\", or give the migrations a schema of their own");
}

// Everything that Prisma did and strata did not know, and the other way round, in one transaction.
Result<void> Run::adopt_from_prisma() {
  const auto contact = std::move(prisma_->contact);
  std::vector<Request> rows;
  if (contact.table_is_missing) rows.push_back(prisma_->table.create());
  for (const auto* migration : contact.unwritten)
    rows.push_back(prisma_->table.insert_applied(migration->id.name, hex(applied_.at(migration->id).sha256),
                                                 migration->id.text()));
  STRATA_TRY(const auto known, history_.read_applied(session()));
  std::int64_t position = 1;
  for (const auto& [id, record] : known) position = std::max(position, record.position + 1);
  STRATA_CHECK(adopt(session(), history_, chain_, identity_, *catalog_, contact.adopted, position, site_.clock,
                     std::move(rows)));
  if (!contact.adopted.empty())
    site_.say("adopted from Prisma's table: " + counted(contact.adopted.size(), "migration"));
  STRATA_STOP_POINT("adopted");
  return read_again();
}

Result<void> Run::refuse_lost_rows(const Plan& plan) {
  std::vector<std::string> ids;
  for (const auto& step : plan.steps) {
    if (step.reason == StepReason::pending || step.reason == StepReason::repeatable_new)
      ids.push_back(step.migration->id.text());
  }
  if (!meta_ || meta_->head.seq <= 1 || ids.empty()) return {};
  STRATA_TRY(auto done, history_.read_done(session(), ids));
  // What came after the rows were read says nothing against them.
  std::erase_if(done, [this](const auto& each) { return each.second > meta_->head.seq; });
  return refuse_lost(done);
}

Result<void> Run::refuse_lost(const std::map<std::string, std::int64_t>& done) const {
  if (done.empty()) return {};
  std::string list;
  for (const auto& [id, seq] : done) list += "\n  " + id + " (event " + std::to_string(seq) + ")";
  return fail(
      ErrorCode::needs_person,
      "the history contradicts itself: its events say that this was done, but " + site_.config.history_schema +
          ".migration has no row of it any more; nothing was run:" + list,
      "look at the database, then, for each: strata resolve ID --applied (it is there: the row is made again), or "
      "strata resolve ID --rolled-back (it is not: it runs again)");
}

Result<void> Run::refuse_unproven_rows() {
  if (!meta_) return {};
  STRATA_TRY(const auto rows, history_.read_applied(session()));  // without what Prisma alone has applied
  STRATA_TRY(auto spoken_of, history_.read_last_events(session()));
  std::string invented;
  std::map<std::string, std::int64_t> lost;
  for (const auto& [id, record] : rows) {
    if (spoken_of.erase(id.text()) == 0) invented += "\n  " + id.text();
  }
  for (const auto& [id, last] : spoken_of) {
    if (last.kind != "reverted" && last.kind != "resolved") lost[id] = last.seq;
  }
  STRATA_CHECK(refuse_lost(lost));
  if (invented.empty()) return {};
  return fail(
      ErrorCode::history_damaged,
      site_.config.history_schema + ".migration has rows that no event speaks of; nothing was undone:" + invented,
      "strata audit verify shows all that does not fit");
}

Result<void> Run::refuse_open_schema() {
  const auto& schema = site_.address.schema;
  STRATA_TRY(const auto strangers,
             session().query("SELECT r.rolname, pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') "
                             "FROM pg_catalog.pg_namespace n, pg_catalog.pg_database d, pg_catalog.pg_roles r "
                             "WHERE n.nspname = " +
                             quote_literal(schema) +
                             " AND d.datname = pg_catalog.current_database() AND r.rolcanlogin AND NOT r.rolsuper "
                             "AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE') "
                             "AND pg_catalog.has_database_privilege(r.oid, d.oid, 'CONNECT') "
                             "AND NOT pg_catalog.pg_has_role(r.oid, current_user, 'MEMBER') "
                             "AND NOT pg_catalog.pg_has_role(r.oid, n.nspowner, 'MEMBER') "
                             "AND NOT pg_catalog.pg_has_role(r.oid, d.datdba, 'MEMBER') ORDER BY 1"));
  if (strangers.rows() == 0) return {};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < strangers.rows(); ++i) names.push_back(strangers.text(i, 0));
  const auto who = one_line(joined(names), 200);
  const bool is_public = strangers.text(0, 1) == "t";
  const auto message = "in the schema " + printable(schema) + " of " + site_.address.described() +
                       " other roles may create objects: " + who +
                       ". A function of theirs, named like one that a migration calls, would run with the rights of " +
                       printable(session().facts().user) + " (CVE-2018-1058)";
  const auto revoke = "REVOKE CREATE ON SCHEMA " + quote_identifier(schema) + " FROM " +
                      (is_public ? std::string("PUBLIC") : quote_identifier(names.front()));
  const auto target = site_.config.targets.find(site_.target);
  const bool disposable = target != site_.config.targets.end() && target->second.disposable;
  if (disposable || !site_.config.refuse_open_schema) {
    site_.say(message);
    return {};
  }
  return fail(ErrorCode::not_permitted, message,
              revoke + "; or, where these roles are trusted: [deploy] open_schema = \"warn\" in strata.toml");
}

Result<bool> Run::was_done(const MigrationId& id) {
  if (!meta_) return false;
  STRATA_TRY(const auto done, history_.read_done(session(), {id.text()}));
  return !done.empty();
}

AppliedView Run::view() const {
  AppliedView view;
  view.applied = applied_;
  view.since = since_;
  if (meta_) {
    view.database = meta_->database;
    view.postgres_head = meta_->head;
  }
  if (prisma_) view.prisma = prisma_->contact;
  return view;
}

Result<void> Run::leave_migrations() {
  STRATA_CHECK(session().query(
      "SET SESSION AUTHORIZATION DEFAULT; SELECT pg_catalog.set_config('role', 'none', false), "
      "pg_catalog.set_config('search_path', '', false), pg_catalog.set_config('bytea_output', 'hex', false), "
      "pg_catalog.set_config('statement_timeout', '0', false)"));
  return {};
}

Result<void> Run::read_again() {
  STRATA_CHECK(leave_migrations());
  STRATA_CHECK(read());
  return read_prisma();
}

Result<void> Run::end_idle(RunReport& report) {
  report.outcome = "nothing to do";
  if (meta_) {
    STRATA_CHECK(session().query("SET synchronous_commit = off"));
    STRATA_CHECK(history_.record_idle_run(session(), run_record()));
    if (site_.ledger != nullptr && wants_snapshot(*site_.ledger, *meta_, site_.clock))
      leave_snapshot(site_, session(), history_, *meta_);
  }
  return close(report);
}

Result<void> Run::end(RunReport& report) {
  const auto& stopped = report.stopped_by;
  report.outcome = !stopped ? "applied" : stopped->code == ErrorCode::interrupted ? "stopped" : "failed";
  if (stopped && stopped->code == ErrorCode::outcome_unknown) {
    report.outcome = "unknown";
    return {};
  }
  STRATA_CHECK(leave_migrations());
  STRATA_CHECK(
      history_.finish_run(session(), id_, report.outcome, report.applied.size(), session().facts().synchronous_commit));
  STRATA_STOP_POINT("durable");
  STRATA_TRY(meta_, history_.read_meta(session()));
  if (site_.ledger != nullptr) {
    ReconcileOptions options;
    options.target = site_.target;
    options.run_end =
        RunEnd{id_, report.outcome, stopped ? stopped->sqlstate : "", stopped ? one_line(stopped->message, 300) : ""};
    if (auto done = reconcile(*site_.ledger, session(), history_, meta_, catalog_, site_.clock, options); !done) {
      auto error = std::move(done.error());
      error.code = ErrorCode::ledger_behind;
      error.message = "the database is done, the ledger is not: " + error.message;
      error.next = "make room or mend the ledger's place, then run strata deploy or strata audit pull: it catches up";
      report.ledger_behind = std::move(error);
    } else if (meta_) {
      leave_snapshot(site_, session(), history_, *meta_);
    }
  }
  return close(report);
}

void Run::note_refusal(const Error& error) {
  if (site_.ledger == nullptr || record_ || !meta_) return;
  Event refused;
  refused.kind = EventKind::refused;
  refused.database = meta_->database;
  refused.run = id_;
  refused.at_ms = site_.clock.now_ms();
  refused.note = std::string(name_of(error.code)) + ": " + one_line(error.message, 300);
  Ledger::Append append;
  append.events.push_back({std::move(refused), 0});
  if (auto noted = site_.ledger->append(append); !noted)
    site_.say("the refusal is not in the ledger: " + noted.error().message);
}

Run::Run(const Site& site, const Catalog* catalog, std::string command, std::string id, const PlanFile* file,
         Connection connection)
    : site_(site),
      catalog_(catalog),
      command_(std::move(command)),
      id_(std::move(id)),
      file_(file),
      connection_(std::move(connection)),
      history_(site.config.history_schema),
      chain_(ChainHead{}) {}

Result<void> Run::level_ledger() {
  STRATA_CHECK(site_.ledger->refresh());  // another process may have worked with it while this one waited for the lock
  STRATA_CHECK(check_identity(*site_.ledger, site_.target, session().facts(), meta_));
  const auto known = site_.ledger->target(site_.target);
  const bool level = known && (meta_ ? known->postgres_head == meta_->head : known->database.empty());
  // A ledger that is level is only touched to say so, and for that once a minute is enough: each append waits for the
  // disk.
  const bool seen_lately = known && site_.clock.now_ms() - known->last_seen_ms < 60'000;
  if (level && meta_ && seen_lately) {
    STRATA_TRY(const auto intents, site_.ledger->open_intents(meta_->database));
    if (intents.empty()) return {};
  }
  ReconcileOptions options;
  options.target = site_.target;
  const auto done = reconcile(*site_.ledger, session(), history_, meta_, catalog_, site_.clock, options);
  if (!done) {
    auto error = done.error();
    // This run has done nothing yet. Unless an earlier one has, with this very ledger, nobody has to catch up.
    const bool behind = known && meta_ && known->database == meta_->database && !level;
    if (error.code == ErrorCode::ledger_behind && !behind) error.code = ErrorCode::bad_ledger;
    return fail(std::move(error));
  }
  if (done->rebuilt)
    site_.say("the ledger knew nothing of this database: " + counted(done->imported, "event") +
              " rebuilt from Postgres");
  if (!done->rebuilt && done->imported > 0)
    site_.say(counted(done->imported, "event") + " of other runs fetched into the ledger");
  for (const auto& line : done->settled) site_.say("an earlier run had ended without an outcome; " + line);
  return {};
}

Result<void> Run::create_target_schema() {
  const auto& name = site_.address.schema;
  if (name == "public") return {};
  STRATA_TRY(const auto there,
             session().query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = " + quote_literal(name)));
  if (there.rows() != 0) return {};
  site_.say("making the schema " + printable(name) + ", which ?schema= names");
  STRATA_CHECK(session().query("CREATE SCHEMA " + quote_identifier(name)));
  STRATA_STOP_POINT("schema-made");
  return {};
}

Result<void> Run::create_history() {
  Event genesis;
  genesis.kind = EventKind::genesis;
  genesis.database = make_uuid();
  genesis.run = id_;
  genesis.at_ms = site_.clock.now_ms();
  genesis.note = "database " + session().facts().database;
  genesis.strata_version = strata_version;
  if (auto made = history_.create(session(), genesis)) {
    meta_ = *made;
  } else {
    // Somebody else may have made it meanwhile, and then that is as good.
    STRATA_TRY(meta_, history_.read_meta(session()));
    if (!meta_) return fail(std::move(made.error()));
  }
  chain_ = EventChain(meta_->head);
  STRATA_STOP_POINT("history-created");
  if (site_.ledger != nullptr) STRATA_CHECK(level_ledger());
  return {};
}

RunRecord Run::run_record() const {
  const auto origin = find_origin();
  RunRecord record{id_,
                   command_,
                   origin.os_user,
                   origin.host,
                   strata_version,
                   origin.build_json,
                   catalog_ ? modules_json(*catalog_) : "{}",
                   {},
                   {},
                   {}};
  if (site_.ledger != nullptr) {
    record.ledger = site_.ledger->id();
    record.ledger_head = site_.ledger->head();
  }
  return record;
}

Result<void> Run::close(RunReport& report) {
  report.postgres_head = meta_ ? meta_->head : ChainHead{};
  if (site_.ledger != nullptr) report.ledger_head = site_.ledger->head();
  STRATA_STOP_POINT("unlock");
  if (prisma_lock_) STRATA_CHECK(prisma_lock_->release(session()));
  return connection_.release();
}

}  // namespace strata
