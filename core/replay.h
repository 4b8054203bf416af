// Recorded states rebuilt from the ledger's texts, on a database that is thrown away or was empty: to prove that the
// record is whole (replay), to see what was changed besides (drift), to try what is about to run (rehearse_plan).
#pragma once

#include "core/base/result.h"
#include "core/execute/database_snapshot.h"
#include "core/execute/recording.h"
#include "core/inventory/compare.h"
#include "core/postgres/scratch_database.h"
#include "core/runner.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace strata {

// Where recorded texts run again.
class ReplayPlace {
 public:
  // A database of its own in the embedded cluster below `state_folder` (.strata).
  static Result<ReplayPlace> scratch(const std::string& state_folder);
  // The database of `address`, which has to be empty and keeps what is made in it. Fails with refused where it is not.
  static Result<ReplayPlace> empty(const DatabaseAddress& address, const std::string& history_schema);

  PgSession& session() { return scratch_ ? scratch_->session() : *session_; }
  // What migrations may speak of beside what they make: roles, the schema that they run in, and a database of the
  // target's name. In a database that somebody named, only the schema is made.
  Result<void> prepare(const std::vector<std::string>& roles, const std::string& schema,
                       const std::string& database_name);

 private:
  std::optional<ScratchDatabase> scratch_;
  std::optional<PgSession> session_;
};

// What is to be replayed.
struct ReplayRequest {
  std::string target;
  std::string at;                 // an event's number, a time as the log prints it, a migration's id; empty: all
  std::string schema = "public";  // the search_path of the target's migrations
  std::string history_schema = "strata";
};

// A recorded state and what replay made of it.
struct StateComparison {
  std::int64_t seq = 0;  // of the ledger's snapshot event
  std::int64_t postgres_seq = 0;
  std::int64_t at_ms = 0;
  std::string last_migration;                 // the newest one in it
  std::vector<ObjectDifference> differences;  // expected: as replayed; found: as recorded
};

struct ReplayReport {
  std::string target;
  std::string database;           // strata's uuid of it
  std::size_t texts = 0;          // that were run
  std::int64_t postgres_seq = 0;  // of the state that was rebuilt
  std::int64_t at_ms = 0;
  std::string last_migration;
  std::vector<std::string> remarks;
  std::size_t compared = 0;  // recorded states
  std::optional<StateComparison> first_difference;
  std::string server_version;  // of where it ran
  Inventory inventory;         // what is there at the end
};

// Fails with bad_ledger where the ledger does not know the target or does not hold a text, usage where `at` names
// nothing, and as rehearse() does where a text does not run again.
Result<ReplayReport> replay(const Ledger& ledger, const ReplayRequest& request, ReplayPlace& place,
                            const std::function<void(const RecordedAction&)>& on_action);

// One recorded text, as replay() runs it.
Result<void> run_again(const Ledger& ledger, const RecordedAction& action, PgSession& session,
                       const std::string& schema);

// What came of running a plan where nothing can be lost.
struct PlanRehearsal {
  std::size_t recorded = 0;          // texts that made the target's state
  std::vector<std::string> ran;      // ids of the plan's steps, in order
  std::optional<Error> stopped_by;   // what the target would stop at
  std::string server_version;        // of the embedded server
  std::size_t objects = 0;           // at the end
  std::vector<std::string> remarks;  // of the replay
  bool was_compared = false;         // with the fragments: there are some, and all was planned
  // Expected: what the fragments of all modules make; found: what the plan does.
  std::vector<ObjectDifference> differences;

  bool is_sound() const { return !stopped_by && differences.empty(); }
};

// Replays the target's recorded state (none: an empty database), runs the steps of `plan` there for real, and, where
// the plan is the whole (no --to), compares what is there then with the fragments, but for modules that have none.
// verify.sql is not run: there are no data. An Error means that the state could not be rebuilt.
Result<PlanRehearsal> rehearse_plan(const Ledger* ledger, const ReplayRequest& request, const Catalog& catalog,
                                    const Plan& plan, bool is_whole, const std::string& state_folder);

// What can be compared of inventories that two servers printed, by their versions.
ComparedServers compared_servers(const std::string& version, const std::string& other_version);

// How an object came to be, as far as a replay tells.
struct DriftFinding {
  ObjectDifference difference;  // expected: as replayed; found: as it is
  std::string module;           // whose table, view, … it is; empty: nobody's
  std::string made_by;          // the migration; empty: none
  std::string changed_by;       // the last one that changed it since; empty: none
  std::string removed_by;       // of what is there and should not be
};

struct DriftReport {
  std::string target;
  std::string database;
  ChainHead postgres_head;
  std::int64_t at_ms = 0;
  std::string server_version;  // of the target
  std::string replayed_on;     // of the embedded server
  std::size_t objects = 0;     // that the target holds
  std::size_t texts = 0;
  std::vector<std::string> remarks;
  std::vector<DriftFinding> findings;  // by module
};

// Compares what the target holds with what its history makes, and leaves the answer in the ledger.
Result<DriftReport> find_drift(const Site& site, const Catalog* catalog, const std::string& state_folder);
std::string drift_json(const DriftReport& report);  // what the ledger keeps of it: one JSON object

}  // namespace strata
