#include "state/ledger_verify.h"

#include "core/base/escape.h"
#include "core/inventory/inventory_encoding.h"
#include "state/ledger_rows.h"
#include "state/ledger_schema.h"
#include "state/snapshot.h"

#include <limits>
#include <map>
#include <set>
#include <utility>

namespace strata {

namespace {

std::string number(std::int64_t value) {
  return std::to_string(value);
}

std::string shown(std::string_view digest) {
  const auto whole = digest_from_bytes(digest);
  return whole ? hex(*whole) : number(static_cast<std::int64_t>(digest.size())) + " bytes";
}

// What does not fit in the row of an event, after `previous`. `row`: seq, body, leaf, chain.
std::string chain_fault(const Statement& row, const ChainHead& previous) {
  if (row.integer(0) != previous.seq + 1) return "is missing: the next one in the file is " + number(row.integer(0));
  const auto leaf = leaf_of(row.bytes(1));
  if (row.bytes(2) != as_bytes(leaf)) {
    return "does not fit: its leaf is " + shown(row.bytes(2)) + ", its body gives " + hex(leaf);
  }
  const auto chain = chain_of(previous.chain, leaf);
  if (row.bytes(3) == as_bytes(chain)) return {};
  return "does not fit: its chain value is " + shown(row.bytes(3)) + ", those before it give " + hex(chain);
}

// Collects what events say about each other and about what is derived from them.
class EventsCheck {
 public:
  EventsCheck(std::string ledger, std::vector<LedgerTarget> targets, std::map<std::string, Snapshot> snapshots)
      : ledger_(std::move(ledger)), targets_(std::move(targets)), snapshots_(std::move(snapshots)) {}

  void add(const LedgerEvent& entry) {
    if (is_shared(entry.event.kind)) {
      add_shared(entry);
    } else if (entry.postgres_seq != 0) {
      found(entry.seq, "is local, but its number in Postgres is " + number(entry.postgres_seq));
    }
    if (entry.event.kind == EventKind::intent) intents_.emplace(entry.seq, entry.event.database);
    if (entry.event.kind == EventKind::outcome) check_outcome(entry);
    if (entry.event.kind == EventKind::anchor && entry.event.postgres_chain) anchors_.push_back(entry);
    // What this ledger itself saw run, it keeps; what other runners did, it may have learnt without the texts.
    const bool is_own = entry.event.ledger == ledger_ && entry.event.sha256 && entry.event.kind != EventKind::resolved;
    if (entry.event.kind == EventKind::snapshot || entry.event.kind == EventKind::drift || is_own)
      naming_texts_.push_back(entry);
  }

  // Events that are worth something only with the texts that they name.
  const std::vector<LedgerEvent>& naming_texts() const { return naming_texts_; }

  std::vector<Finding> finish() {
    for (const auto& anchor : anchors_) {
      const ChainHead head{anchor.event.postgres_seq, *anchor.event.postgres_chain};
      check_head(anchor.seq, "names", anchor.event.database, head);
    }
    for (const auto& target : targets_) {
      if (target.postgres_head.seq != 0) {
        check_head(0, "target " + printable(target.name) + " names", target.database, target.postgres_head);
      }
      const auto snapshot = snapshots_.find(target.name);
      if (snapshot == snapshots_.end()) continue;
      if (encode_applied(snapshot->second.applied) !=
          encode_applied(fold_of(target.database, snapshot->second.postgres_seq))) {
        found(0, "the snapshot of target " + printable(target.name) + " is not what its events up to " +
                     number(snapshot->second.postgres_seq) + " of Postgres make");
      }
    }
    return std::move(findings_);
  }

 private:
  struct Shared {
    std::vector<Digest> chain;  // in Postgres, recomputed: of event 0 (its beginning), 1, 2, …
    std::vector<Event> events;
  };

  void found(std::int64_t seq, std::string what) { findings_.push_back({seq, std::move(what)}); }

  Shared& shared(const std::string& database) {
    auto& known = shared_[database];
    if (known.chain.empty()) known.chain.push_back(first_chain_of(database));
    return known;
  }

