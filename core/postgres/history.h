// strata's own tables in Postgres: the truth about what is applied (design 3.6). SQL in, values out; who calls it holds
// the run lock, but for read-only looks.
#pragma once

#include "core/base/result.h"
#include "core/model/applied.h"
#include "core/postgres/pg_session.h"
#include "state/event.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace strata {

struct HistoryMeta {
  std::string database;  // strata's uuid of it
  ChainHead head;
};

// The chain as a run extends it: what a transaction is about to append is staged, and becomes the head with its COMMIT.
class EventChain {
 public:
  explicit EventChain(ChainHead head) : head_(head), staged_(head) {}
  struct Link {
    std::string body;
    Digest chain{};
  };
  Link stage(const Event& event);
  void commit() { head_ = staged_; }
  void rollback() { staged_ = head_; }
  const ChainHead& head() const { return head_; }

 private:
  ChainHead head_;
  ChainHead staged_;
};

struct RunRecord {
  std::string id;  // uuid
  std::string command;
  std::string os_user;
  std::string host;
  std::string strata_version;
  std::string build_json;    // {"commit":…,"image":…,"pipeline":…}: what the environment tells
  std::string modules_json;  // {"cases":"1.4.0","shop":null}: whole in the database; null: something is taken back
  Digest plan_digest{};
  std::string ledger;  // uuid; empty: none
  ChainHead ledger_head;
};

struct RunEndRecord {
  std::string id;
  std::string outcome;
  std::size_t applied = 0;
  std::string modules_json;  // as it is then
};

// What a new row of strata.migration says.
struct Claim {
  MigrationId id;
  MigrationKind kind = MigrationKind::migration;
  Digest sha256{};
  Digest fingerprint{};
  std::size_t statements_total = 0;
  std::string module_version;
  Digest module_digest{};
  std::optional<Digest> replaces;  // a repeatable that runs again: the sha256 that is there now
};

// What has become of a migration that has its row already.
struct ProgressRecord {
  MigrationId id;
  MigrationState state = MigrationState::running;
  std::size_t done = 0;  // statements
  std::size_t total = 0;
  Digest sha256{};           // of the text; kept where the state is applied
  Digest fingerprint{};      // of the statements that are done
  std::string error_json{};  // empty: none
};

// A row of strata.run, as far as anything else can vouch for it.
struct RunRow {
  std::string id;
  std::string command;
  std::string role;
  std::string os_user;
  std::string host;
  std::string strata_version;
  std::optional<Digest> plan_digest;
  std::int64_t applied = 0;
};

class History {
 public:
  explicit History(const std::string& schema);
  const std::string& schema() const { return name_; }

  // nullopt: this database has no history yet. Fails with history_newer, history_damaged, not_permitted.
  Result<std::optional<HistoryMeta>> read_meta(PgSession& session) const;
  // Makes schema, tables and functions and appends `genesis`, in one transaction. Fails with not_permitted and the
  // GRANT.
  Result<HistoryMeta> create(PgSession& session, const Event& genesis) const;
  Result<Applied> read_applied(PgSession& session) const;
  // In order, from `from_seq` on. The bodies are as they stand there: who reads them checks them.
  struct StoredEvent {
    ChainedEvent event;
    Digest leaf{};
    std::string kind;
    std::string subject;
  };
  Result<std::vector<StoredEvent>> read_events(PgSession& session, std::int64_t from_seq) const;
  // In which version a module is whole here, as the last run says that knows; nullopt: it never was, or something of it
  // was taken back, or may have been, by a run that has not ended.
  Result<std::optional<std::string>> read_module_version(PgSession& session, const std::string& module) const;
  // Of `ids` those that the events say were applied or begun, and not undone since: what must have a row. Each with the
  // number of that event.
  Result<std::map<std::string, std::int64_t>> read_done(PgSession& session, const std::vector<std::string>& ids) const;
  // The last event of everything that events speak of, by id.
  struct LastEvent {
    std::int64_t seq = 0;
    std::string kind;
  };
  Result<std::map<std::string, LastEvent>> read_last_events(PgSession& session) const;
  // Who applied `id`: "run …, role@host", for messages.
  Result<std::string> read_who_applied(PgSession& session, const MigrationId& id) const;
  // What rows of migrations say besides, by id.
  struct RowOrigin {
    std::string full_id;  // of the columns module and name
    std::string run;
    std::string module_version;
    std::optional<Digest> module_digest;
  };
  Result<std::map<std::string, RowOrigin>> read_origins(PgSession& session) const;
  // How long those took, in milliseconds by id, that were applied after event `after_seq`.
  Result<std::map<std::string, std::int64_t>> read_durations(PgSession& session, std::int64_t after_seq) const;
  Result<std::vector<RunRow>> read_runs(PgSession& session) const;
  // The runs that began with this plan digest, by uuid.
  Result<std::set<std::string>> read_runs_of_plan(PgSession& session, const Digest& plan_digest) const;

  // Does nothing where its row is there.
  Result<void> begin_run(PgSession& session, const RunRecord& run) const;
  // The last commit of a run, synchronous: with it everything before it is durable.
  Result<void> finish_run(PgSession& session, const RunEndRecord& run, const std::string& synchronous_commit) const;
  // One row for a run that found nothing to do.
  Result<void> record_idle_run(PgSession& session, const RunRecord& run) const;

  // Statements for a batch, with their parameters.
  Request claim(const Claim& claim, const std::string& run) const;
  Request finish(const MigrationId& id, const std::string& run, const Digest& fingerprint,
                 const EventChain::Link& link) const;
  Request record(const ProgressRecord& progress, const std::string& run, EventKind kind,
                 const EventChain::Link& link) const;
  Request erase(const MigrationId& id, const std::string& run, EventKind kind, const EventChain::Link& link) const;
  Request append_event(EventKind kind, const std::string& run, const MigrationId& id,
                       const EventChain::Link& link) const;
  Request accept_checksum(const MigrationId& id, const Digest& sha256) const;
  Request check_lock() const;

 private:
  std::string name_;    // of the schema
  std::string schema_;  // the same, quoted
  std::string claim_sql_, finish_sql_, record_sql_, erase_sql_, append_sql_, accept_sql_, check_lock_sql_;
};

}  // namespace strata
