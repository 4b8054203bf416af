#include "core/base/note.h"

#include "core/base/escape.h"

#include <algorithm>

namespace strata {

namespace {

constexpr std::string_view dash = "\xe2\x80\x94 ";  // an em dash and a blank begin a signature's line

bool is_key_name(std::string_view name) {
  return !name.empty() && name.find_first_of(" +\t\r\n") == std::string_view::npos;
}

// "— NAME base64", without the line feed.
bool read_signature(std::string_view line, NoteSignature& signature) {
  if (!line.starts_with(dash)) return false;
  line.remove_prefix(dash.size());
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos || !is_key_name(line.substr(0, blank))) return false;
  const auto bytes = from_base64(line.substr(blank + 1));
  if (!bytes || bytes->size() <= signature.key_hash.size()) return false;
  signature.name = line.substr(0, blank);
  std::copy_n(bytes->begin(), signature.key_hash.size(), signature.key_hash.begin());
  signature.bytes = bytes->substr(signature.key_hash.size());
  return true;
}

bool is_by(const NoteSignature& signature, const PublicKey& key) {
  return signature.key_hash == note_key_hash(signature.name, key);
}

}  // namespace

std::array<std::uint8_t, 4> note_key_hash(std::string_view name, const PublicKey& key) {
  const auto digest = sha256({name, "\n\x01", key.raw()});
  return {digest[0], digest[1], digest[2], digest[3]};
}

NoteSignature sign_note(std::string_view text, const std::string& name, const PrivateKey& key) {
  const auto signature = key.sign(text);
  return {name, note_key_hash(name, key.public_half()), std::string(signature.begin(), signature.end())};
}

std::string write_note(const Note& note) {
  auto out = note.text + "\n";
  for (const auto& signature : note.signatures) {
    out += std::string(dash) + signature.name + " " +
           base64(std::string(signature.key_hash.begin(), signature.key_hash.end()) + signature.bytes) + "\n";
  }
  return out;
}

Result<Note> read_note(std::string_view text, const std::string& path) {
  const auto refuse = [&](const std::string& what) {
    return fail(ErrorCode::refused, printable(path) + " is no signed note: " + what,
                "strata audit checkpoint -o FILE writes one");
  };
  if (find_invalid_utf8(text) != std::string_view::npos) return refuse("it is not UTF-8");
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 32 && c != '\n'; }))
    return refuse("it has control characters");
  const auto end = text.find("\n\n");
  if (end == std::string_view::npos || end == 0) return refuse("no empty line ends its text");
  Note note;
  note.text = text.substr(0, end + 1);
  text.remove_prefix(end + 2);
  for (int line = 1; !text.empty(); ++line) {
    const auto length = text.find('\n');
    NoteSignature signature;
    if (length == std::string_view::npos || !read_signature(text.substr(0, length), signature))
      return refuse("line " + std::to_string(line) + " below its text is no signature");
    note.signatures.push_back(std::move(signature));
    text.remove_prefix(length + 1);
  }
  return note;
}

Result<void> require_signature(const Note& note, const std::vector<PublicKey>& keys, const std::string& path) {
  std::string signers;
  bool is_forged = false;
  for (const auto& signature : note.signatures) {
    signers += (signers.empty() ? "" : ", ") + printable(signature.name);
    for (const auto& key : keys) {
      if (!is_by(signature, key)) continue;
      Signature bytes{};
      if (signature.bytes.size() == bytes.size()) {
        std::copy(signature.bytes.begin(), signature.bytes.end(), bytes.begin());
        if (key.verifies(note.text, bytes)) return {};
      }
      is_forged = true;
    }
  }
  const auto what = note.signatures.empty() ? std::string(" is not signed")
                    : is_forged ? std::string(" was changed since it was signed: its signature is not valid")
                                : " is signed by none of the keys that are asked for, but by " + signers;
  return fail(
      ErrorCode::not_permitted, printable(path) + what,
      "have it written and signed again: strata audit checkpoint --sign KEY.pem -o FILE; and find out who changed "
      "or made this one");
}

}  // namespace strata
