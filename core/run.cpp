#include "core/run.h"

#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/base/uuid.h"
#include "core/execute/database_snapshot.h"
#include "core/execute/reconcile.h"
#include "core/origin.h"
#include "core/sql/quote.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

using std::chrono::milliseconds;

// What runs so far said of a module holds until something of it is taken back: what a newer version of it lacks, be it
// for a failure, takes nothing from the older one.
std::string modules_json(const std::map<std::string, std::string>& whole, const std::set<std::string>& taken_back) {
  nlohmann::json modules = whole;
  for (const auto& id : taken_back) modules.emplace(id, nullptr);
  return modules.dump();
}

// Whether something of a module was applied before, and is not now.
bool lacks(const Applied& now, const Applied& before, const std::string& module) {
  return std::any_of(before.begin(), before.end(), [&](const auto& row) {
    const auto found = now.find(row.first);
    return row.first.module == module && row.second.state == MigrationState::applied &&
           (found == now.end() || found->second.state != MigrationState::applied);
  });
}

}  // namespace

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

bool Run::is_in_the_dark(const Error& error) {
  return error.code == ErrorCode::connection_lost || (error.code == ErrorCode::interrupted && session().is_broken());
}

Result<void> Run::end_idle(RunReport& report) {
  report.outcome = "nothing to do";
  if (meta_) {
    STRATA_CHECK(session().query("SET synchronous_commit = off"));
    if (auto recorded = history_.record_idle_run(session(), run_record()); !recorded) {
      if (recorded.error().code == ErrorCode::not_permitted) STRATA_CHECK(refuse_foreign_history());  // it knows why
      return fail(std::move(recorded.error()));
    }
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
  STRATA_TRY(const auto applied, history_.read_applied(session()));
  auto taken_back = taken_back_;
  // What failed before it took anything has taken nothing; what a person gave up is given up.
  if (command_ == "down") std::erase_if(taken_back, [&](const auto& id) { return !lacks(applied, applied_, id); });
  const auto modules = modules_json(whole_modules(*catalog_, applied), taken_back);
  STRATA_CHECK(history_.finish_run(session(), {id_, report.outcome, report.applied.size(), modules},
                                   session().facts().synchronous_commit));
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
                   taken_back_.empty() ? modules_json(whole_modules(*catalog_, applied_), {})
                                       : modules_json({}, taken_back_),
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
