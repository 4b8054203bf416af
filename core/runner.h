// The library's front door: what the commands do, without how they read or print. The story of a run is deploy().
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/catalog/catalog.h"
#include "core/config/config.h"
#include "core/config/database_address.h"
#include "core/execute/executor.h"
#include "core/execute/prisma_contact.h"
#include "core/execute/settle.h"
#include "core/execute/verify.h"
#include "core/plan/plan.h"
#include "core/plan/plan_file.h"
#include "core/plan_fit.h"
#include "state/ledger.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace strata {

// Where a command works. Borrowed by everything below; who calls owns it.
struct Site {
  const Config& config;
  std::string target;
  DatabaseAddress address;
  Ledger* ledger = nullptr;  // null: --ledger none
  const Clock& clock;
  std::chrono::milliseconds lock_wait{300'000};
  std::chrono::milliseconds connect_budget{30'000};
  // After a connection broke. Failovers end within two minutes (reliability facts 1.6).
  std::chrono::milliseconds reconnect_budget{180'000};
  bool allow_sql_ascii = false;  // an encoding that checks nothing, so that what is read back may be another text
  std::function<void(const std::string&)> say = [](const std::string&) {};  // worth a line: waiting for a lock, …
  std::function<void(const ServerMessage&)> on_notice = [](const ServerMessage&) {
  };  // what the server notices meanwhile
};

struct RunReport {
  std::string run;      // uuid
  std::string outcome;  // applied, reverted, recorded (nothing ran), nothing to do, failed, stopped, unknown
  std::vector<AppliedStep> applied;
  std::size_t planned = 0;
  std::size_t lock_waits = 0;  // how often a migration was rolled back for a lock that somebody held; only of deploy
  std::chrono::milliseconds lock_waited{0};
  std::optional<Error> stopped_by;
  std::optional<Error> ledger_behind;  // the database is done, the ledger is not
  std::vector<std::string> accepted;   // ids whose comments or blanks had changed
  std::vector<std::string> adopted;    // ids that Prisma had applied, and that are strata's own now
  ChainHead postgres_head;
  ChainHead ledger_head;
};

struct DeployOptions {
  PlanOptions plan;                // where there is a plan file, what it says counts
  const PlanFile* file = nullptr;  // exactly this, or nothing; borrowed
  bool atomic = false;
  bool fsync_each = false;
  bool snapshot_each = false;  // what the database holds after every step, and not only at the end of the run
};

// Brings the database to what the catalog says. An Error means that nothing was changed; once the first statement has
// run, what happened is in the report, `stopped_by` included. With a plan file it fails with plan_moved where that does
// not fit (plan_fit.h).
Result<RunReport> deploy(const Site& site, const Catalog& catalog, const DeployOptions& options,
                         const StepWatcher& watcher);

// Runs down.sql of the newest `steps` applied migrations, or of all that were applied after `to`. `confirm` is shown
// what would be undone and may say no.
struct DownOptions {
  std::optional<MigrationId> to;
  std::size_t steps = 1;
  std::function<bool(const std::vector<MigrationId>&)> confirm = [](const std::vector<MigrationId>&) { return true; };
};
Result<RunReport> down(const Site& site, const Catalog& catalog, const DownOptions& options,
                       const StepWatcher& watcher);

// Records every migration up to `to` (nullopt: all; never repeatables) as applied without running it.
Result<RunReport> baseline(const Site& site, const Catalog& catalog, const std::optional<MigrationId>& to);

Result<RunReport> resolve_migration(const Site& site, const Catalog& catalog, const MigrationId& id,
                                    Resolution resolution, std::optional<int> step);

// Drops every schema but Postgres's own and makes an empty public one, in one transaction. The ledger keeps the events
// of what was there, and takes the database for a new one. `confirm` is shown the schemas and may say no (refused).
Result<void> reset(const Site& site, const std::function<bool(const std::vector<std::string>&)>& confirm);

// What a target has applied: from Postgres, or as of the ledger's snapshot.
struct AppliedView {
  Applied applied;
  bool offline = false;
  std::int64_t as_of_ms = 0;              // when Postgres was last asked
  std::string database;                   // strata's uuid of it; empty: no history yet
  ChainHead postgres_head{};              // the event up to which this is true
  std::string ledger_path;                // offline
  std::optional<PrismaContact> prisma{};  // where Prisma's table is kept
  std::vector<EventSince> since{};        // the plan file was made that is followed, if any
};
// Asks Postgres, without the lock, and leaves what it saw in the ledger.
Result<AppliedView> look(const Site& site, const Catalog& catalog, const PlanFile* file = nullptr);
// Asks the ledger. Fails with bad_ledger when it knows nothing of the target, stale when it is older than `max_age`.
Result<AppliedView> look_offline(const Ledger& ledger, const std::string& target, const Clock& clock,
                                 std::optional<std::chrono::milliseconds> max_age);
// The state of every migration of the catalog and of the view, Prisma's findings among them.
std::vector<MigrationStatus> status_for(const Catalog& catalog, const AppliedView& view);
// A plan on a view, with the rules that need more than the plan: migrations whose files are missing.
Result<Plan> plan_for(const Catalog& catalog, const AppliedView& view, const PlanOptions& options,
                      const Ledger* ledger);
// The rest of a plan file: what is to be done on the view. Fails with plan_moved where it does not fit (plan_fit.h).
Result<Plan> plan_for_file(const Site& site, const Catalog& catalog, const AppliedView& view, const PlanFile& file,
                           const Ledger* ledger);
// As a file for `target`, in the state of the view that it was made of.
PlanFile plan_file_for(const Plan& plan, const Catalog& catalog, const AppliedView& view, const PlanOptions& options,
                       const std::string& target);

// Fetches into the ledger whatever Postgres knows and it does not. Needs the run lock for a moment.
struct PullReport {
  std::size_t imported = 0;
  std::vector<std::string> settled;
  ChainHead postgres_head;
  ChainHead ledger_head;
};
Result<PullReport> pull(const Site& site, const Catalog* catalog);

Result<VerifyReport> verify_site(const Site& site, const std::vector<Checkpoint>& checkpoints = {});

// Until everything of the catalog is applied, or of one module in at least a version (read from the history alone).
struct WaitFor {
  const Catalog* catalog = nullptr;       // everything of it
  std::string module;                     // or this module …
  std::optional<VersionRange> version{};  // … in this version
  std::chrono::milliseconds timeout{300'000};
};
// Returns what was found. Fails with lock_unavailable (75) after the timeout, saying what is still missing.
Result<std::string> wait_for(const Site& site, const WaitFor& what);

}  // namespace strata