  void add_shared(const LedgerEvent& entry) {
    auto& known = shared(entry.event.database);
    if (const auto expected = static_cast<std::int64_t>(known.chain.size()); entry.postgres_seq != expected) {
      found(entry.seq, "should be event " + number(expected) + " of database " + printable(entry.event.database) +
                           " in Postgres, but its number there is " + number(entry.postgres_seq));
    }
    known.chain.push_back(chain_of(known.chain.back(), entry.leaf));
    known.events.push_back(entry.event);
  }

  void check_outcome(const LedgerEvent& entry) {
    const auto intent = intents_.find(entry.event.intent_seq);
    if (intent == intents_.end() || intent->second != entry.event.database) {
      found(entry.seq,
            "is the outcome of event " + number(entry.event.intent_seq) + ", which is no intent for that database");
    } else if (!settled_.insert(intent->first).second) {
      found(entry.seq, "is a second outcome of intent " + number(intent->first));
    }
  }

  void check_head(std::int64_t seq, const std::string& who, const std::string& database, const ChainHead& head) {
    const auto& chain = shared(database).chain;
    const auto what = who + " event " + number(head.seq) + " of database " + printable(database) + " in Postgres, ";
    if (head.seq < 0 || head.seq >= static_cast<std::int64_t>(chain.size())) {
      found(seq, what + "but the file holds " + number(static_cast<std::int64_t>(chain.size()) - 1) +
                     " of its events: was its tail cut off?");
    } else if (chain[static_cast<std::size_t>(head.seq)] != head.chain) {
      found(seq, what + "with chain value " + hex(head.chain) + "; the events give " +
                     hex(chain[static_cast<std::size_t>(head.seq)]));
    }
  }

  Applied fold_of(const std::string& database, std::int64_t until) {
    Applied applied;
    for (const auto& event : shared(database).events) {
      if (until-- <= 0) break;
      fold_into(applied, event);
    }
    return applied;
  }

  std::string ledger_;  // its uuid
  std::vector<LedgerTarget> targets_;
  std::map<std::string, Snapshot> snapshots_;
  std::map<std::string, Shared> shared_;         // by database
  std::map<std::int64_t, std::string> intents_;  // seq -> database
  std::set<std::int64_t> settled_;
  std::vector<LedgerEvent> anchors_;
  std::vector<LedgerEvent> naming_texts_;
  std::vector<Finding> findings_;
};

// SQLite's own checks answer in rows of text; `fine` is the row that is no finding.
Result<void> ask_sqlite(Sqlite& database, std::string_view sql, std::string_view fine, std::vector<Finding>& findings) {
  STRATA_TRY(auto rows, database.prepare(sql));
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) return {};
    if (rows.text(0) != fine) findings.push_back({0, "SQLite: " + printable(rows.text(0))});
  }
}

Result<void> verify_events(Sqlite& database, EventsCheck& check, std::vector<Finding>& findings) {
  STRATA_TRY(auto rows, database.prepare("SELECT seq, body, postgres_seq, leaf, chain, database, kind, run, subject, "
                                         "wall_ms FROM events ORDER BY seq"));
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) break;
    const auto entry = read_event(rows);
    if (!entry) {
      findings.push_back({rows.integer(0), entry.error().message});
      continue;
    }
    const auto& event = entry->event;
    const bool same = rows.text(5) == event.database && rows.text(6) == name_of(event.kind) &&
                      rows.text(7) == event.run && rows.text(8) == event.subject && rows.integer(9) == event.at_ms;
    if (!same) {
      findings.push_back({entry->seq, "was edited: its columns say " + printable(rows.text(6)) + " " +
                                          printable(rows.text(8)) + ", its body " + name_of(event.kind) + " " +
                                          printable(event.subject)});
    }
    check.add(*entry);
  }
  for (auto& finding : check.finish()) findings.push_back(std::move(finding));
  return {};
}

Result<void> verify_blobs(Sqlite& database, std::vector<Finding>& findings) {
  return for_each_blob(database, [&](const Digest&, const Result<std::string>& text) -> Result<void> {
    if (!text) findings.push_back({0, text.error().message});
    return {};
  });
}

