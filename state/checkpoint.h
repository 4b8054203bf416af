// A checkpoint: the heads of a ledger at one moment, as a text that is kept where nobody who can write the ledger can
// write. state/README.md describes the format.
#pragma once

#include "core/base/note.h"
#include "core/base/result.h"
#include "state/ledger.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct Checkpoint {
  struct Database {
    std::string uuid;
    ChainHead head;  // of Postgres' chain, as far as the ledger holds it
  };
  std::string ledger;  // uuid
  ChainHead head;
  std::vector<Database> databases;  // by uuid; those with an event of Postgres
};

// The note's first line, and the name under which its keys sign: "strata-ledger/<uuid>".
std::string origin_of(const Checkpoint& checkpoint);
std::string text_of(const Checkpoint& checkpoint);
// Of a note's text. Fails with refused, naming `path`.
Result<Checkpoint> read_checkpoint(std::string_view text, const std::string& path);
// Signed with each of `keys`.
Note note_of(const Checkpoint& checkpoint, const std::vector<PrivateKey>& keys);

Result<Checkpoint> checkpoint_of(const Ledger& ledger);
// Whether the ledger goes on from where it stood then. What does not fit, a sentence each.
Result<std::vector<std::string>> differences(const Checkpoint& checkpoint, const Ledger& ledger);

}  // namespace strata
