// The ledger: the SQLite file beside strata that says what happened (design 3.7). A diary; the truth is in Postgres.
// Every append is one durable transaction: it is there as a whole or not at all. Several processes may have the file
// open; they take turns, and each checks what the others have appended before it goes on.
#pragma once

#include "core/base/result.h"
#include "core/model/applied.h"
#include "state/event.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// A database as this ledger knows it, so that it is never used against another one, or a clone, unnoticed.
struct LedgerTarget {
  std::string name;               // "default", "prod": unique
  std::string database;           // the database's strata uuid
  std::string system_identifier;  // the server's, from pg_control_system(); empty where it may not be read
  std::int64_t database_oid = 0;
  std::string database_name;
  std::string server_version;     // "15.20"
  ChainHead postgres_head;        // the last shared event of Postgres that this ledger holds
  std::int64_t last_seen_ms = 0;  // when a run last compared notes with it
};

// What a target had applied as of its event `postgres_seq`: what offline planning reads. Derived from the events.
struct Snapshot {
  std::int64_t postgres_seq = 0;
  std::int64_t taken_ms = 0;
  Applied applied;
};

struct LedgerEvent {
  std::int64_t seq = 0;  // in the ledger: 1, 2, 3 … without a gap
  Event event;
  std::int64_t postgres_seq = 0;  // of a shared event: its number in Postgres, else 0
  Digest leaf{};
  Digest chain{};
};

// An event as its row holds it, checked and decoded by nobody. The views are good while it is being looked at.
struct StoredEvent {
  std::int64_t seq = 0;
  std::string_view database;
  std::string_view body;  // the encoding
  std::int64_t postgres_seq = 0;
  Digest leaf{};  // leaf and chain value: zeros where the row has no SHA-256 there
  Digest chain{};
};

// One thing to append. `postgres_seq` is needed for shared events and 0 for local ones.
struct NewEvent {
  Event event;
  std::int64_t postgres_seq = 0;
};

// Something that verify found. `seq` is the first damaged event, 0 where none can be named.
struct Finding {
  std::int64_t seq = 0;
  std::string what;  // a sentence: what is wrong, expected and found
};

class Ledger {
 public:
  // `examine`: read_only, but a chain that does not fit is no reason to refuse: for whoever tells what is wrong.
  enum class Access { read_only, read_write, examine };

  // Opens an existing ledger, or with read_write creates one (0600; parent folders too). The chain of all events is
  // checked on opening. Fails with bad_ledger naming the path and what is wrong: not there (read_only), not a SQLite
  // file, another application's, a newer format, a directory, FIFO or symbolic link, readable but its folder not
  // writable, a foreign schema, a broken chain (the first damaged event is named), disk full; with lock_unavailable
  // after 5 s of waiting for another process. `next` names what to type (strata audit pull, --ledger none, …).
  static Result<Ledger> open(const std::string& path, Access access);
  Ledger(Ledger&&) noexcept;
  Ledger& operator=(Ledger&&) noexcept;
  ~Ledger();

  const std::string& path() const;
  const std::string& id() const;  // uuid of this ledger
  bool may_append() const;        // it was opened for that
  bool was_created() const;       // by this open()
  ChainHead head() const;

  std::optional<LedgerTarget> target(const std::string& name) const;
  std::vector<LedgerTarget> targets() const;

  // Everything that one append may bring, in one transaction: events in order, blobs (texts, kept by their sha256;
  // known ones are not written again), and what is derived (target, snapshot; inserted or replaced). Returns the head.
  // Fails with ledger_behind naming why (disk full, read-only, replaced file, locked for 5 s). Then it is not there;
  // only after an error in the COMMIT itself it may be. The same append again finds that out, and is never there twice.
  struct Append {
    std::vector<NewEvent> events;
    std::vector<std::string_view> blobs;
    std::optional<LedgerTarget> target;
    std::optional<Snapshot> snapshot;  // of `target`
    // The head that this was decided on. Where another process has appended since, nothing is written, and the error is
    // already_claimed: refresh, and decide anew.
    std::optional<ChainHead> only_after{};
  };
  Result<ChainHead> append(const Append& what);
  // Takes in what other processes have appended since.
  Result<void> refresh();

  // Before the first statement of a run: is there room for about `bytes` more? Writes them and rolls back. Fails with
  // bad_ledger.
  Result<void> reserve(std::size_t bytes);

  // nullopt: none was taken. One that cannot be read any more is made again from the events.
  std::optional<Snapshot> snapshot(const std::string& target_name) const;
  // The text with this sha256, checked; nullopt: not kept. Fails with bad_ledger if it does not match its name.
  Result<std::optional<std::string>> blob(const Digest& sha256) const;

  // Events in order; database "" means all.
  Result<std::vector<LedgerEvent>> events(const std::string& database, std::int64_t from_seq = 1) const;
  // All of it as it is now into a new file, to be opened as a ledger of its own: for those who read it several times
  // over and want it not to move, nor to keep others waiting.
  Result<void> copy_to(const std::string& file) const;
  // One after the other, so that a ledger of any length takes no more memory; the first error of `look` ends it.
  Result<void> each_event(const std::function<Result<void>(const StoredEvent&)>& look) const;
  // Every text that is kept, by its sha256; one that does not match its name is an error (bad_ledger) in its place.
  Result<void> each_blob(
      const std::function<Result<void>(const Digest& sha256, const Result<std::string>& text)>& look) const;
  // The newest event of this kind about a database; nullopt: there is none.
  Result<std::optional<LedgerEvent>> newest(const std::string& database, EventKind kind) const;
  // What was applied anywhere under one of these ids, in order.
  Result<std::vector<LedgerEvent>> applied_as(const std::vector<std::string>& ids) const;
  // Intents of this database's runs that have no outcome yet.
  Result<std::vector<LedgerEvent>> open_intents(const std::string& database) const;

  // Everything that the file can prove about itself, without Postgres: SQLite's integrity check, schema text, sequence,
  // leaves, chain, columns against the encoded body, postgres_seq of each database without a gap, at most one outcome
  // for an intent, blobs against their names, snapshots and targets against the fold of the events.
  std::vector<Finding> verify() const;

 private:
  struct Impl;
  explicit Ledger(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What is applied after these shared events of one database, in order: the one definition of the projection.
Applied fold(const std::vector<LedgerEvent>& events);
void fold_into(Applied& applied, const Event& event);

}  // namespace strata
