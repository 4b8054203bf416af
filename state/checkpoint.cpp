#include "state/checkpoint.h"

#include "core/base/escape.h"

#include <charconv>
#include <functional>
#include <map>
#include <optional>

namespace strata {

namespace {

constexpr std::string_view origin_prefix = "strata-ledger/";

std::string number(std::int64_t n) {
  return std::to_string(n);
}

std::optional<ChainHead> read_head(std::string_view seq, std::string_view chain) {
  ChainHead head;
  const auto [end, failed] = std::from_chars(seq.data(), seq.data() + seq.size(), head.seq);
  const auto bytes = from_base64(chain);
  const auto digest = bytes ? digest_from_bytes(*bytes) : std::nullopt;
  // One number has one text: no sign, no zeros in front.
  if (failed != std::errc() || end != seq.data() + seq.size() || head.seq < 0 || number(head.seq) != seq || !digest)
    return std::nullopt;
  head.chain = *digest;
  return head;
}

std::vector<std::string_view> parts_of(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// The chain values that a checkpoint names, as the ledger's events give them.
struct Recomputed {
  std::optional<Digest> ledger;  // at the checkpoint's head
  // Up to the checkpoint's head of each, or as far as there is one.
  std::map<std::string, ChainHead, std::less<>> databases;
};

Result<Recomputed> recompute(const Checkpoint& checkpoint, const Ledger& ledger) {
  Recomputed found;
  std::map<std::string, std::int64_t, std::less<>> wanted;
  for (const auto& database : checkpoint.databases) {
    wanted[database.uuid] = database.head.seq;
    found.databases[database.uuid] = {0, first_chain_of(database.uuid)};
  }
  if (checkpoint.head.seq == 0) found.ledger = first_chain_of(ledger.id());
  STRATA_CHECK(ledger.each_event([&](const StoredEvent& stored) -> Result<void> {
    if (stored.seq == checkpoint.head.seq) found.ledger = stored.chain;
    const auto known = found.databases.find(stored.database);
    if (stored.postgres_seq == 0 || known == found.databases.end()) return {};
    auto& head = known->second;
    if (head.seq < wanted.find(stored.database)->second)
      head = {head.seq + 1, chain_of(head.chain, leaf_of(stored.body))};
    return {};
  }));
  return found;
}

}  // namespace

std::string origin_of(const Checkpoint& checkpoint) {
  return std::string(origin_prefix) + checkpoint.ledger;
}

std::string text_of(const Checkpoint& checkpoint) {
  auto text = origin_of(checkpoint) + "\n" + number(checkpoint.head.seq) + "\n" +
              base64(as_bytes(checkpoint.head.chain)) + "\n";
  for (const auto& database : checkpoint.databases)
    text += "database " + database.uuid + " " + number(database.head.seq) + " " +
            base64(as_bytes(database.head.chain)) + "\n";
  return text;
}

Result<Checkpoint> read_checkpoint(std::string_view text, const std::string& path) {
  const auto refuse = [&](const std::string& what) {
    return fail(ErrorCode::refused, printable(path) + " is no checkpoint of a ledger: " + what,
                "strata audit checkpoint -o FILE writes one");
  };
  auto lines = parts_of(text, '\n');
  if (lines.size() < 4 || !lines.back().empty()) return refuse("it has fewer than three lines");
  lines.pop_back();
  Checkpoint checkpoint;
  if (!lines[0].starts_with(origin_prefix))
    return refuse("its first line does not begin with " + std::string(origin_prefix));
  checkpoint.ledger = lines[0].substr(origin_prefix.size());
  const auto head = read_head(lines[1], lines[2]);
  if (!head) return refuse("its second and third line are no event's number and chain value");
  checkpoint.head = *head;
  for (std::size_t i = 3; i < lines.size(); ++i) {
    const auto words = parts_of(lines[i], ' ');
    const auto its_head = words.size() == 4 && words[0] == "database" ? read_head(words[2], words[3]) : std::nullopt;
    // A line that says what this strata does not know is not passed over: it may be what matters.
    if (!its_head) return refuse("line " + std::to_string(i + 1) + " is no head of a database");
    checkpoint.databases.push_back({std::string(words[1]), *its_head});
  }
  return checkpoint;
}

Note note_of(const Checkpoint& checkpoint, const std::vector<PrivateKey>& keys) {
  Note note{text_of(checkpoint), {}};
  for (const auto& key : keys) note.signatures.push_back(sign_note(note.text, origin_of(checkpoint), key));
  return note;
}

Result<Checkpoint> checkpoint_of(const Ledger& ledger) {
  Checkpoint checkpoint{ledger.id(), {0, first_chain_of(ledger.id())}, {}};
  std::map<std::string, ChainHead> heads;
  STRATA_CHECK(ledger.each_event([&](const StoredEvent& stored) -> Result<void> {
    checkpoint.head = {stored.seq, stored.chain};
    if (stored.postgres_seq == 0) return {};
    auto& head =
        heads.try_emplace(std::string(stored.database), ChainHead{0, first_chain_of(stored.database)}).first->second;
    head = {head.seq + 1, chain_of(head.chain, stored.leaf)};
    return {};
  }));
  for (const auto& [uuid, head] : heads) checkpoint.databases.push_back({uuid, head});
  return checkpoint;
}

Result<std::vector<std::string>> differences(const Checkpoint& checkpoint, const Ledger& ledger) {
  STRATA_TRY(const auto found, recompute(checkpoint, ledger));
  std::vector<std::string> out;
  if (checkpoint.ledger != ledger.id()) {
    out.push_back("the checkpoint is of the ledger " + checkpoint.ledger + ", this one is " + ledger.id() +
                  ": another one was put in its place, or it was made anew from Postgres");
  } else if (!found.ledger) {
    out.push_back("the checkpoint knows event " + number(checkpoint.head.seq) +
                  " of this ledger, which ends at event " + number(ledger.head().seq) +
                  ": its tail was cut off, or an older copy was put back");
  } else if (*found.ledger != checkpoint.head.chain) {
    out.push_back("event " + number(checkpoint.head.seq) + " has the chain value " + hex(*found.ledger) +
                  ", the checkpoint says " + hex(checkpoint.head.chain) +
                  ": the ledger was rewritten, this event or one before it");
  }
  for (const auto& database : checkpoint.databases) {
    const auto& head = found.databases.at(database.uuid);
    const auto what = "event " + number(database.head.seq) + " of the database " + printable(database.uuid);
    if (head.seq < database.head.seq) {
      out.push_back("the checkpoint knows " + what + ", the ledger holds " + number(head.seq) +
                    " of its events: a tail was cut off, or an older copy was put back");
    } else if (head.chain != database.head.chain) {
      out.push_back("the checkpoint says of " + what + " the chain value " + hex(database.head.chain) +
                    ", the ledger's events give " + hex(head.chain) + ": its history was rewritten");
    }
  }
  return out;
}

}  // namespace strata
