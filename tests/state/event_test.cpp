#include "state/event.h"

#include <catch2/catch.hpp>

#include <random>
#include <set>

using namespace strata;

namespace {

const std::vector<EventKind> all_kinds = {
    EventKind::genesis,  EventKind::applied,  EventKind::started, EventKind::step,     EventKind::failed,
    EventKind::in_doubt, EventKind::resolved, EventKind::adopted, EventKind::reverted, EventKind::checksum_accepted,
    EventKind::intent,   EventKind::outcome,  EventKind::anchor,  EventKind::imported, EventKind::refused,
    EventKind::observed, EventKind::snapshot, EventKind::drift};

// Each field present or absent by the toss of a coin, texts with any bytes.
class EventGenerator {
 public:
  explicit EventGenerator(unsigned seed) : random_(seed) {}

  Event make() {
    Event event;
    event.kind = all_kinds[random_() % all_kinds.size()];
    event.at_ms = number();
    for (auto* text : {&event.database, &event.run, &event.subject, &event.migration_kind, &event.module_version,
                       &event.sqlstate, &event.note, &event.actor, &event.strata_version, &event.ledger}) {
      if (coin()) *text = this->text();
    }
    for (auto* count : {&event.position, &event.statements_done, &event.statements_total, &event.elapsed_ms,
                        &event.intent_seq, &event.postgres_seq}) {
      if (coin()) *count = number();
    }
    for (auto* digest : {&event.sha256, &event.fingerprint, &event.module_digest, &event.intent_chain,
                         &event.postgres_chain, &event.measured}) {
      if (coin()) *digest = sha256(text());
    }
    for (auto left = random_() % 4; left > 0; --left) event.subjects.push_back(coin() ? text() : "");
    return event;
  }

 private:
  bool coin() { return random_() % 2 == 0; }
  std::int64_t number() {
    return static_cast<std::int64_t>(std::uint64_t{random_()} << 32 | random_()) >> random_() % 64;
  }
  std::string text() {
    std::string text(random_() % 12, '\0');
    for (auto& c : text) c = static_cast<char>(random_());
    return text;
  }

  std::mt19937 random_;
};

Event small_event() {
  Event event;
  event.kind = EventKind::intent;
  event.database = "d";
  event.position = 1;
  event.sha256 = sha256("x");
  event.subjects = {"a/b", "", "c"};
  return event;
}

}  // namespace

TEST_CASE("event: what was encoded is decoded to the same event", "[state]") {
  EventGenerator generator(20260101);
  for (int i = 0; i < 5'000; ++i) {
    const auto event = generator.make();
    const auto bytes = encode(event);
    const auto again = decode(bytes);
    REQUIRE(again);
    REQUIRE(*again == event);
    REQUIRE(encode(*again) == bytes);
  }
}

TEST_CASE("event: no change of a single byte is read as the same event, or as one with another encoding", "[state]") {
  const auto event = GENERATE(small_event(), EventGenerator(7).make(), EventGenerator(8).make());
  const auto bytes = encode(event);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      auto changed = bytes;
      changed[i] = static_cast<char>(value);
      if (changed == bytes) continue;
      const auto read = decode(changed);
      if (read && (encode(*read) != changed || *read == event)) FAIL("byte " << i << " = " << value);
    }
  }
}

TEST_CASE("event: bytes cut off, put in or left over are refused or encoded the same", "[state]") {
  EventGenerator generator(11);
  const auto bytes = encode(generator.make());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const auto& changed : {bytes.substr(0, i), bytes.substr(0, i) + '\x01' + bytes.substr(i),
                                bytes.substr(0, i) + bytes.substr(i + 1)}) {
      const auto read = decode(changed);
      if (read && encode(*read) != changed) FAIL("at byte " << i);
    }
  }
  CHECK_FALSE(decode(bytes + '\0'));
  CHECK_FALSE(decode(""));
}

TEST_CASE("event: random bytes are refused or encoded the same", "[state]") {
  std::mt19937 random(3);
  for (int i = 0; i < 100'000; ++i) {
    auto bytes = encode(small_event());
    for (auto changes = random() % 6; changes > 0; --changes) {
      bytes[random() % bytes.size()] = static_cast<char>(random() % 26);
    }
    const auto read = decode(bytes);
    if (read && encode(*read) != bytes) FAIL("round " << i);
  }
}

TEST_CASE("event: moving a character from one field to its neighbour gives another encoding", "[state]") {
  std::set<std::string> encodings;
  const std::string text = "ab\x05\x00\x00\x00\x00\x00\x00\x00\x01z/06cd";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    Event event;
    event.run = text.substr(0, i);
    event.subject = text.substr(i);
    CHECK(encodings.insert(encode(event)).second);
    std::swap(event.run, event.note);
    CHECK(encodings.insert(encode(event)).second == !event.note.empty());
    Event list;
    list.subjects = {text.substr(0, i), text.substr(i)};
    CHECK(encodings.insert(encode(list)).second);
  }
  Event one, two;
  one.subjects = {"a", "b"};
  two.subjects = {"b", "a"};
  CHECK(encode(one) != encode(two));
  two.subjects = {"ab"};
  CHECK(encode(one) != encode(two));
}

TEST_CASE("event: a refusal says at which byte and why", "[state]") {
  auto bytes = encode(small_event());
  bytes[0] = 2;
  CHECK(decode(bytes).error().message ==
        "not the encoding of an event: byte 0: the format is not 1: written by a newer strata, or not an event");
  bytes = encode(small_event());
  bytes[17] = 99;
  CHECK(decode(bytes).error().message ==
        "not the encoding of an event: byte 18: kind 99 is unknown: written by a newer strata?");
  bytes = encode(small_event()) + std::string("\x7f\0\0\0\0\0\0\0\1x", 10);
  CHECK(decode(bytes).error().message.find("a field is unknown, out of order or there twice") != std::string::npos);
  CHECK(decode(bytes).error().code == ErrorCode::bad_ledger);
}

TEST_CASE("event: every kind has a name of its own, and is shared or local", "[state]") {
  std::set<std::string> names;
  for (const auto kind : all_kinds) {
    CHECK(names.insert(name_of(kind)).second);
    CHECK(is_shared(kind) == (static_cast<int>(kind) < 32));
  }
  CHECK(names.count("") == 0);
}

TEST_CASE("event: leaf and chain are the hashes that the format promises", "[state]") {
  CHECK(leaf_of("abc") == sha256(std::string("\0abc", 4)));
  const auto previous = first_chain_of("uuid");
  CHECK(previous == sha256("uuid"));
  CHECK(chain_of(previous, leaf_of("abc")) ==
        sha256("\x02" + std::string(as_bytes(previous)) + std::string(as_bytes(leaf_of("abc")))));
}
