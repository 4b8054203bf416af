#include "tests/state/ledger_support.h"

#include <random>

using namespace strata;
using namespace strata::test;
using Catch::Matchers::Contains;

namespace {

// What the chain vouches for, read without strata.
std::string chained(const std::string& path) {
  return RawSqlite(path).rows("SELECT seq, body, leaf, chain FROM events ORDER BY seq");
}

// Opened and asked for everything, whatever it is: it must end in an answer.
bool looks_sound(const std::string& path) {
  const auto ledger = Ledger::open(path, Ledger::Access::read_only);
  if (!ledger) return false;
  for (const auto& target : ledger->targets()) ledger->snapshot(target.name);
  return ledger->events("") && ledger->verify().empty();
}

}  // namespace

TEST_CASE("ledger: a changed byte in the body, leaf or chain of any event is found, and the event is named",
          "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 5);
  const auto whole = dir.read("ledger.db");
  std::mt19937 random(5);
  for (const std::string column : {"body", "leaf", "chain"}) {
    for (int seq = 1; seq <= 5; ++seq) {
      for (int round = 0; round < 8; ++round) {
        dir.write("ledger.db", whole);
        RawSqlite raw(path);
        const auto where = " WHERE seq = " + std::to_string(seq);
        auto digits = raw.rows("SELECT hex(" + column + ") FROM events" + where);
        digits.resize(digits.find('|'));
        auto& digit = digits[random() % digits.size()];
        digit = digit == '0' ? '1' : '0';
        raw.tamper("UPDATE events SET " + column + " = x'" + digits + "'" + where);
        REQUIRE_THAT(error_of(path), Contains("is damaged: event " + std::to_string(seq) + " does not fit"));
      }
    }
  }
}

TEST_CASE("ledger: the message about a damaged event has the hash that was expected and the one that was found",
          "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  const auto leaf = leaf_of(encode(applied_event(2).event));
  RawSqlite(path).tamper(
      "UPDATE events SET body = CAST(replace(CAST(body AS TEXT), 'step_2', 'step_9') AS BLOB) WHERE seq = 2");
  const auto ledger = Ledger::open(path, Ledger::Access::read_only);
  REQUIRE_FALSE(ledger);
  CHECK(ledger.error().code == ErrorCode::bad_ledger);
  CHECK_THAT(ledger.error().message, Contains("event 2 does not fit: its leaf is " + hex(leaf) + ", its body gives "));
  CHECK(ledger.error().next == "strata audit pull --replace rebuilds it from Postgres and keeps this file beside it");
}

TEST_CASE("ledger: an event that was renumbered, removed, or put before the first is found", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 4);
  const auto [change, expected] = GENERATE(table<std::string, std::string>({
      {"UPDATE events SET seq = 9 WHERE seq = 4", "event 4 is missing: the next one in the file is 9"},
      {"DELETE FROM events WHERE seq = 2", "event 2 is missing: the next one in the file is 3"},
      {"DELETE FROM events WHERE seq = 1", "event 1 is missing"},
      {"UPDATE events SET seq = 0 WHERE seq = 1", "event 1 is missing: the next one in the file is 0"},
      {"UPDATE events SET seq = 9 WHERE seq = 2; UPDATE events SET seq = 2 WHERE seq = 3; UPDATE events SET seq = 3 "
       "WHERE seq = 9",
       "event 2 does not fit"},
      {"UPDATE meta SET ledger = 'another'", "event 1 does not fit: its chain value"},
  }));
  RawSqlite(path).tamper(change);
  CHECK_THAT(error_of(path), Contains(expected));
}

TEST_CASE("ledger: what is appended beside strata does not get in unnoticed", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  auto ledger = open_ledger(path);
  append_to(ledger, appending({applied_event(1)}));
  RawSqlite(path).run(
      "INSERT INTO events SELECT 2, database, kind, run, subject, body, leaf, zeroblob(32), 2, wall_ms FROM events");
  const auto head = ledger.append(appending({applied_event(2)}));
  REQUIRE_FALSE(head);
  CHECK_THAT(head.error().message, Contains("event 2 does not fit"));
}

TEST_CASE("ledger: a tail that was cut off leaves a chain that fits: only the heads that others keep show it",
          "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  const auto head = make_ledger(path, 5);
  RawSqlite(path).tamper("DELETE FROM events WHERE seq > 3");
  auto ledger = open_ledger(path);
  CHECK(ledger.verify().empty());
  CHECK(ledger.head().seq == 3);
  CHECK(ledger.head() != head);
}

TEST_CASE("ledger: a tail that is cut off while strata has it open is noticed", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 5);
  auto ledger = open_ledger(path);
  RawSqlite(path).tamper("DELETE FROM events WHERE seq > 3");
  const auto head = ledger.append(appending({applied_event(6)}));
  REQUIRE_FALSE(head);
  CHECK_THAT(head.error().message, Contains("event 5 is missing"));
}

TEST_CASE("ledger: 3,000 flipped bits: never a crash, and never sound where a chained byte has changed", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  {
    auto ledger = open_ledger(path);
    for (std::int64_t n = 1; n <= 60; ++n) {
      auto append = appending({applied_event(n)});
      const std::string text = "ALTER TABLE cases ADD COLUMN column_" + std::to_string(n) + " text";
      append.blobs = {text};
      append.target = LedgerTarget{};
      append.target->name = "default";
      append.snapshot = Snapshot{};
      append_to(ledger, append);
    }
    REQUIRE(ledger.verify().empty());
  }
  const auto whole = dir.read("ledger.db");
  const auto expected = chained(path);
  std::mt19937 random(20260101);
  int noticed = 0;
  for (int round = 0; round < 3'000; ++round) {
    auto damaged = whole;
    const auto bit = random() % (whole.size() * 8);
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    dir.write("ledger.db", damaged);
    const bool sound = looks_sound(path);
    noticed += !sound;
    if (sound && chained(path) != expected) FAIL("bit " << bit << " changed what is chained, and nothing was said");
  }
  INFO(noticed << " of 3,000 flips were noticed");
  CHECK(noticed > 1'500);
}

TEST_CASE("ledger: a file that is cut off anywhere is never sound with fewer events than it had", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 60);
  const auto whole = dir.read("ledger.db");
  for (std::size_t size = 1; size < whole.size(); size += 509) {
    dir.write("ledger.db", whole.substr(0, size));
    if (looks_sound(path)) FAIL("cut to " << size << " bytes");
  }
}
