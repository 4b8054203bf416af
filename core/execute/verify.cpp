#include "core/execute/verify.h"

#include "core/execute/verify_runs.h"

#include "core/postgres/history_check.h"
#include "core/postgres/history_definitions.h"

#include <algorithm>
#include <map>

namespace strata {

namespace {

std::string number(std::int64_t n) {
  return std::to_string(n);
}

// The chain in Postgres by itself. Returns the events that can be read.
std::vector<LedgerEvent> check_postgres_chain(const std::vector<History::StoredEvent>& rows, const HistoryMeta& meta,
                                              std::vector<std::string>& findings) {
  std::vector<LedgerEvent> events;
  ChainHead previous{0, first_chain_of(meta.database)};
  for (const auto& row : rows) {
    const auto& stored = row.event;
    const auto name = "Postgres: event " + number(stored.seq) + (row.subject.empty() ? "" : " (" + row.subject + ")");
    if (stored.seq != previous.seq + 1) {
      findings.push_back("Postgres: event " + number(previous.seq + 1) +
                         (stored.seq == previous.seq + 2
                              ? " is missing"
                              : " and those up to " + number(stored.seq - 1) + " are missing"));
    }
    const auto leaf = leaf_of(stored.body);
    if (leaf != row.leaf)
      findings.push_back(name + " was edited: its body has the hash " + hex(leaf) + ", its leaf says " + hex(row.leaf));
    if (stored.seq == previous.seq + 1 && stored.chain != chain_of(previous.chain, row.leaf)) {
      findings.push_back(name +
                         " does not follow from the one before it: its chain value was edited, or an event before it");
    }
    previous = {stored.seq, stored.chain};
    const auto event = decode(stored.body);
    if (!event) {
      findings.push_back(name + " cannot be read: " + event.error().message);
      continue;
    }
    if (name_of(event->kind) != row.kind || event->subject != row.subject) {
      findings.push_back(name + " was edited: its columns say " + row.kind + " " + row.subject + ", its body " +
                         name_of(event->kind) + " " + event->subject);
    }
    events.push_back({stored.seq, *event, stored.seq, leaf, stored.chain});
  }
  if (previous.seq != meta.head.seq) {
    findings.push_back("Postgres: the head says event " + number(meta.head.seq) + ", but the last one there is " +
                       number(previous.seq) + (previous.seq < meta.head.seq ? ": its tail was cut off" : ""));
  } else if (previous.chain != meta.head.chain) {
    findings.push_back("Postgres: the head's chain value is not that of event " + number(previous.seq));
  }
  return events;
}

void compare_sides(const std::vector<LedgerEvent>& in_ledger, const std::vector<LedgerEvent>& in_postgres,
                   std::vector<std::string>& findings) {
  std::map<std::int64_t, const LedgerEvent*> ours;
  for (const auto& event : in_ledger) {
    if (event.postgres_seq > 0) ours[event.postgres_seq] = &event;
  }
  std::map<std::int64_t, const LedgerEvent*> theirs;
  for (const auto& event : in_postgres) theirs[event.postgres_seq] = &event;
  for (const auto& [seq, event] : ours) {
    const auto found = theirs.find(seq);
    const auto name = "event " + number(seq) +
                      (event->event.subject.empty()
                           ? ""
                           : " (" + std::string(name_of(event->event.kind)) + " " + event->event.subject + ")");
    if (found == theirs.end()) {
      findings.push_back("Postgres lacks " + name + ", which the ledger holds as its event " + number(event->seq) +
                         ": it was deleted there, or a tail was cut off");
    } else if (found->second->leaf != event->leaf) {
      findings.push_back(name + " differs: the ledger has leaf " + hex(event->leaf) + ", Postgres " +
                         hex(found->second->leaf));
    }
  }
  std::int64_t missing = 0;
  std::string first;
  for (const auto& [seq, event] : theirs) {
    if (ours.count(seq) != 0) continue;
    if (missing++ == 0) first = number(seq) + (event->event.subject.empty() ? "" : " (" + event->event.subject + ")");
  }
  if (missing > 0) {
    findings.push_back("the ledger lacks " + number(missing) + " events of Postgres, the first is event " + first +
                       ": a tail of the ledger was cut off, an older copy was put back, or another runner worked since "
                       "(strata audit pull fetches them)");
  }
}

// What a row took from the event that made it, and from the last one that changed it.
struct Origin {
  const Event* made = nullptr;
  const Event* changed = nullptr;
};

std::map<std::string, Origin> origins_of(const std::vector<LedgerEvent>& events) {
  std::map<std::string, Origin> origins;
  for (const auto& [seq, event, postgres_seq, leaf, chain] : events) {
    const bool is_gone =
        event.kind == EventKind::reverted || (event.kind == EventKind::resolved && event.note == "rolled-back");
    if (is_gone) origins.erase(event.subject);
    if (is_gone || event.subject.empty() || event.kind == EventKind::checksum_accepted) continue;
    auto& origin = origins[event.subject];
    const bool made_anew = event.kind == EventKind::applied && event.migration_kind == "repeatable";
    if (origin.made == nullptr || made_anew) origin.made = &event;
    origin.changed = &event;
  }
  return origins;
}

void compare_origins(const std::vector<LedgerEvent>& events, const std::map<std::string, History::RowOrigin>& rows,
                     std::vector<std::string>& findings) {
  const auto expected = origins_of(events);
  for (const auto& [id, row] : rows) {
    if (row.full_id != id) {
      findings.push_back("Postgres: the row of " + row.full_id + " in the migration table was edited: it has the id " +
                         id);
      continue;
    }
    const auto found = expected.find(id);
    if (found == expected.end()) continue;  // told already
    const auto& [made, changed] = found->second;
    std::string what;
    if (row.run != changed->run) what = "run " + row.run + " instead of " + changed->run;
    if (!made->module_version.empty() && row.module_version != made->module_version)
      what = "module version " + row.module_version + " instead of " + made->module_version;
    if (made->module_digest && row.module_digest != made->module_digest) what = "another module digest";
    if (!what.empty())
      findings.push_back("Postgres: the row of " + id + " in the migration table was edited: it has " + what);
  }
}

void compare_projection(const std::vector<LedgerEvent>& events, const Applied& rows,
                        std::vector<std::string>& findings) {
  const auto expected = fold(events);
  for (const auto& [id, record] : expected) {
    const auto found = rows.find(id);
    if (found == rows.end()) {
      findings.push_back("Postgres: the row of " + id.text() + " in the migration table is gone, but the events say " +
                         name_of(record.state));
      continue;
    }
    const auto& row = found->second;
    std::string what;
    if (row.state != record.state)
      what = std::string("state ") + name_of(row.state) + " instead of " + name_of(record.state);
    if (row.sha256 != record.sha256) what = "sha256 " + hex(row.sha256) + " instead of " + hex(record.sha256);
    if (row.kind != record.kind) what = "another kind";
    if (row.fingerprint != record.fingerprint) what = "another fingerprint";
    if (row.position != record.position)
      what = "position " + number(row.position) + " instead of " + number(record.position);
    if (row.statements_done != record.statements_done)
      what = number(row.statements_done) + " statements done instead of " + number(record.statements_done);
    if (row.statements_total != record.statements_total)
      what = number(row.statements_total) + " statements in all instead of " + number(record.statements_total);
    if (!what.empty())
      findings.push_back("Postgres: the row of " + id.text() + " in the migration table was edited: it has " + what);
  }
  for (const auto& [id, row] : rows) {
    if (expected.count(id) == 0)
      findings.push_back("Postgres: the migration table has a row of " + id.text() + " (" + name_of(row.state) +
                         ") that no event explains");
  }
}

void compare_with_checkpoint(const Checkpoint& checkpoint, const std::string& database,
                             const std::vector<LedgerEvent>& in_postgres, std::vector<std::string>& findings) {
  for (const auto& kept : checkpoint.databases) {
    if (kept.uuid != database || kept.head.seq == 0) continue;
    const auto found = std::find_if(in_postgres.begin(), in_postgres.end(),
                                    [&](const LedgerEvent& event) { return event.seq == kept.head.seq; });
    if (found == in_postgres.end()) {
      findings.push_back("Postgres: the checkpoint knows event " + number(kept.head.seq) +
                         ", which is not there: a tail was cut off, or an older database was brought back");
    } else if (found->chain != kept.head.chain) {
      findings.push_back("Postgres: event " + number(kept.head.seq) + " has the chain value " + hex(found->chain) +
                         ", the checkpoint says " + hex(kept.head.chain) + ": the history was rewritten");
    }
  }
}

}  // namespace

Result<VerifyReport> verify(const Ledger& ledger, const std::string& target, PgSession* session, const History& history,
                            const std::vector<Checkpoint>& checkpoints) {
  VerifyReport report;
  report.ledger_head = ledger.head();
  report.ledger_events = static_cast<std::size_t>(ledger.head().seq);
  for (const auto& finding : ledger.verify()) {
    report.findings.push_back(finding.seq > 0 ? "ledger: event " + number(finding.seq) + ": " + finding.what
                                              : "ledger: " + finding.what);
  }
  for (const auto& checkpoint : checkpoints) {
    STRATA_TRY(const auto different, differences(checkpoint, ledger));
    for (const auto& what : different) report.findings.push_back("ledger: " + what);
  }
  if (session == nullptr) return report;

  STRATA_TRY(const auto meta, history.read_meta(*session));
  const auto known = ledger.target(target);
  if (!meta) {
    if (known && !known->database.empty())
      report.findings.push_back("Postgres has no history at all, but the ledger holds one of this target");
    return report;
  }
  report.postgres_head = meta->head;
  STRATA_TRY(const auto check, look_at_history(*session, history.schema()));
  for (const auto& what : check.foreign) report.findings.push_back("Postgres: not as strata makes it: " + what);
  STRATA_TRY(const auto redefined, look_at_definitions(*session, history.schema()));
  for (const auto& what : redefined) report.findings.push_back("Postgres: not as strata makes it: " + what);
  const auto rows = history.read_events(*session, 1);
  if (!rows && !check.foreign.empty()) return report;
  if (!rows) return fail(rows.error());
  report.postgres_events = rows->size();
  const auto in_postgres = check_postgres_chain(*rows, *meta, report.findings);
  for (const auto& checkpoint : checkpoints)
    compare_with_checkpoint(checkpoint, meta->database, in_postgres, report.findings);
  if (known && !known->database.empty() && known->database != meta->database) {
    report.findings.push_back("the ledger's target '" + target + "' is the database " + known->database +
                              ", this one is " + meta->database);
    return report;
  }
  if (const auto in_ledger = ledger.events(meta->database)) {
    compare_sides(*in_ledger, in_postgres, report.findings);
    // Tables that are not strata's any more may lack a column that is asked for.
    if (check.foreign.empty()) {
      STRATA_TRY(const auto runs, history.read_runs(*session));
      compare_runs(runs, in_postgres, *in_ledger, report.findings);
    }
  } else {
    report.findings.push_back("ledger: its events cannot be read: " + in_ledger.error().message);
  }
  STRATA_TRY(const auto applied, history.read_applied(*session));
  compare_projection(in_postgres, applied, report.findings);
  if (check.foreign.empty()) {
    STRATA_TRY(const auto origins, history.read_origins(*session));
    compare_origins(in_postgres, origins, report.findings);
  }
  return report;
}

}  // namespace strata
