#include "core/runner.h"

#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/base/uuid.h"
#include "core/execute/reconcile.h"
#include "core/origin.h"
#include "core/postgres/run_lock.h"
#include "core/sql/directives.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace strata {

namespace {

using std::chrono::milliseconds;

constexpr int most_reconnects = 5;                     // without progress in between; reliability facts C11
constexpr int most_refused_claims = 100;               // … one for each migration that another run applies meanwhile
constexpr milliseconds reconnect_budget{180'000};      // reliability facts 1.6: failovers end within two minutes

std::string application_name(const std::string& command, const std::string& run) {
  const auto origin = find_origin();
  return ("strata " + command + " " + run.substr(0, 8) + " " + origin.os_user + "@" + origin.host).substr(0, 63);
}

Result<void> refuse_read_only(const Site& site, const SessionFacts& facts) {
  if (facts.in_recovery) {
    return fail(ErrorCode::unreachable, site.address.described() + " is a standby: it cannot be migrated", "name the primary; while a failover is under way, run it again");
  }
  if (facts.read_only) {
    return fail(ErrorCode::bad_config, site.address.described() + " is read-only for this role (default_transaction_read_only)",
                "ALTER ROLE … SET default_transaction_read_only = off, or use another role");
  }
  if (facts.encoding == "SQL_ASCII") {
    return fail(ErrorCode::bad_config, site.address.described() + " has the encoding SQL_ASCII, which checks nothing", "use a database with encoding UTF8");
  }
  return {};
}

// The one session of a run: it holds the lock and does the work. What runs on it borrows it; after a broken connection it
// is opened anew in place.
class Connection {
 public:
  static Result<Connection> open(const Site& site, const std::string& command, const std::string& run, milliseconds budget) {
    const auto name = application_name(command, run);
    SessionOptions options;
    options.application_name = name;
    options.connect_budget = budget;
    options.on_notice = site.on_notice;
    options.on_retry = [&site](const std::string& why) { site.say(why + "; trying again"); };
    STRATA_TRY(auto session, PgSession::connect(site.address, std::move(options)));
    STRATA_STOP_POINT("connected");
    STRATA_CHECK(refuse_read_only(site, session.facts()));
    STRATA_TRY(auto lock, RunLock::take(session, site.lock_wait,
                                        [&site](const std::string& holder) { site.say("waiting for another run of strata: " + holder); }));
    STRATA_STOP_POINT("locked");
    if (session.facts().pooled) {
      STRATA_CHECK(refuse_transaction_pooling(site.address, name));
      site.say("connected through a pooler in session mode");
    }
    return Connection(std::move(session), lock);
  }

  PgSession& session() { return session_; }
  Result<void> release() { return lock_.release(session_); }

 private:
  Connection(PgSession session, RunLock lock) : session_(std::move(session)), lock_(lock) {}
  PgSession session_;
  RunLock lock_;
};

std::string modules_json(const Catalog& catalog) {
  nlohmann::json modules = nlohmann::json::object();
  for (const auto& module : catalog.modules()) modules[module.id] = module.version.text();
  return modules.dump();
}

std::int64_t next_position(const Applied& applied) {
  std::int64_t highest = 0;
  for (const auto& [id, record] : applied) highest = std::max(highest, record.position);
  return highest + 1;
}

// Everything that a run which writes needs, after the lock is taken and the ledger is level with Postgres.
class Run {
 public:
  static Result<Run> open(const Site& site, const Catalog* catalog, const std::string& command) {
    const auto id = make_uuid();
    STRATA_TRY(auto connection, Connection::open(site, command, id, site.connect_budget));
    Run run(site, catalog, command, id, std::move(connection));
    STRATA_CHECK(run.read());
    if (site.ledger != nullptr) STRATA_CHECK(run.level_ledger());
    return run;
  }

  const std::string& id() const { return id_; }
  PgSession& session() { return connection_.session(); }
  const History& history() const { return history_; }
  const Applied& applied() const { return applied_; }
  EventChain& chain() { return chain_; }
  const RunIdentity& identity() const { return identity_; }
  bool has_history() const { return meta_.has_value(); }

  // Intent (ledger), then the run's row: from here on the database changes.
  Result<void> begin(const std::vector<std::string>& subjects, const std::vector<std::string_view>& texts, const Digest& plan_digest) {
    if (!meta_) STRATA_CHECK(create_history());
    identity_.database = meta_->database;
    identity_.run = id_;
    const auto origin = find_origin();
    identity_.actor = session().facts().user + "@" + origin.host + " (" + origin.os_user + ")";
    if (origin.build_json != "{}") identity_.actor += " " + origin.build_json;
    identity_.strata_version = strata_version;
    if (site_.ledger != nullptr) {
      std::size_t bytes = 65'536 + subjects.size() * 1'500;
      for (const auto text : texts) bytes += text.size();
      STRATA_CHECK(site_.ledger->reserve(bytes));
      Event intent;
      intent.kind = EventKind::intent;
      intent.database = identity_.database;
      intent.run = id_;
      intent.at_ms = site_.clock.now_ms();
      intent.subjects = subjects;
      intent.note = command_;
      intent.actor = identity_.actor;
      intent.strata_version = strata_version;
      Ledger::Append append;
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
    RunRecord record = run_record();
    record.plan_digest = plan_digest;
    STRATA_CHECK(session().query("SET synchronous_commit = off"));
    STRATA_CHECK(history_.begin_run(session(), record));
    began_ = true;
    return {};
  }

  // The broken connection replaced: lock first (the old backend is gone then), then the history.
  Result<void> reopen() {
    site_.say("the connection broke; connecting again and asking what became of it");
    STRATA_TRY(auto connection, Connection::open(site_, command_, id_, reconnect_budget));
    connection_ = std::move(connection);
    const auto before = meta_;
    STRATA_CHECK(read());
    if (before && (!meta_ || meta_->database != before->database)) {
      return fail(ErrorCode::needs_person, "after the connection broke, the database that answers is another one");
    }
    return {};
  }

  Result<void> read() {
    STRATA_TRY(meta_, history_.read_meta(session()));
    applied_.clear();
    if (meta_) {
      STRATA_TRY(applied_, history_.read_applied(session()));
      chain_ = EventChain(meta_->head);
    }
    return {};
  }

  // After migrations, before strata's own statements: what they have set must not reach those.
  Result<void> leave_migrations() {
    STRATA_CHECK(session().query("SET SESSION AUTHORIZATION DEFAULT; SELECT pg_catalog.set_config('role', 'none', false), "
                                 "pg_catalog.set_config('search_path', '', false), pg_catalog.set_config('bytea_output', 'hex', false), "
                                 "pg_catalog.set_config('statement_timeout', '0', false)"));
    return {};
  }

  Result<void> read_again() {
    STRATA_CHECK(leave_migrations());
    return read();
  }

  // A run that did nothing leaves its row, if there is a history at all.
  Result<void> end_idle(RunReport& report) {
    report.outcome = "nothing to do";
    if (meta_) {
      STRATA_CHECK(session().query("SET synchronous_commit = off"));
      STRATA_CHECK(history_.record_idle_run(session(), run_record()));
    }
    return close(report);
  }

  // The last, synchronous commit; then the outcome in the ledger; then the lock.
  Result<void> end(RunReport& report) {
    const auto& stopped = report.stopped_by;
    report.outcome = !stopped ? "applied" : stopped->code == ErrorCode::interrupted ? "stopped" : "failed";
    if (stopped && stopped->code == ErrorCode::outcome_unknown) {
      report.outcome = "unknown";
      return {};
    }
    STRATA_CHECK(leave_migrations());
    STRATA_CHECK(history_.finish_run(session(), id_, report.outcome, report.applied.size(), session().facts().synchronous_commit));
    STRATA_STOP_POINT("durable");
    if (site_.ledger != nullptr) {
      STRATA_TRY(meta_, history_.read_meta(session()));
      ReconcileOptions options;
      options.target = site_.target;
      options.run_end = RunEnd{id_, report.outcome, stopped ? stopped->sqlstate : "", stopped ? one_line(stopped->message, 300) : ""};
      if (auto done = reconcile(*site_.ledger, session(), history_, meta_, catalog_, site_.clock, options); !done) {
        auto error = std::move(done.error());
        error.code = ErrorCode::ledger_behind;
        error.message = "the database is done, the ledger is not: " + error.message;
        error.next = "make room or mend the ledger's place, then run strata deploy or strata audit pull: it catches up";
        report.ledger_behind = std::move(error);
      }
    }
    return close(report);
  }

  // After an error that came before begin(): the ledger keeps that the run was refused, and why.
  void note_refusal(const Error& error) {
    if (site_.ledger == nullptr || began_ || !meta_) return;
    Event refused;
    refused.kind = EventKind::refused;
    refused.database = meta_->database;
    refused.run = id_;
    refused.at_ms = site_.clock.now_ms();
    refused.note = std::string(name_of(error.code)) + ": " + one_line(error.message, 300);
    Ledger::Append append;
    append.events.push_back({std::move(refused), 0});
    if (auto noted = site_.ledger->append(append); !noted) site_.say("the refusal is not in the ledger: " + noted.error().message);
  }

 private:
  Run(const Site& site, const Catalog* catalog, std::string command, std::string id, Connection connection)
      : site_(site), catalog_(catalog), command_(std::move(command)), id_(std::move(id)), connection_(std::move(connection)),
        history_(site.config.history_schema), chain_(ChainHead{}) {}

  Result<void> level_ledger() {
    STRATA_CHECK(site_.ledger->refresh());  // another process may have worked with it while this one waited for the lock
    STRATA_CHECK(check_identity(*site_.ledger, site_.target, session().facts(), meta_));
    const auto known = site_.ledger->target(site_.target);
    const bool level = known && (meta_ ? known->postgres_head == meta_->head : known->database.empty());
    // A ledger that is level is only touched to say so, and for that once a minute is enough: each append waits for the disk.
    const bool seen_lately = known && site_.clock.now_ms() - known->last_seen_ms < 60'000;
    if (level && meta_ && seen_lately) {
      STRATA_TRY(const auto intents, site_.ledger->open_intents(meta_->database));
      if (intents.empty()) return {};
    }
    ReconcileOptions options;
    options.target = site_.target;
    STRATA_TRY(const auto done, reconcile(*site_.ledger, session(), history_, meta_, catalog_, site_.clock, options));
    if (done.rebuilt) site_.say("the ledger knew nothing of this database: " + std::to_string(done.imported) + " events were rebuilt from Postgres");
    if (!done.rebuilt && done.imported > 0) site_.say(std::to_string(done.imported) + " events of other runs were fetched into the ledger");
    for (const auto& line : done.settled) site_.say("an earlier run had ended without an outcome; " + line);
    return {};
  }

  Result<void> create_history() {
    Event genesis;
    genesis.kind = EventKind::genesis;
    genesis.database = make_uuid();
    genesis.run = id_;
    genesis.at_ms = site_.clock.now_ms();
    genesis.note = "database " + session().facts().database;
    genesis.strata_version = strata_version;
    STRATA_TRY(meta_, history_.create(session(), genesis));
    chain_ = EventChain(meta_->head);
    STRATA_STOP_POINT("history-created");
    if (site_.ledger != nullptr) STRATA_CHECK(level_ledger());
    return {};
  }

  RunRecord run_record() const {
    const auto origin = find_origin();
    RunRecord record{id_, command_, origin.os_user, origin.host, strata_version, origin.build_json, catalog_ ? modules_json(*catalog_) : "{}", {}, {}, {}};
    if (site_.ledger != nullptr) {
      record.ledger = site_.ledger->id();
      record.ledger_head = site_.ledger->head();
    }
    return record;
  }

  Result<void> close(RunReport& report) {
    report.postgres_head = meta_ ? meta_->head : ChainHead{};
    if (site_.ledger != nullptr) report.ledger_head = site_.ledger->head();
    STRATA_STOP_POINT("unlock");
    return connection_.release();
  }

  const Site& site_;
  const Catalog* catalog_;
  std::string command_;
  std::string id_;
  Connection connection_;
  History history_;
  std::optional<HistoryMeta> meta_;
  Applied applied_;
  EventChain chain_;
  RunIdentity identity_;
  bool began_ = false;
};

std::vector<std::string> ids_of(const std::vector<Step>& steps) {
  std::vector<std::string> ids;
  for (const auto& step : steps) ids.push_back(step.migration->id.text());
  return ids;
}

std::vector<std::string_view> texts_of(const Plan& plan) {
  std::vector<std::string_view> texts;
  for (const auto& step : plan.steps) texts.push_back(step.migration->sql);
  for (const auto& change : plan.accepted) texts.push_back(change.migration->sql);
  return texts;
}

// --atomic: one transaction for all transactional steps. Those that cannot be in one may come before or after it.
Result<void> check_atomic(const Plan& plan) {
  const Step* first = nullptr;
  const Step* outside = nullptr;
  for (const auto& step : plan.steps) {
    if (step.runs_in_transaction() && outside != nullptr) {
      return fail(ErrorCode::refused,
                  "--atomic needs one transaction, but " + outside->migration->id.text() + " cannot run in a transaction and stands between " +
                      first->migration->id.text() + " and " + step.migration->id.text(),
                  "deploy in parts: strata deploy --atomic --to ID with the step before it, then the rest; or leave out --atomic");
    }
    if (step.runs_in_transaction() && first == nullptr) first = &step;
    if (!step.runs_in_transaction() && first != nullptr) outside = &step;
  }
  return {};
}

ExecuteOptions execute_options(const Site& site, bool fsync_each) {
  ExecuteOptions options;
  options.lock_timeout = site.config.lock_timeout;
  options.lock_wait = site.lock_wait;
  options.statement_timeout = site.config.statement_timeout;
  options.search_path = site.address.schema;
  options.fsync_each = fsync_each;
  return options;
}

// While a statement runs: who blocks it, and how far an index build is. Looks through a second connection, and only once
// a statement has taken longer than a second.
class Watch {
 public:
  Watch(const Site& site, const StepWatcher& outer) : observer_(site.address, "strata observer"), watcher_(outer) {
    watcher_.blockers = [this] { return std::exchange(blockers_, {}); };
  }
  void attach(PgSession& session) {
    session.set_while_waiting([this, pid = session.facts().backend_pid](milliseconds elapsed) {
      if (elapsed < milliseconds(1'000)) return;
      if (auto found = observer_.blockers_of(pid)) blockers_ = std::move(*found);
      watcher_.on_waiting(elapsed, observer_.index_progress(pid), blockers_);
    });
  }
  const StepWatcher& watcher() const { return watcher_; }

 private:
  Observer observer_;
  StepWatcher watcher_;
  std::string blockers_;
};

}  // namespace

Result<Plan> plan_for(const Catalog& catalog, const AppliedView& view, const PlanOptions& options, const Ledger* ledger) {
  STRATA_TRY(auto plan, make_plan(catalog, view.applied, options));
  std::string missing;
  for (const auto& id : plan.unknown) {
    const auto& record = view.applied.at(id);
    if (record.kind == MigrationKind::repeatable) continue;
    const auto text = ledger != nullptr ? ledger->blob(record.sha256) : Result<std::optional<std::string>>(std::nullopt);
    if (!text || !*text) missing += "\n  " + id.text();
  }
  if (!missing.empty()) {
    return fail(ErrorCode::unknown_migration, "the database has applied migrations that no module contributes any more, and the ledger does not hold their text:" + missing,
                "bring the files back, or the module's plugin; was a folder renamed?");
  }
  return plan;
}

Result<RunReport> deploy(const Site& site, const Catalog& catalog, const DeployOptions& options, const StepWatcher& outer_watcher) {
  STRATA_TRY(auto run, Run::open(site, &catalog, "deploy"));
  const auto make = [&] { return plan_for(catalog, AppliedView{run.applied(), false, 0, 0, {}}, options.plan, site.ledger); };
  auto plan = make();
  if (plan && options.atomic) {
    if (auto fits = check_atomic(*plan); !fits) plan = fail(std::move(fits.error()));
  }
  if (!plan) {
    run.note_refusal(plan.error());
    return fail(std::move(plan.error()));
  }

  RunReport report;
  report.run = run.id();
  report.planned = plan->steps.size();
  if (plan->steps.empty() && plan->accepted.empty()) {
    STRATA_CHECK(run.end_idle(report));
    return report;
  }
  STRATA_CHECK(run.begin(ids_of(plan->steps), texts_of(*plan), plan->digest));
  if (!plan->accepted.empty()) {
    STRATA_CHECK(accept_checksums(run.session(), run.history(), run.chain(), run.identity(), plan->accepted, site.clock));
    for (const auto& change : plan->accepted) report.accepted.push_back(change.migration->id.text());
  }

  outer_watcher.on_planned(plan->steps.size());
  Watch watch(site, outer_watcher);
  const auto execution = execute_options(site, options.fsync_each);
  int reconnects = 0;
  int refused_claims = 0;
  std::set<MigrationId> in_flight;  // sent, and no answer came
  for (bool finished = false; !finished;) {
    watch.attach(run.session());
    Executor executor(run.session(), run.history(), run.chain(), run.identity(), execution, site.clock, watch.watcher());
    auto position = next_position(run.applied());
    std::optional<Error> stopped;
    const auto keep = [&](std::vector<AppliedStep> applied) {
      report.applied.insert(report.applied.end(), applied.begin(), applied.end());
      reconnects = 0;
      refused_claims = 0;
    };
    for (std::size_t i = 0; i < plan->steps.size() && !stopped;) {
      const auto& step = plan->steps[i];
      if (options.atomic && step.runs_in_transaction()) {
        std::vector<const Step*> together;
        while (i < plan->steps.size() && plan->steps[i].runs_in_transaction()) together.push_back(&plan->steps[i++]);
        for (const auto* each : together) in_flight.insert(each->migration->id);
        auto applied = executor.apply_atomically(together, position);
        position += static_cast<std::int64_t>(together.size());
        if (applied) {
          keep(std::move(*applied));
        } else {
          stopped = std::move(applied.error());
        }
        continue;
      }
      in_flight.insert(step.migration->id);
      const auto begun = run.applied().find(step.migration->id);
      const bool continues = step.reason == StepReason::continues && begun != run.applied().end();
      auto applied = executor.apply(step, continues ? begun->second.position : position++);
      if (applied) {
        keep({*applied});
        ++i;
      } else {
        stopped = std::move(applied.error());
      }
    }
    finished = true;
    if (!stopped) continue;
    const bool lost = stopped->code == ErrorCode::connection_lost;
    if (!lost && stopped->code != ErrorCode::already_claimed) {
      report.stopped_by = std::move(stopped);
      continue;
    }
    // Only the history can tell what is applied now: a COMMIT without an answer, a crash that took the tail of commits
    // that nobody waited for, another runner's work. Then the plan is made anew.
    // A claim that is refused again and again though the history has no such row is no other runner's work.
    if (!lost && ++refused_claims > most_refused_claims) {
      stopped->code = ErrorCode::history_damaged;
      stopped->next = "strata audit verify shows what does not fit";
      report.stopped_by = std::move(stopped);
      continue;
    }
    const auto level = lost ? (++reconnects > most_reconnects ? Result<void>(fail(*stopped)) : run.reopen()) : run.read_again();
    if (!level) {
      auto error = level.error();
      if (error.code != ErrorCode::interrupted) {
        error.code = ErrorCode::outcome_unknown;
        error.message = "the outcome of " + (stopped->subject.empty() ? "this run" : stopped->subject) + " is unknown: " + error.message;
        error.next = "run strata deploy again: it finds out, and applies nothing twice";
      }
      error.subject = stopped->subject;
      report.stopped_by = std::move(error);
      continue;
    }
    std::erase_if(report.applied, [&](const AppliedStep& done) {
      const auto found = run.applied().find(done.id);
      return found == run.applied().end() || found->second.state != MigrationState::applied;
    });
    for (const auto& id : in_flight) {
      const auto found = run.applied().find(id);
      const bool ours = found != run.applied().end() && found->second.run == run.id() && found->second.state == MigrationState::applied;
      const bool told = std::any_of(report.applied.begin(), report.applied.end(), [&](const auto& done) { return done.id == id; });
      if (ours && !told) {
        report.applied.push_back({id, {}});
        site.say(id.text() + " was committed, as the history says");
      }
    }
    if (!lost) site.say("applied meanwhile by another run (" + run.history().read_who_applied(run.session(), plan->steps.front().migration->id).value_or("unknown") + "); going on with what is left");
    plan = make();
    if (!plan) report.stopped_by = std::move(plan.error());
    finished = !plan;
  }
  if (auto ended = run.end(report); !ended) {
    if (!report.stopped_by) report.stopped_by = std::move(ended.error());
  }
  return report;
}

Result<RunReport> down(const Site& site, const Catalog& catalog, const DownOptions& options, const StepWatcher& outer_watcher) {
  STRATA_TRY(auto run, Run::open(site, &catalog, "down"));
  std::vector<const AppliedMigration*> newest_first;
  for (const auto& [id, record] : run.applied()) {
    if (record.kind == MigrationKind::migration) newest_first.push_back(&record);
  }
  std::sort(newest_first.begin(), newest_first.end(), [](const auto* a, const auto* b) { return a->position > b->position; });
  std::vector<const Migration*> undone;
  std::vector<Script> scripts;
  const auto choose = [&]() -> Result<void> {
    if (options.to && run.applied().count(*options.to) == 0) {
      return fail(ErrorCode::unknown_migration, options.to->text() + " is not applied: --to names the migration that stays as the newest one", "strata status lists them");
    }
    std::set<MigrationId> chosen;
    for (const auto* record : newest_first) {
      if (options.to ? record->id == *options.to : undone.size() == options.steps) break;
      const auto* migration = catalog.find(record->id);
      if (record->state != MigrationState::applied) return fail(ErrorCode::refused, record->id.text() + " is " + name_of(record->state) + ": settle it first", "strata status");
      if (migration == nullptr) return fail(ErrorCode::unknown_migration, record->id.text() + " is applied, but no module contributes it: its down.sql is not at hand");
      if (!migration->down_sql) {
        return fail(ErrorCode::refused, record->id.text() + " has no down.sql (" + migration->path + "): it cannot be undone", "write a new migration that changes what it did");
      }
      undone.push_back(migration);
      chosen.insert(migration->id);
    }
    for (const auto& [id, record] : run.applied()) {
      const auto* migration = catalog.find(id);
      if (migration == nullptr || chosen.count(id) != 0) continue;
      for (const auto* candidate : undone) {
        const auto& needs = migration->directives.needs;
        const bool later_in_module = migration->kind == MigrationKind::migration && id.module == candidate->id.module && id.name > candidate->id.name;
        if (later_in_module || std::find(needs.begin(), needs.end(), candidate->id) != needs.end()) {
          return fail(ErrorCode::refused, candidate->id.text() + " is needed by " + id.text() + ", which is applied and would stay",
                      "undo that one as well: strata down --to ID with an older id, or more --steps");
        }
      }
    }
    for (const auto* migration : undone) {
      const auto path = migration->path.substr(0, migration->path.rfind('/') + 1) + "down.sql";
      STRATA_TRY(const auto directives, read_directives(*migration->down_sql, path));
      STRATA_TRY(auto script, read_script(*migration->down_sql, path, directives.no_transaction));
      scripts.push_back(std::move(script));
    }
    return {};
  };
  if (auto chosen = choose(); !chosen) {
    run.note_refusal(chosen.error());
    return fail(std::move(chosen.error()));
  }
  RunReport report;
  report.run = run.id();
  report.planned = undone.size();
  std::vector<MigrationId> ids;
  std::vector<std::string> subjects;
  std::vector<std::string_view> texts;
  for (const auto* migration : undone) {
    ids.push_back(migration->id);
    subjects.push_back(migration->id.text());
    texts.push_back(*migration->down_sql);
  }
  if (undone.empty() || !options.confirm(ids)) {
    STRATA_CHECK(run.end_idle(report));
    return report;
  }
  STRATA_CHECK(run.begin(subjects, texts, {}));
  outer_watcher.on_planned(undone.size());
  Watch watch(site, outer_watcher);
  watch.attach(run.session());
  const auto execution = execute_options(site, true);
  Executor executor(run.session(), run.history(), run.chain(), run.identity(), execution, site.clock, watch.watcher());
  for (std::size_t i = 0; i < undone.size() && !report.stopped_by; ++i) {
    auto reverted = executor.revert(*undone[i], catalog.module_of(*undone[i]), scripts[i]);
    if (reverted) {
      report.applied.push_back(*reverted);
    } else {
      report.stopped_by = std::move(reverted.error());
      report.stopped_by->subject = undone[i]->id.text();
    }
  }
  if (report.stopped_by && report.stopped_by->code == ErrorCode::connection_lost) {
    report.stopped_by->code = ErrorCode::outcome_unknown;
    report.stopped_by->next = "run strata status: the history tells what was undone";
  }
  if (auto ended = run.end(report); !ended && !report.stopped_by) report.stopped_by = std::move(ended.error());
  if (!report.stopped_by) report.outcome = "reverted";
  return report;
}

namespace {

// baseline and resolve: one transaction that changes the history and runs nothing.
Result<RunReport> change_history(Run& run, const std::vector<std::string>& subjects, const std::vector<std::string_view>& texts,
                                 const std::function<Result<void>()>& change) {
  RunReport report;
  report.run = run.id();
  report.planned = subjects.size();
  STRATA_CHECK(run.begin(subjects, texts, {}));
  if (auto changed = change(); !changed) {
    report.stopped_by = std::move(changed.error());
    if (report.stopped_by->code == ErrorCode::connection_lost) report.stopped_by->code = ErrorCode::outcome_unknown;
  } else {
    for (const auto& subject : subjects) report.applied.push_back({*parse_migration_id(subject), {}});
  }
  if (auto ended = run.end(report); !ended && !report.stopped_by) report.stopped_by = std::move(ended.error());
  return report;
}

}  // namespace

Result<RunReport> baseline(const Site& site, const Catalog& catalog, const std::optional<MigrationId>& to) {
  if (to && catalog.find(*to) == nullptr) {
    return fail(ErrorCode::unknown_migration, "no module contributes " + to->text() + ", which --to names", "strata status lists the ids");
  }
  STRATA_TRY(auto run, Run::open(site, &catalog, "baseline"));
  std::vector<const Migration*> adopted;
  std::vector<std::string> subjects;
  std::vector<std::string_view> texts;
  for (const auto* migration : catalog.order()) {
    if (migration->kind == MigrationKind::migration && run.applied().count(migration->id) == 0) {
      adopted.push_back(migration);
      subjects.push_back(migration->id.text());
      texts.push_back(migration->sql);
    }
    if (to && migration->id == *to) break;
  }
  if (adopted.empty()) {
    RunReport report;
    report.run = run.id();
    STRATA_CHECK(run.end_idle(report));
    return report;
  }
  const auto first = next_position(run.applied());
  return change_history(run, subjects, texts, [&] {
    return adopt(run.session(), run.history(), run.chain(), run.identity(), catalog, adopted, first, site.clock);
  });
}

Result<RunReport> resolve_migration(const Site& site, const Catalog& catalog, const MigrationId& id, Resolution resolution, std::optional<int> step) {
  STRATA_TRY(auto run, Run::open(site, &catalog, "resolve"));
  const auto* migration = catalog.find(id);
  const auto found = run.applied().find(id);
  const auto check = [&]() -> Result<void> {
    if (migration == nullptr) return fail(ErrorCode::unknown_migration, "no module contributes " + id.text(), "strata status lists the ids");
    if (found == run.applied().end() && (resolution != Resolution::applied || step)) {
      return fail(ErrorCode::refused, id.text() + " has left no trace in this database: there is nothing to settle", "strata deploy runs it");
    }
    return {};
  };
  if (auto fits = check(); !fits) {
    run.note_refusal(fits.error());
    return fail(std::move(fits.error()));
  }
  STRATA_TRY(const auto script, read_script(migration->sql, migration->path, migration->directives.no_transaction));
  const auto first = next_position(run.applied());
  const auto record = found == run.applied().end() ? AppliedMigration{} : found->second;
  if (found != run.applied().end() && record.state == MigrationState::applied) {
    const auto error = Error{.code = ErrorCode::refused, .message = id.text() + " is applied: there is nothing to settle",
                             .next = "strata down undoes it, where it has a down.sql"};
    run.note_refusal(error);
    return fail(error);
  }
  const bool adopts = found == run.applied().end();
  return change_history(run, {id.text()}, {migration->sql}, [&] {
    if (adopts) return adopt(run.session(), run.history(), run.chain(), run.identity(), catalog, {migration}, first, site.clock);
    return resolve(run.session(), run.history(), run.chain(), run.identity(), record, script, resolution, step, site.clock);
  });
}

namespace {

Result<PgSession> connect_to_look(const Site& site, const std::string& command) {
  SessionOptions options;
  options.application_name = application_name(command, make_uuid());
  options.connect_budget = site.connect_budget;
  options.on_retry = [&site](const std::string& why) { site.say(why + "; trying again"); };
  return PgSession::connect(site.address, std::move(options));
}

}  // namespace

Result<AppliedView> look(const Site& site, const Catalog& catalog) {
  STRATA_TRY(auto session, connect_to_look(site, "look"));
  const History history(site.config.history_schema);
  // Before Postgres is asked: what the ledger knows must be the older of the two.
  if (site.ledger != nullptr) STRATA_CHECK(site.ledger->refresh());
  // One snapshot for all that is read, since no lock is held. Without a history the first look aborts it, which is fine.
  STRATA_TRY(auto meta, history.read_meta(session));
  AppliedView view;
  view.as_of_ms = site.clock.now_ms();
  if (meta) {
    STRATA_CHECK(session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    STRATA_TRY(meta, history.read_meta(session));
    STRATA_TRY(view.applied, history.read_applied(session));
    view.postgres_seq = meta->head.seq;
  }
  if (site.ledger != nullptr) {
    STRATA_CHECK(check_identity(*site.ledger, site.target, session.facts(), meta));
    ReconcileOptions options;
    options.target = site.target;
    options.settle_intents = false;
    if (auto done = reconcile(*site.ledger, session, history, meta, &catalog, site.clock, options); !done) {
      site.say("what was seen is not in the ledger: " + done.error().message);
    }
  }
  return view;
}

Result<AppliedView> look_offline(const Ledger& ledger, const std::string& target, const Clock& clock, std::optional<milliseconds> max_age) {
  const auto known = ledger.target(target);
  const auto snapshot = ledger.snapshot(target);
  if (!known || !snapshot) {
    return fail(ErrorCode::bad_ledger, "no ledger for target " + target + ": " + ledger.path() + " has never seen that database",
                "strata audit pull --target " + target + " fetches what is applied, from where the database can be reached");
  }
  AppliedView view{snapshot->applied, true, known->last_seen_ms, known->postgres_head.seq, ledger.path()};
  const auto age = milliseconds(clock.now_ms() - known->last_seen_ms);
  if (max_age && age > *max_age) {
    return fail(ErrorCode::stale, "what the ledger knows of target " + target + " is " + human_duration(age) + " old (as of " +
                                      iso8601(known->last_seen_ms) + "); --max-age allows " + human_duration(*max_age),
                "strata audit pull --target " + target + " refreshes it");
  }
  return view;
}

Result<PullReport> pull(const Site& site, const Catalog* catalog) {
  const auto run = make_uuid();
  STRATA_TRY(auto connection, Connection::open(site, "audit pull", run, site.connect_budget));
  const History history(site.config.history_schema);
  STRATA_TRY(const auto meta, history.read_meta(connection.session()));
  STRATA_CHECK(site.ledger->refresh());
  STRATA_CHECK(check_identity(*site.ledger, site.target, connection.session().facts(), meta));
  ReconcileOptions options;
  options.target = site.target;
  STRATA_TRY(auto done, reconcile(*site.ledger, connection.session(), history, meta, catalog, site.clock, options));
  STRATA_CHECK(connection.release());
  return PullReport{done.imported, std::move(done.settled), meta ? meta->head : ChainHead{}, site.ledger->head()};
}

Result<VerifyReport> verify_site(const Site& site) {
  STRATA_TRY(auto session, connect_to_look(site, "audit verify"));
  const History history(site.config.history_schema);
  STRATA_CHECK(session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  auto report = verify(*site.ledger, site.target, &session, history);
  return report;
}

Result<std::string> wait_for(const Site& site, const WaitFor& what) {
  const auto began = std::chrono::steady_clock::now();
  const History history(site.config.history_schema);
  std::string missing;
  std::string told;
  std::optional<PgSession> session;
  // "" when all is there; else what is missing.
  const auto ask = [&]() -> Result<std::string> {
    if (!session || session->is_broken()) {
      STRATA_TRY(session, connect_to_look(site, "wait"));
    }
    STRATA_TRY(const auto meta, history.read_meta(*session));
    if (!meta) return std::string("the database has no history yet");
    STRATA_TRY(const auto applied, history.read_applied(*session));
    if (what.catalog == nullptr) {
      STRATA_TRY(const auto versions, history.read_module_versions(*session));
      const auto version = versions.find(what.module);
      const auto parsed = version == versions.end() ? std::nullopt : parse_version(version->second);
      if (!parsed) return "module " + what.module + " has not been deployed";
      if (what.version && !what.version->contains(*parsed)) return "module " + what.module + " is " + parsed->text() + ", wanted is " + what.version->text();
      for (const auto& [id, record] : applied) {
        if (id.module == what.module && record.state != MigrationState::applied) return id.text() + " is " + name_of(record.state);
      }
      return std::string();
    }
    std::size_t open = 0;
    std::string first;
    for (const auto& status : status_of(*what.catalog, applied)) {
      if (status.status == StatusOfMigration::applied || status.status == StatusOfMigration::unknown) continue;
      if (open++ == 0) first = status.id.text() + " is " + name_of(status.status);
    }
    return open == 0 ? std::string() : std::to_string(open) + " migrations are not applied, the first: " + first;
  };
  for (;;) {
    auto answer = ask();
    if (answer && answer->empty()) return std::string(what.catalog != nullptr ? "everything is applied" : "module " + what.module + " is applied");
    const bool may_pass = answer || answer.error().code == ErrorCode::unreachable || answer.error().code == ErrorCode::connection_lost;
    if (!may_pass) return fail(std::move(answer.error()));
    missing = answer ? *answer : answer.error().message;
    if (missing != told) site.say("waiting: " + missing);
    told = missing;
    const auto spent = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    if (spent >= what.timeout) {
      return fail(ErrorCode::lock_unavailable, "gave up after " + human_duration(spent) + ": " + missing, "strata deploy applies what is missing; --timeout waits longer");
    }
    STRATA_CHECK(interrupt::sleep(std::min(milliseconds(500), what.timeout - spent)));
  }
}

}  // namespace strata