// Those that snapshots and drift reports name are kept; and so is every part of an inventory. One that is there has
// been read by verify_blobs.
Result<void> verify_named_texts(Sqlite& database, const std::vector<LedgerEvent>& events,
                                std::vector<Finding>& findings) {
  std::set<Digest> seen;
  const auto require = [&](const LedgerEvent& entry, const Digest& digest) -> std::optional<std::string> {
    if (!seen.insert(digest).second) return std::nullopt;
    auto text = read_blob(database, digest);
    if (text && !*text) findings.push_back({entry.seq, "names the text " + hex(digest) + ", which is not kept"});
    return text ? *text : std::nullopt;
  };
  for (const auto& entry : events) {
    if (entry.event.measured) require(entry, *entry.event.measured);
    if (!entry.event.sha256) continue;
    const auto text = require(entry, *entry.event.sha256);
    if (!text || entry.event.kind != EventKind::snapshot) continue;
    const auto parts = parts_of(*text);
    if (!parts)
      findings.push_back({entry.seq, "names the text " + hex(*entry.event.sha256) +
                                         " as what the database "
                                         "held, and it lists nothing"});
    for (const auto& part : parts ? *parts : std::vector<Digest>()) require(entry, part);
  }
  return {};
}

Result<void> verify_all(Sqlite& database, const std::string& path, const std::string& ledger,
                        std::vector<Finding>& findings) {
  STRATA_CHECK(check_ledger_schema(database, path));
  STRATA_TRY(const auto chain, check_chain(database, {0, first_chain_of(ledger)}));
  if (chain.broken) findings.push_back(*chain.broken);
  const auto before = findings.size();
  STRATA_CHECK(ask_sqlite(database, "PRAGMA integrity_check", "ok", findings));
  if (findings.size() > before) return {};  // a tree of pages that leads in a circle has no end to walk to
  STRATA_CHECK(ask_sqlite(database, "SELECT \"table\" FROM pragma_foreign_key_check", "", findings));
  STRATA_TRY(const auto targets, read_targets(database));
  std::map<std::string, Snapshot> snapshots;
  for (const auto& target : targets) {
    auto snapshot = read_snapshot(database, target.name);
    if (!snapshot) findings.push_back({0, snapshot.error().message});
    if (snapshot && *snapshot) snapshots.emplace(target.name, std::move(**snapshot));
  }
  EventsCheck check(ledger, targets, std::move(snapshots));
  STRATA_CHECK(verify_events(database, check, findings));
  STRATA_CHECK(verify_blobs(database, findings));
  return verify_named_texts(database, check.naming_texts(), findings);
}

}  // namespace

Result<ChainCheck> check_chain(Sqlite& database, const ChainHead& known) {
  STRATA_TRY(auto rows, database.prepare("SELECT seq, body, leaf, chain FROM events WHERE seq >= ?1 ORDER BY seq"));
  rows.with(known.seq > 0 ? known.seq : std::numeric_limits<std::int64_t>::min());
  ChainCheck check{known, {}};
  const auto broken = [&](std::int64_t seq, const std::string& what) {
    check.broken = Finding{seq, what};
    return check;
  };
  if (known.seq > 0) {
    STRATA_TRY(const bool there, rows.step());
    if (!there || rows.integer(0) != known.seq) return broken(known.seq, "is missing");
    if (rows.bytes(3) != as_bytes(known.chain)) return broken(known.seq, "has another chain value than before");
  }
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) return check;
    if (const auto fault = chain_fault(rows, check.head); !fault.empty()) return broken(check.head.seq + 1, fault);
    check.head.seq += 1;
    check.head.chain = *digest_from_bytes(rows.bytes(3));
  }
}

std::vector<Finding> verify_ledger(Sqlite& database, const std::string& path, const std::string& ledger) {
  // What SQLite cannot even read ends the check, and is itself a finding.
  std::vector<Finding> findings;
  if (const auto read = verify_all(database, path, ledger, findings); !read) {
    findings.push_back({0, read.error().message});
  }
  return findings;
}

}  // namespace strata
