// What a ledger has to say to an auditor, as values: gathered in one pass over its events, and as large as there are
// runs, migrations and texts, not events. Rendered by report/, written by the command audit export.
#pragma once

#include "core/base/clock.h"
#include "core/base/result.h"
#include "state/checkpoint.h"
#include "state/ledger.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata {

// Who did something, taken apart: an event's actor is "role@host (os-user) {build}".
struct Actor {
  std::string role;
  std::string host;
  std::string os_user;
  std::string commit;
  std::string image;
  std::string pipeline;
};
Actor read_actor(const std::string& text);  // what is not of that form is the role

// A database that events speak of, and the targets that lead to it now: none after a reset.
struct EvidenceDatabase {
  std::string uuid;
  std::vector<LedgerTarget> targets;
  ChainHead head;  // of Postgres' chain, as far as the ledger holds it
  std::int64_t last_at_ms = 0;

  std::string name() const;  // "prod, staging"; the uuid where no target leads there
};

struct EvidenceRun {
  std::string id;
  std::string database;
  std::string command;  // deploy, down, …; empty: another ledger's run, of which this one holds what it did
  Actor actor;
  std::string strata_version;
  std::int64_t started_ms = 0;
  std::int64_t ended_ms = 0;   // 0: not known
  std::string outcome;         // as the ledger has it; empty: none is in it
  std::optional<Digest> plan;  // of the plan file that it followed
  std::size_t planned = 0;
  std::size_t applied = 0;  // … and adopted, reverted, resolved
  std::string note;         // why it was refused
};

// The newest state of a migration in a database, and when it got there.
struct EvidenceMigration {
  std::string database;
  std::string id;  // module/name
  std::string kind;
  std::string module_version;
  std::string state;  // applied, adopted, running, failed, in-doubt, reverted, resolved: …
  std::optional<Digest> sha256;
  std::int64_t at_ms = 0;
  std::string run;
  Actor actor;
  // As recorded, or from when it was begun until the run's next event: then it is a little too long.
  std::optional<std::int64_t> elapsed_ms;
  std::int64_t position = 0;
  std::size_t times = 0;      // how often it was applied: repeatables run again
  std::vector<Digest> texts;  // all that ran or counted under this id, the newest last
  std::vector<Digest> down;   // of down.sql, where that ran

  std::string module() const { return id.substr(0, id.find('/')); }
};

// A text that the ledger keeps, or ought to.
struct EvidenceText {
  std::string path;        // in the pack
  std::int64_t event = 0;  // the first event that has its SHA-256 in field 8; 0: none
  bool is_kept = false;
};

// An event that is about a database as a whole and says something to people: drift, observed, imported, …
struct EvidenceRemark {
  std::int64_t seq = 0;
  std::string kind;
  std::string database;
  std::int64_t at_ms = 0;
  std::string note;
  std::optional<Digest> sha256;  // of what is kept with it
};

struct Evidence {
  std::string ledger;
  std::string strata_version;
  std::int64_t made_ms = 0;
  ChainHead head;
  std::vector<EvidenceDatabase> databases;    // by name
  std::vector<EvidenceRun> runs;              // in the order of their first events
  std::vector<EvidenceMigration> migrations;  // by database, module and the order in which they were applied
  std::map<Digest, EvidenceText> texts;
  std::vector<EvidenceRemark> remarks;
  std::vector<std::string> findings;  // of the ledger's own check, and against the checkpoints; empty: all is well
  Checkpoint checkpoint;              // as the ledger stands now
  std::vector<Checkpoint> earlier;    // that it was compared with

  std::string name_of(const std::string& database) const;  // of one of `databases`, by its uuid
  std::vector<const EvidenceRemark*> drift_of(const std::string& uuid) const;
};

// Everything the ledger holds; with `targets`, runs and migrations of the databases to which these lead alone (events
// and texts are always all: a chain with a gap proves nothing). Fails with bad_ledger for a target that it has never
// seen, or where it cannot be read at all; what is damaged is a finding.
Result<Evidence> gather_evidence(const Ledger& ledger, const std::vector<std::string>& targets,
                                 std::vector<Checkpoint> earlier, const Clock& clock);

// Where the event lies in the pack: events/00000/00000007.
std::string event_path(std::int64_t seq);

}  // namespace strata
