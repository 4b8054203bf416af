#include "core/base/note.h"

#include "tests/support/builders.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

PrivateKey key_of(const TempDir& folder, const std::string& name) {
  const auto made = run({"openssl", "genpkey", "-algorithm", "ed25519", "-out", name}, {.cwd = folder.path()});
  REQUIRE(made.exit_code == 0);
  return value_of(PrivateKey::read(folder.read(name), name));
}

PublicKey public_half(const TempDir& folder, const std::string& name) {
  const auto pem = run({"openssl", "pkey", "-in", name, "-pubout"}, {.cwd = folder.path()}).out;
  return value_of(PublicKey::read(pem, name));
}

const std::string text = "log/1\n7\nroot\n";

}  // namespace

TEST_CASE("note: what is written is read back, with any number of signatures", "[base]") {
  const TempDir folder;
  const auto a = key_of(folder, "a.pem");
  const auto b = key_of(folder, "b.pem");
  for (const auto& signatures :
       {std::vector<NoteSignature>{}, {sign_note(text, "a", a)}, {sign_note(text, "a", a), sign_note(text, "b", b)}}) {
    const auto written = write_note({text, signatures});
    const auto note = value_of(read_note(written, "x.note"));
    CHECK(note.text == text);
    CHECK(note.signatures.size() == signatures.size());
    CHECK(write_note(note) == written);
  }
}

TEST_CASE("note: a key's hash is of its name, a line feed, 1 for Ed25519 and its 32 bytes", "[base]") {
  const TempDir folder;
  const auto key = key_of(folder, "a.pem");
  const auto digest = sha256("name\n\x01" + key.public_half().raw());
  CHECK(note_key_hash("name", key.public_half()) == std::array{digest[0], digest[1], digest[2], digest[3]});
  CHECK(note_key_hash("name", key.public_half()) != note_key_hash("nam", key.public_half()));
  CHECK(key.public_half().raw().size() == 32);
}

TEST_CASE("note: a signature of one of the keys is enough, and any other is refused with the reason", "[base]") {
  const TempDir folder;
  const auto a = key_of(folder, "a.pem");
  const auto b = key_of(folder, "b.pem");
  std::vector<PublicKey> keys;
  keys.push_back(public_half(folder, "a.pem"));
  CHECK(require_signature({text, {sign_note(text, "n", b), sign_note(text, "n", a)}}, keys, "x.note"));
  const auto refusal = [&](const Note& note) {
    const auto error = error_of(require_signature(note, keys, "x.note"));
    CHECK(error.code == ErrorCode::not_permitted);
    return error.message;
  };
  CHECK_THAT(refusal({text, {}}), Contains("x.note is not signed"));
  CHECK_THAT(refusal({text, {sign_note(text, "n", b)}}), Contains("by none of the keys that are asked for, but by n"));
  CHECK_THAT(refusal({text + "more\n", {sign_note(text, "n", a)}}), Contains("was changed since it was signed"));
  // The same key under another name is another key.
  auto renamed = sign_note(text, "n", a);
  renamed.name = "m";
  CHECK_THAT(refusal({text, {renamed}}), Contains("by none of the keys"));
  auto cut = sign_note(text, "n", a);
  cut.bytes.pop_back();
  CHECK_THAT(refusal({text, {cut}}), Contains("was changed"));
}

TEST_CASE("note: what has another form is refused", "[base]") {
  const TempDir folder;
  const auto signature = write_note({text, {sign_note(text, "n", key_of(folder, "a.pem"))}}).substr(text.size() + 1);
  const auto [what, reason] = GENERATE_COPY(table<std::string, std::string>({
      {"", "no empty line"},
      {"text", "no empty line"},
      {"text\n", "no empty line"},
      {"\n\n", "no empty line"},
      {"te\rxt\n\n", "control characters"},
      {"te\xffxt\n\n", "not UTF-8"},
      {text + "\nnot a signature\n", "line 1 below its text is no signature"},
      {text + "\n" + signature + "\n", "line 2 below its text is no signature"},
      {text + "\n" + signature.substr(0, signature.size() - 1), "line 1"},
      {text + "\n\xe2\x80\x94 a+b AAAAAAA=\n", "line 1"},
      {text + "\n\xe2\x80\x94 name AAAA\n", "line 1"},
  }));
  INFO(what);
  const auto error = error_of(read_note(what, "x.note"));
  CHECK(error.code == ErrorCode::refused);
  CHECK_THAT(error.message, Contains("x.note is no signed note: ") && Contains(reason));
}

TEST_CASE("base64: bytes have one text", "[base]") {
  for (const std::string bytes : {"", "a", "ab", "abc", "\x00\xff", "abcd"}) {
    CHECK(from_base64(base64(bytes)) == bytes);
  }
  CHECK(base64(std::string_view("ab")) == "YWI=");
  for (const auto* other : {"YWI", "YW I=", "YWJ=", "YWI=\n", "====", "=", "YWI=YWI=", "A==="}) {
    INFO(other);
    CHECK_FALSE(from_base64(other));
  }
}
