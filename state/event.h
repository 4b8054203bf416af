// An event: one thing that happened to a database, encoded once, byte for byte the same in the ledger and in Postgres.
// The format is described in state/README.md; it is written to disk for ever: never renumber, only append.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

enum class EventKind : std::uint8_t {
  // Shared: in Postgres and in every ledger that has seen it.
  genesis = 1,             // the history was created in this database
  applied = 2,             // a migration or repeatable was applied
  started = 3,             // a migration without a transaction was claimed
  step = 4,                // one of its statements is done: statements_done says how many are
  failed = 5,              // … one of its statements failed; those before it are durable
  in_doubt = 6,            // … one of its statements may or may not have happened
  resolved = 7,            // a person settled a failed or doubtful migration; `note` is applied, rolled-back or retry
  adopted = 8,             // recorded as applied without running (baseline, or another tool's history)
  reverted = 9,            // down.sql ran
  checksum_accepted = 10,  // an applied migration's text changed in comments or blanks only
  // Local: in the ledger only.
  intent = 32,    // a run is about to do this; `subjects` names the migrations, `fingerprint` is its plan's digest
  outcome = 33,   // what became of an intent: `intent_seq`, `note` is applied, rolled-back, failed, in-doubt or stopped
  anchor = 34,    // Postgres' head after what was just appended: `postgres_seq`, `postgres_chain`
  imported = 35,  // the shared events up to postgres_seq were copied from Postgres, not witnessed by this file
  refused = 36,   // a run was refused before it began; `note` says why
  observed = 37,  // `note` says what whoever reads the ledger should know: the clock was set back
  snapshot = 38,  // what the database held after its event `postgres_seq`: `sha256` of the inventory's listing,
                  // `measured` of how big it was; `note` in words
  drift = 39,     // the database as of `postgres_seq` was compared with what its history makes: `note` says how it
                  // ended, `sha256` names the differences as JSON
};

const char* name_of(EventKind kind);  // "applied", "checksum-accepted", …
bool is_shared(EventKind kind);

struct Event;
// The text that ran to undo a migration, by what a `reverted` event says; nullopt: none ran.
std::optional<Digest> undone_by(const Event& event);
std::string note_of_undoing(const Digest& down_sql);

// Every field but kind, database and at_ms may be absent: empty text, 0 or nullopt.
struct Event {
  EventKind kind = EventKind::genesis;
  std::string database;        // the database's strata uuid
  std::string run;             // uuid of the run
  std::int64_t at_ms = 0;      // Unix time in UTC; a note: order comes from the chain
  std::string subject;         // full id of the migration: module/name
  std::string migration_kind;  // "migration" or "repeatable"
  std::string module_version;
  std::optional<Digest> sha256;       // of the text that ran; intent: of the plan file that is followed, if any
  std::optional<Digest> fingerprint;  // of its statements
  std::optional<Digest> module_digest;
  std::int64_t position = 0;  // place in the order of this database, from 1
  std::int64_t statements_done = 0;
  std::int64_t statements_total = 0;
  std::int64_t elapsed_ms = 0;
  std::string sqlstate;
  std::string note;   // a word or a sentence, see the kinds
  std::string actor;  // who: "role@host (os-user)", commit and image where known
  std::string strata_version;
  std::vector<std::string> subjects;  // intent: what is about to be done, in order
  std::string ledger;                 // uuid of the ledger whose intent led here
  std::int64_t intent_seq = 0;        // … that intent's seq and chain there
  std::optional<Digest> intent_chain;
  std::int64_t postgres_seq = 0;
  std::optional<Digest> postgres_chain;
  std::optional<Digest> measured;  // snapshot: of table sizes, roles and durations

  bool operator==(const Event&) const = default;
};

// One encoding for each event: 0x01, then the fields that are present in ascending order of their tags, each as tag (1
// byte), length (8 bytes, big-endian) and bytes; numbers as 8 bytes big-endian, texts as they are (UTF-8, which is not
// asked for: what happened is kept), lists as one field for each element.
std::string encode(const Event& event);
// Accepts nothing that encode does not produce. Fails with bad_ledger, saying at which byte and why.
Result<Event> decode(std::string_view bytes);

Digest leaf_of(std::string_view encoding);                    // SHA-256(0x00 ‖ encoding)
Digest chain_of(const Digest& previous, const Digest& leaf);  // SHA-256(0x02 ‖ previous ‖ leaf)
Digest first_chain_of(std::string_view uuid);                 // SHA-256(uuid): what the first event's previous is

// The end of a chain: the last event's number and chain value. seq 0: no event yet; chain is first_chain_of then.
struct ChainHead {
  std::int64_t seq = 0;
  Digest chain{};
  bool operator==(const ChainHead&) const = default;
};

// A shared event as it stands at its place in Postgres' chain.
struct ChainedEvent {
  std::int64_t seq = 0;
  std::string body;  // the encoding
  Digest chain{};    // in the chain of the side it was read from
};

}  // namespace strata
