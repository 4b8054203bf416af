#include "core/execute/reconcile.h"

#include "core/base/stop_point.h"

#include <algorithm>
#include <set>

namespace strata {

namespace {

std::string identity(const std::string& name, std::int64_t oid, const std::string& system,
                     const std::string& database) {
  return "database '" + name + "' (oid " + std::to_string(oid) + (system.empty() ? "" : ", server " + system) +
         (database.empty() ? "" : ", strata's uuid " + database) + ")";
}

// What the ledger knows to be applied, the newest last, as lines; at most ten.
std::string lost_list(const Ledger& ledger, const std::string& database, std::int64_t after) {
  std::string list;
  std::size_t count = 0;
  const auto events = ledger.events(database);
  for (const auto& event : events ? *events : std::vector<LedgerEvent>()) {
    if (event.postgres_seq <= after || event.event.subject.empty()) continue;
    if (++count <= 10)
      list += "\n  " + event.event.subject + " (" + name_of(event.event.kind) + ", event " +
              std::to_string(event.postgres_seq) + ")";
  }
  return count > 10 ? list + "\n  … and " + std::to_string(count - 10) + " more" : list;
}

const char* how_to_rebuild =
    "if that is as it should be (a new development database, a restore that was meant): strata audit pull --replace "
    "begins a new ledger from Postgres and keeps the old file beside it";

Error lost(const Ledger& ledger, const LedgerTarget& known, std::int64_t there) {
  const auto count = known.postgres_head.seq - there;
  return Error{.code = ErrorCode::needs_person,
               .message = "the database lost " + std::to_string(count) + (count == 1 ? " event" : " events") +
                          " that the ledger " + ledger.path() +
                          " knows as durable (a restore from a backup, a failover?); nothing was changed:" +
                          lost_list(ledger, known.database, there),
               .next = how_to_rebuild};
}

LedgerTarget seen_now(const std::string& name, const SessionFacts& facts, const std::optional<HistoryMeta>& meta,
                      const Clock& clock) {
  LedgerTarget target;
  target.name = name;
  target.database = meta ? meta->database : "";
  target.system_identifier = facts.system_identifier;
  target.database_oid = facts.database_oid;
  target.database_name = facts.database;
  target.server_version = facts.server_version_text;
  if (meta) target.postgres_head = meta->head;
  target.last_seen_ms = clock.now_ms();
  return target;
}

// The outcome of an intent that nobody wrote down: by the events that its run left in Postgres.
Event settle(const LedgerEvent& intent, const std::vector<LedgerEvent>& known, const std::vector<Event>& fresh) {
  std::set<std::string> done;
  const auto look = [&](const Event& event) {
    const bool finished = event.kind == EventKind::applied || event.kind == EventKind::reverted ||
                          event.kind == EventKind::adopted || event.kind == EventKind::resolved;
    if (event.run == intent.event.run && finished) done.insert(event.subject);
  };
  for (const auto& event : known) look(event.event);
  for (const auto& event : fresh) look(event);
  Event outcome;
  outcome.kind = EventKind::outcome;
  outcome.database = intent.event.database;
  outcome.run = intent.event.run;
  outcome.intent_seq = intent.seq;
  outcome.statements_done = static_cast<std::int64_t>(done.size());
  outcome.statements_total = static_cast<std::int64_t>(intent.event.subjects.size());
  outcome.note = done.empty()                                  ? "rolled-back (found by reconcile)"
                 : done.size() == intent.event.subjects.size() ? "applied (found by reconcile)"
                                                               : "applied in part (found by reconcile)";
  return outcome;
}

}  // namespace

Result<void> check_identity(const Ledger& ledger, const std::string& target, const SessionFacts& facts,
                            const std::optional<HistoryMeta>& meta) {
  const auto known = ledger.target(target);
  if (!known) return {};
  const bool same_server = known->system_identifier.empty() || facts.system_identifier.empty() ||
                           known->system_identifier == facts.system_identifier;
  const bool same_place = same_server && known->database_oid == facts.database_oid;
  const bool same_history = known->database.empty() || (meta && meta->database == known->database);
  if (same_place && !known->database.empty() && !meta) return fail(lost(ledger, *known, 0));
  if (!same_place || !same_history) {
    const bool clone = !same_place && meta && meta->database == known->database;
    return fail(ErrorCode::ledger_mismatch,
                "the ledger " + ledger.path() + " belongs to another database than target '" + target + "' leads to" +
                    (clone ? ", of which this one is a copy" : "") + ":\n  ledger: " +
                    identity(known->database_name, known->database_oid, known->system_identifier, known->database) +
                    "\n  here:   " +
                    identity(facts.database, facts.database_oid, facts.system_identifier, meta ? meta->database : ""),
                "use another --target or --ledger for this database; " + std::string(how_to_rebuild));
  }
  if (meta && meta->head.seq < known->postgres_head.seq) return fail(lost(ledger, *known, meta->head.seq));
  if (meta && meta->head.seq == known->postgres_head.seq && known->postgres_head.seq > 0 &&
      meta->head.chain != known->postgres_head.chain) {
    return fail(ErrorCode::history_damaged,
                "the history in Postgres is not the one that the ledger " + ledger.path() + " has seen: event " +
                    std::to_string(meta->head.seq) + " has another chain value",
                "strata audit verify shows what differs");
  }
  return {};
}

Result<std::vector<ChainedEvent>> read_checked_events(PgSession& session, const History& history,
                                                      const std::string& database, const ChainHead& known) {
  const auto damaged = [](std::int64_t seq, const std::string& what) {
    return fail(ErrorCode::history_damaged, "event " + std::to_string(seq) + " of the history in Postgres " + what,
                "strata audit verify shows all that does not fit");
  };
  STRATA_TRY(auto stored, history.read_events(session, std::max<std::int64_t>(known.seq, 1)));
  std::vector<ChainedEvent> events;
  auto previous = known.seq > 0 ? known : ChainHead{0, first_chain_of(database)};
  for (auto& row : stored) {
    const auto& event = row.event;
    if (event.seq == known.seq) {
      if (event.chain != known.chain) return damaged(event.seq, "has another chain value than it had before");
      continue;
    }
    if (event.seq != previous.seq + 1) return damaged(previous.seq + 1, "is missing");
    if (row.leaf != leaf_of(event.body)) return damaged(event.seq, "was edited: its body is not what its leaf says");
    if (event.chain != chain_of(previous.chain, row.leaf))
      return damaged(event.seq, "does not follow from the one before it");
    previous = {event.seq, event.chain};
    events.push_back(std::move(row.event));
  }
  return events;
}

namespace {

// How much of this database's chain the ledger holds, under whichever name: two targets may lead to one database.
ChainHead known_head(const Ledger& ledger, const std::string& database) {
  ChainHead head;
  for (const auto& target : ledger.targets()) {
    if (target.database == database && target.postgres_head.seq > head.seq) head = target.postgres_head;
  }
  return head;
}

Result<Reconciled> reconcile_once(Ledger& ledger, PgSession& session, const History& history,
                                  const std::optional<HistoryMeta>& meta, const Catalog* catalog, const Clock& clock,
                                  const ReconcileOptions& options) {
  Reconciled result;
  const auto known = ledger.target(options.target);
  const auto head = meta ? known_head(ledger, meta->database) : ChainHead{};
  std::vector<ChainedEvent> fresh;
  if (meta && meta->head.seq > head.seq) {
    STRATA_TRY(fresh, read_checked_events(session, history, meta->database, head));
    // What came after the head was read belongs to the next time: the target is about to say that it has seen that
    // head.
    std::erase_if(fresh, [&](const ChainedEvent& event) { return event.seq > meta->head.seq; });
    // A run ends with a commit that waited for the disk. Any other moment may show what a crash can still take back.
    if (!options.run_end) STRATA_CHECK(session.make_durable());
  }

  Ledger::Append append;
  append.only_after = ledger.head();
  std::vector<Event> events;
  std::map<Digest, const Migration*> texts;
  if (catalog != nullptr && !fresh.empty()) {
    for (const auto* migration : catalog->order()) texts[migration->sha256] = migration;
  }
  for (const auto& item : fresh) {
    STRATA_TRY(auto event, decode(item.body));
    if (event.database != meta->database || !is_shared(event.kind)) {
      return fail(ErrorCode::history_damaged,
                  "event " + std::to_string(item.seq) + " of the history in Postgres does not belong there",
                  "strata audit verify");
    }
    if (event.ledger != ledger.id() && event.kind != EventKind::genesis) ++result.imported;
    if (const auto text = event.sha256 ? texts.find(*event.sha256) : texts.end(); text != texts.end())
      append.blobs.push_back(text->second->sql);
    events.push_back(std::move(event));
  }
  result.rebuilt = result.imported > 0 && head.seq == 0;

  const auto now = clock.now_ms();
  if (result.imported > 0) {
    Event imported;
    imported.kind = EventKind::imported;
    imported.database = meta->database;
    imported.at_ms = now;
    imported.postgres_seq = fresh.back().seq;
    imported.note = "events " + std::to_string(fresh.front().seq) + " to " + std::to_string(fresh.back().seq) +
                    " come from Postgres; " + std::to_string(result.imported) +
                    " of them were not witnessed by this file";
    append.events.push_back({std::move(imported), 0});
  }
  for (std::size_t i = 0; i < events.size(); ++i) append.events.push_back({events[i], fresh[i].seq});

  if (meta && options.settle_intents) {
    STRATA_TRY(const auto intents, ledger.open_intents(meta->database));
    std::vector<LedgerEvent> earlier;
    if (!intents.empty()) {
      STRATA_TRY(earlier, ledger.events(meta->database, intents.front().seq));
    }
    for (const auto& intent : intents) {
      auto outcome = settle(intent, earlier, events);
      outcome.at_ms = now;
      if (options.run_end && options.run_end->run == intent.event.run) {
        outcome.note = options.run_end->outcome + (options.run_end->note.empty() ? "" : ": " + options.run_end->note);
        outcome.sqlstate = options.run_end->sqlstate;
      } else {
        result.settled.push_back("run " + intent.event.run + ": " + outcome.note);
      }
      append.events.push_back({std::move(outcome), 0});
      STRATA_STOP_POINT("reconcile");
    }
  }
  if (!append.events.empty() && meta) {
    Event anchor;
    anchor.kind = EventKind::anchor;
    anchor.database = meta->database;
    anchor.at_ms = now;
    anchor.postgres_seq = meta->head.seq;
    anchor.postgres_chain = meta->head.chain;
    append.events.push_back({std::move(anchor), 0});
  }
  append.target = seen_now(options.target, session.facts(), meta, clock);
  // Under another name this ledger may have seen the same database already: then nothing is fresh, and yet this target
  // has moved.
  if (!fresh.empty() || !known || known->postgres_head != append.target->postgres_head) {
    Snapshot snapshot;
    if (const auto before = ledger.snapshot(options.target); before && before->postgres_seq == head.seq) {
      snapshot = *before;
    } else if (meta) {
      STRATA_TRY(const auto all, ledger.events(meta->database));
      snapshot.applied = fold(all);
    }
    for (const auto& event : events) fold_into(snapshot.applied, event);
    snapshot.postgres_seq = append.target->postgres_head.seq;
    snapshot.taken_ms = now;
    append.snapshot = std::move(snapshot);
  }
  STRATA_STOP_POINT("outcome");
  STRATA_CHECK(ledger.append(append));
  return result;
}

}  // namespace

Result<Reconciled> reconcile(Ledger& ledger, PgSession& session, const History& history,
                             const std::optional<HistoryMeta>& meta, const Catalog* catalog, const Clock& clock,
                             const ReconcileOptions& options) {
  for (;;) {
    auto done = reconcile_once(ledger, session, history, meta, catalog, clock, options);
    if (done || done.error().code != ErrorCode::already_claimed) return done;
    // Another process shares this ledger, and has written to it. Without the run lock it may know more than `meta`
    // does.
    if (!options.settle_intents) return Reconciled{};
    STRATA_CHECK(ledger.refresh());
    STRATA_CHECK(check_identity(ledger, options.target, session.facts(), meta));
  }
}

}  // namespace strata
