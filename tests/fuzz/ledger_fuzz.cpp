// A damaged ledger. An input that begins as a SQLite file is taken as the file; any other is a list of edits to a sound
// one: 4 bytes of offset (of 0xffffffff: cut the file there), 1 byte of value, little-endian. Opening and reading end;
// what opens and verifies without a finding has the events of the sound one, or the first of them. The bytes are tried
// as an event as well: what is decoded encodes to the same bytes.
#include "state/ledger.h"

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace strata;

namespace {

void demand(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// The sound ledger, and the file that each input is written to; gone at the end of the program.
class Files {
 public:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "strata-test-fuzz-XXXXXX").string();
    demand(mkdtemp(pattern.data()) != nullptr, "no temporary folder");
    folder_ = pattern;
    auto ledger = Ledger::open(sound(), Ledger::Access::read_write);
    demand(ledger.has_value(), "no sound ledger");
    const std::string database = "0b5c7a52-0d4e-4a3b-9a57-3f7f5b8d8a11";
    for (std::int64_t seq = 1; seq <= 12; ++seq) {
      Event event;
      event.kind = seq == 1 ? EventKind::genesis : EventKind::applied;
      event.database = database;
      event.run = "6f0f6b8e-2b54-4f0a-8a3c-0d9f3b1c2e44";
      event.at_ms = 1'790'000'000'000 + seq;
      if (seq > 1) {
        event.subject = "cases/2026010109000" + std::to_string(seq % 10) + "_step";
        event.migration_kind = "migration";
        event.sha256 = sha256("select " + std::to_string(seq));
        event.fingerprint = event.sha256;
      }
      const auto text = "select " + std::to_string(seq);
      Ledger::Append append;
      append.events.push_back({event, seq});
      append.blobs = {text};
      demand(ledger->append(append).has_value(), "no event in the sound ledger");
    }
    events_ = *ledger->events("");
    std::ifstream file(sound(), std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
  }
  ~Files() { std::filesystem::remove_all(folder_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  std::string sound() const { return (folder_ / "sound.db").string(); }
  std::string damaged() const { return (folder_ / "damaged.db").string(); }
  const std::string& bytes() const { return bytes_; }
  const std::vector<LedgerEvent>& events() const { return events_; }

 private:
  std::filesystem::path folder_;
  std::string bytes_;
  std::vector<LedgerEvent> events_;
};

std::string edited(std::string bytes, std::string_view edits) {
  for (; edits.size() >= 5; edits.remove_prefix(5)) {
    std::uint32_t offset = 0;
    std::memcpy(&offset, edits.data(), sizeof offset);
    const auto value = static_cast<unsigned char>(edits[4]);
    if (offset == 0xffffffff) {
      bytes.resize(bytes.size() * value / 255);
    } else if (!bytes.empty()) {
      bytes[offset % bytes.size()] = static_cast<char>(value);
    }
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Files files;
  const std::string_view input{reinterpret_cast<const char*>(data), size};
  if (const auto event = decode(input)) demand(encode(*event) == input, "two encodings of one event");

  const bool is_file = input.starts_with("SQLite format 3");
  std::ofstream(files.damaged(), std::ios::binary) << (is_file ? std::string(input) : edited(files.bytes(), input));
  const auto ledger = Ledger::open(files.damaged(), Ledger::Access::read_only);
  if (!ledger) {
    demand(!ledger.error().message.empty() && !ledger.error().next.empty(), "a refusal that says nothing");
    return 0;
  }
  const auto findings = ledger->verify();
  const auto events = ledger->events("");
  (void)ledger->snapshot("default");
  (void)ledger->targets();
  if (is_file || !findings.empty() || !events) return 0;
  demand(events->size() <= files.events().size(), "events that were never there");
  for (std::size_t i = 0; i < events->size(); ++i) {
    demand((*events)[i].chain == files.events()[i].chain && (*events)[i].event == files.events()[i].event,
           "another event that passes for sound");
  }
  return 0;
}
