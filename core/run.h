// One run under the lock: a session that holds the lock and does the work, what is applied, and the order of writes:
// intent (ledger), truth (Postgres), outcome (ledger).
#pragma once

#include "core/connection.h"
#include "core/execute/executor.h"
#include "core/execute/prisma_contact.h"
#include "core/plan_fit.h"
#include "core/postgres/history.h"
#include "core/postgres/pg_session.h"
#include "core/postgres/run_lock.h"
#include "core/runner.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

inline constexpr int most_reconnects = 5;  // without progress in between; reliability facts C11

// What the database holds now, into the ledger: for planning where it cannot be asked, and for replay. Never a reason
// for a run to fail: what hinders it is said.
void leave_snapshot(const Site& site, PgSession& session, const History& history, const HistoryMeta& meta);

// Prisma's side of a run: who owns its folder, its table, and what the two histories have to tell each other.
struct PrismaSide {
  const Module* owner = nullptr;
  PrismaTable table;
  PrismaContact contact{};
};

// Whether and how Prisma's table is kept for this catalog: nullopt where [history] prisma says off, or where nothing is
// Prisma's. Without a lock what it says is a look.
Result<std::optional<PrismaSide>> meet_prisma(const Site& site, const Catalog* catalog, PgSession& session,
                                              const Applied& applied);

// Everything that a run which writes needs, after the lock is taken and the ledger is level with Postgres.
class Run {
 public:
  // Where a plan `file` is followed, what happened since it was made is read with the history, each time.
  static Result<Run> open(const Site& site, const Catalog* catalog, const std::string& command,
                          const PlanFile* file = nullptr);

  const std::string& id() const { return id_; }
  PgSession& session() { return connection_.session(); }
  const History& history() const { return history_; }
  // What is applied, by Prisma as well. What Prisma did becomes strata's own with begin().
  const Applied& applied() const { return applied_; }
  const std::optional<PrismaSide>& prisma() const { return prisma_; }
  bool has_to_adopt() const { return prisma_ && prisma_->contact.has_work(); }
  // For the view that planning works on.
  AppliedView view() const;
  // Refuses to write where the history's tables are not as strata made them, or where this role may not
  // (history_check.h). For whoever has something to write: it takes some milliseconds.
  Result<void> refuse_foreign_history();
  // Refuses, as Prisma does, to begin in a schema with tables where nobody knows what was applied (P3005).
  Result<void> refuse_foreign_schema();
  // Refuses (needs_person) to run what the events say was done though its row is gone: nothing is applied again in
  // silence. One question to Postgres where something is new to it.
  Result<void> refuse_lost_rows(const Plan& plan);
  // Refuses to undo anything where rows and events contradict each other: what is the newest one is then not known.
  // Fails with needs_person for a row that is gone, with history_damaged for one that no event speaks of.
  Result<void> refuse_unproven_rows();
  // Refuses (not_permitted) to run migrations while a stranger may create objects in the schema that unqualified names
  // are looked up in: a function of his there would run with this role's rights (CVE-2018-1058). A stranger is a role
  // that can log in and is neither a superuser, nor the schema's or database's owner, nor a member of either or of this
  // role. [deploy] open_schema = "warn" and a disposable target make a remark of it.
  Result<void> refuse_open_schema();
  // Whether the events say that `id` was done.
  Result<bool> was_done(const MigrationId& id);
  EventChain& chain() { return chain_; }
  const RunIdentity& identity() const { return identity_; }
  std::int64_t next_position() const;  // behind all that is applied
  ExecuteOptions execute_options(bool fsync_each) const;

  // Before begin(): something of these modules may be taken back. From then on, until a run finds them whole again, strata
  // wait --module lets nobody pass for them; also where this run is killed.
  void may_take_back(std::set<std::string> modules) { taken_back_ = std::move(modules); }
  // Intent (ledger), then the run's row, then what Prisma has applied: from here on the database changes.
  Result<void> begin(const std::vector<std::string>& subjects, const std::vector<std::string_view>& texts,
                     const Digest& plan_digest);

  // The broken connection replaced: lock first (the old backend is gone then), then the history.
  Result<void> reopen();
  // The history once more, on the same session, after migrations.
  Result<void> read_again();

  // Whether `error` left open what became of that which was sent last: no answer came, and none will.
  bool is_in_the_dark(const Error& error);

  // A run that did nothing leaves its row, if there is a history at all.
  Result<void> end_idle(RunReport& report);
  // The last, synchronous commit; then the outcome in the ledger; then the lock.
  Result<void> end(RunReport& report);
  // After an error that came before begin(): the ledger keeps that the run was refused, and why.
  void note_refusal(const Error& error);

 private:
  Run(const Site& site, const Catalog* catalog, std::string command, std::string id, const PlanFile* file,
      Connection connection);
  Result<void> refuse_lost(const std::map<std::string, std::int64_t>& done) const;
  Result<void> reopen_once();
  Result<void> read();
  Result<void> level_ledger();
  Result<void> create_history();
  // The schema that ?schema= names, as Prisma makes it. public is always there, or is not meant to be.
  Result<void> create_target_schema();
  Result<void> read_prisma();
  Result<void> adopt_from_prisma();
  // After migrations, before strata's own statements: what they have set must not reach those.
  Result<void> leave_migrations();
  RunRecord run_record() const;
  Result<void> close(RunReport& report);

  const Site& site_;
  const Catalog* catalog_;
  std::string command_;
  std::string id_;
  const PlanFile* file_;
  Connection connection_;
  History history_;
  std::optional<HistoryMeta> meta_;
  Applied applied_;
  std::vector<EventSince> since_;  // file_ was made
  EventChain chain_;
  std::optional<PrismaSide> prisma_;
  std::optional<RunLock> prisma_lock_;
  RunIdentity identity_;
  std::set<std::string> taken_back_;
  std::optional<RunRecord> record_;  // of a run that began
};

}  // namespace strata
