// A text with signatures below it, as c2sp.org/signed-note says: what people can paste, mail and keep anywhere.
//
//   TEXT: lines, none of them empty
//                                           (an empty line)
//   — KEY-NAME base64(key hash ‖ signature)  (for each signature)
//
// The signature is Ed25519 of the text with its last line feed. The key hash is the first four bytes of
// SHA-256(key name ‖ 0x0A ‖ 0x01 ‖ the key's 32 bytes); 0x01 says Ed25519.
#pragma once

#include "core/base/result.h"
#include "core/base/signature.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct NoteSignature {
  std::string name;                        // of the key
  std::array<std::uint8_t, 4> key_hash{};  // with the name: which key
  std::string bytes;                       // 64 of them where it is of Ed25519
};

struct Note {
  std::string text;  // ends in a line feed
  std::vector<NoteSignature> signatures;
};

// `name` must be no blank and hold no plus sign.
std::array<std::uint8_t, 4> note_key_hash(std::string_view name, const PublicKey& key);
NoteSignature sign_note(std::string_view text, const std::string& name, const PrivateKey& key);

std::string write_note(const Note& note);
// Fails with refused, naming `path`, unless the text has that form. A note without signatures is one as well: what it
// is worth depends on where it was kept. Signatures are read, not judged.
Result<Note> read_note(std::string_view text, const std::string& path);

// Passes where one of `keys` has signed the note. Fails with not_permitted: unsigned, signed by others, or changed
// since.
Result<void> require_signature(const Note& note, const std::vector<PublicKey>& keys, const std::string& path);

}  // namespace strata
