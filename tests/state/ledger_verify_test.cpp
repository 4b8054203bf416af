#include "tests/state/ledger_support.h"

using namespace strata;
using namespace strata::test;
using Catch::Matchers::Contains;

namespace {

// Three applied migrations of one database with all that belongs to them: intent, outcome, anchor, target, snapshot,
// text.
void make_full_ledger(const std::string& path) {
  auto ledger = open_ledger(path);
  append_to(ledger, appending({{event_of(EventKind::intent), 0}}));
  Ledger::Append append;
  ChainHead head{0, first_chain_of(database_one)};
  Snapshot snapshot;
  for (std::int64_t n = 1; n <= 3; ++n) {
    append.events.push_back(applied_event(n));
    head = {n, chain_of(head.chain, leaf_of(encode(append.events.back().event)))};
    fold_into(snapshot.applied, append.events.back().event);
  }
  snapshot.postgres_seq = 3;
  auto outcome = event_of(EventKind::outcome);
  outcome.intent_seq = 1;
  auto anchor = event_of(EventKind::anchor);
  anchor.postgres_seq = head.seq;
  anchor.postgres_chain = head.chain;
  append.events.push_back({outcome, 0});
  append.events.push_back({anchor, 0});
  append.target = LedgerTarget{};
  append.target->name = "prod";
  append.target->database = database_one;
  append.target->postgres_head = head;
  append.snapshot = snapshot;
  append.blobs = {"create table cases (id bigint primary key)"};
  append_to(ledger, append);
}

std::string findings_of(const std::string& path) {
  std::string text;
  for (const auto& finding : open_ledger(path, Ledger::Access::read_only).verify()) {
    text += std::to_string(finding.seq) + " " + finding.what + "\n";
  }
  return text;
}

}  // namespace

TEST_CASE("verify: a ledger as strata writes it has no findings", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_full_ledger(path);
  CHECK(findings_of(path).empty());
}

TEST_CASE("verify: what the chain does not cover is compared with what it covers", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_full_ledger(path);
  const auto [change, expected] = GENERATE(table<std::string, std::string>({
      {"UPDATE events SET subject = 'cases/other' WHERE seq = 3",
       "3 was edited: its columns say applied cases/other, its body applied cases/2026"},
      {"UPDATE events SET kind = 'failed' WHERE seq = 3", "3 was edited"},
      {"UPDATE events SET database = 'other' WHERE seq = 3", "3 was edited"},
      {"UPDATE events SET run = 'other' WHERE seq = 3", "3 was edited"},
      {"UPDATE events SET wall_ms = 1 WHERE seq = 3", "3 was edited"},
      {"UPDATE events SET postgres_seq = 7 WHERE seq = 3",
       "3 should be event 2 of database " + database_one + " in Postgres, but its number there is 7"},
      {"UPDATE events SET postgres_seq = 1 WHERE seq = 1", "1 is local, but its number in Postgres is 1"},
      {"UPDATE blobs SET bytes = x'00'", "is not the one of that name"},
      {"UPDATE blobs SET size = 3", "is not the one of that name"},
      {"UPDATE blobs SET sha256 = zeroblob(32)", "is not the one of that name"},
      {"UPDATE snapshots SET applied = x'00'", "the snapshot of target prod"},
      {"UPDATE snapshots SET postgres_seq = 2", "is not what its events up to 2 of Postgres make"},
      {"UPDATE targets SET postgres_chain = zeroblob(32)", "target prod names event 3"},
      {"UPDATE targets SET postgres_seq = 2", "target prod names event 2"},
      {"UPDATE targets SET postgres_seq = 4", "but the file holds 3 of its events: was its tail cut off?"},
      {"UPDATE targets SET name = 'other'", "SQLite: snapshots"},
      {"DELETE FROM events WHERE seq > 3",
       "target prod names event 3 of database " + database_one + " in Postgres, but the file holds 2"},
  }));
  RawSqlite(path).tamper("PRAGMA foreign_keys = off; " + change);
  CHECK_THAT(findings_of(path), Contains(expected));
}

TEST_CASE("verify: events that contradict each other are named", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_full_ledger(path);
  auto outcome = event_of(EventKind::outcome);
  auto anchor = event_of(EventKind::anchor);
  anchor.postgres_seq = 2;
  anchor.postgres_chain = sha256("another history");
  std::vector<NewEvent> events;
  std::string expected;
  SECTION("two outcomes") {
    outcome.intent_seq = 1;
    events = {{outcome, 0}};
    expected = "7 is a second outcome of intent 1";
  }
  SECTION("an outcome of nothing") {
    outcome.intent_seq = 2;
    events = {{outcome, 0}};
    expected = "7 is the outcome of event 2, which is no intent";
  }
  SECTION("an outcome for another database") {
    outcome.database = database_two;
    outcome.intent_seq = 1;
    events = {{outcome, 0}};
    expected = "7 is the outcome of event 1, which is no intent for that database";
  }
  SECTION("an anchor to another history") {
    events = {{anchor, 0}};
    expected = "7 names event 2 of database " + database_one + " in Postgres, with chain value " +
               hex(sha256("another history"));
  }
  SECTION("a gap in what came from Postgres") {
    events = {applied_event(5)};
    expected = "7 should be event 4 of database " + database_one + " in Postgres, but its number there is 5";
  }
  SECTION("an event a second time") {
    events = {applied_event(3)};
    expected = "7 should be event 4";
  }
  {
    auto ledger = open_ledger(path);
    append_to(ledger, appending(events));
  }
  CHECK_THAT(findings_of(path), Contains(expected));
}

TEST_CASE("verify: damage that comes while the ledger is open is found, with the first damaged event", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_full_ledger(path);
  const auto ledger = open_ledger(path, Ledger::Access::read_only);
  RawSqlite(path).tamper("UPDATE events SET leaf = zeroblob(32) WHERE seq > 3");
  const auto findings = ledger.verify();
  REQUIRE_FALSE(findings.empty());
  CHECK(findings.front().seq == 4);
  RawSqlite(path).run("DROP TRIGGER events_no_update");
  CHECK_THAT(ledger.verify().front().what, Contains("its trigger events_no_update is missing"));
}
