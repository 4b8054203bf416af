#include "tests/state/ledger_support.h"

#include <fstream>

using namespace strata;
using namespace strata::test;

namespace {

LedgerTarget target_of(const std::string& name, const std::string& database, const ChainHead& head) {
  LedgerTarget target;
  target.name = name;
  target.database = database;
  target.system_identifier = "7311111111111111111";
  target.database_oid = 16'384;
  target.database_name = "casebook";
  target.server_version = "15.20";
  target.postgres_head = head;
  target.last_seen_ms = 5;
  return target;
}

}  // namespace

TEST_CASE("ledger: what was appended is there when it is opened again, in order", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  ChainHead head;
  std::string id;
  {
    auto ledger = open_ledger(path);
    CHECK(ledger.was_created());
    CHECK(ledger.path() == path);
    CHECK(ledger.head() == ChainHead{0, first_chain_of(ledger.id())});
    auto intent = event_of(EventKind::intent);
    intent.subjects = {"cases/20260101090000_step_1"};
    append_to(ledger, appending({{intent, 0}}));
    head = append_to(ledger, appending({applied_event(1), applied_event(2)}));
    CHECK(head == ledger.head());
    id = ledger.id();
  }
  const auto ledger = open_ledger(path, Ledger::Access::read_only);
  CHECK_FALSE(ledger.was_created());
  CHECK(ledger.id() == id);
  CHECK(ledger.head() == head);
  const auto events = ledger.events("");
  REQUIRE(events);
  REQUIRE(events->size() == 3);
  auto previous = first_chain_of(id);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& entry = (*events)[i];
    CHECK(entry.seq == static_cast<std::int64_t>(i) + 1);
    CHECK(entry.leaf == leaf_of(encode(entry.event)));
    previous = chain_of(previous, entry.leaf);
    CHECK(entry.chain == previous);
  }
  CHECK(events->front().event.subjects == std::vector<std::string>{"cases/20260101090000_step_1"});
  CHECK(events->back().event == applied_event(2).event);
  CHECK(events->back().postgres_seq == 2);
  CHECK(ledger.verify().empty());
}

TEST_CASE("ledger: events can be asked for by database and from a number on", "[state]") {
  const TempDir dir;
  auto ledger = open_ledger((dir.path() / "ledger.db").string());
  append_to(ledger, appending({applied_event(1), applied_event(1, database_two), applied_event(2),
                               applied_event(2, database_two)}));
  CHECK(ledger.events(database_two)->size() == 2);
  CHECK(ledger.events(database_two, 3)->front().seq == 4);
  CHECK(ledger.events("", 2)->size() == 3);
  CHECK(ledger.events("no such database")->empty());
}

TEST_CASE("ledger: a text is kept once, comes back by its sha256 and takes less room than it is long", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  std::string large;
  for (int i = 0; i < 5'000; ++i) large += "ALTER TABLE cases ADD COLUMN column_" + std::to_string(i) + " text;\n";
  const std::string small = "select 1";
  const std::string empty;
  auto ledger = open_ledger(path);
  auto append = appending({applied_event(1)});
  append.blobs = {large, small, large, empty};
  append_to(ledger, append);
  append_to(ledger, append = Ledger::Append{.events = {}, .blobs = {large}, .target = {}, .snapshot = {}});
  CHECK(**ledger.blob(sha256(large)) == large);
  CHECK(**ledger.blob(sha256(small)) == small);
  CHECK(**ledger.blob(sha256(empty)) == empty);
  CHECK(*ledger.blob(sha256("not there")) == std::nullopt);
  CHECK(RawSqlite(path).rows("SELECT count(*) FROM blobs") == "3|\n");
  CHECK(std::filesystem::file_size(path) < large.size() / 2);
}

TEST_CASE("ledger: targets and snapshots are kept, and replaced", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  auto append = appending({applied_event(1)});
  append.target = target_of("prod", database_one,
                            {1, chain_of(first_chain_of(database_one), leaf_of(encode(applied_event(1).event)))});
  append.snapshot = Snapshot{1, 77, fold({{1, applied_event(1).event, 1, {}, {}}})};
  {
    auto ledger = open_ledger(path);
    append_to(ledger, append);
    CHECK(ledger.target("prod")->postgres_head == append.target->postgres_head);
    append.events.clear();
    append.target->last_seen_ms = 6;
    append.snapshot->taken_ms = 78;
    append_to(ledger, append);
  }
  const auto ledger = open_ledger(path, Ledger::Access::read_only);
  REQUIRE(ledger.targets().size() == 1);
  CHECK(ledger.target("staging") == std::nullopt);
  const auto target = ledger.target("prod").value();
  CHECK(target.database == database_one);
  CHECK(target.system_identifier == "7311111111111111111");
  CHECK(target.database_oid == 16'384);
  CHECK(target.database_name == "casebook");
  CHECK(target.server_version == "15.20");
  CHECK(target.postgres_head == append.target->postgres_head);
  CHECK(target.last_seen_ms == 6);
  const auto snapshot = ledger.snapshot("prod").value();
  CHECK(snapshot.taken_ms == 78);
  CHECK(snapshot.applied.size() == 1);
  CHECK(ledger.snapshot("staging") == std::nullopt);
  CHECK(ledger.verify().empty());
}

TEST_CASE("ledger: a snapshot that cannot be read any more is made again from the events", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  {
    auto ledger = open_ledger(path);
    auto append = appending({applied_event(1), applied_event(2)});
    append.target = target_of("prod", database_one, {2, {}});
    append.snapshot = Snapshot{2, 77, {}};
    append_to(ledger, append);
  }
  RawSqlite(path).run("UPDATE snapshots SET applied = x'00'");
  const auto ledger = open_ledger(path, Ledger::Access::read_only);
  const auto snapshot = ledger.snapshot("prod");
  REQUIRE(snapshot);
  CHECK(snapshot->postgres_seq == 2);
  CHECK(snapshot->applied.size() == 2);
}

TEST_CASE("ledger: an intent is open until its outcome is there", "[state]") {
  const TempDir dir;
  auto ledger = open_ledger((dir.path() / "ledger.db").string());
  append_to(ledger, appending({{event_of(EventKind::intent), 0},
                               {event_of(EventKind::intent, "", database_two), 0},
                               {event_of(EventKind::intent), 0}}));
  REQUIRE(ledger.open_intents(database_one)->size() == 2);
  auto outcome = event_of(EventKind::outcome);
  outcome.intent_seq = 1;
  append_to(ledger, appending({{outcome, 0}}));
  REQUIRE(ledger.open_intents(database_one)->size() == 1);
  CHECK(ledger.open_intents(database_one)->front().seq == 3);
  CHECK(ledger.open_intents(database_two)->front().seq == 2);
}

TEST_CASE("ledger: two that have the file open take turns, and each checks what the other has appended", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  auto one = open_ledger(path);
  auto two = open_ledger(path);
  append_to(one, appending({applied_event(1)}));
  append_to(two, appending({applied_event(1, database_two)}));
  auto with_target = appending({applied_event(2)});
  with_target.target = target_of("prod", database_one, {});
  CHECK(append_to(one, with_target).seq == 3);
  CHECK(append_to(two, appending({applied_event(2, database_two)})).seq == 4);
  CHECK(two.target("prod"));
  CHECK(two.verify().empty());
  CHECK(open_ledger(path).head() == two.head());
}

TEST_CASE("ledger: the file refuses to change or lose what is append-only, also at a sqlite3 prompt", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  {
    auto ledger = open_ledger(path);
    auto append = appending({applied_event(1), applied_event(2)});
    append.blobs = {"select 1"};
    append_to(ledger, append);
  }
  RawSqlite raw(path);
  raw.run("PRAGMA recursive_triggers = on");
  CHECK(raw.error_of("UPDATE events SET kind = 'genesis' WHERE seq = 1") == "events are append-only");
  CHECK(raw.error_of("DELETE FROM events WHERE seq = 2") == "events are append-only");
  CHECK(raw.error_of("UPDATE blobs SET bytes = x'00'") == "blobs are append-only");
  CHECK(raw.error_of("DELETE FROM blobs") == "blobs are append-only");
  const std::string row =
      "'d', 'genesis', '', '', x'00', zeroblob(32), (SELECT chain FROM events WHERE seq = 1), 0, 0)";
  CHECK(raw.error_of("INSERT INTO events VALUES (5, " + row) == "events are numbered without a gap");
  CHECK(raw.error_of("INSERT OR REPLACE INTO events VALUES (1, " + row) == "events are numbered without a gap");
  CHECK(raw.error_of("INSERT OR REPLACE INTO events VALUES (3, " + row) == "events are append-only");
}

TEST_CASE("ledger: reserving room changes nothing in the file", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  const auto before = dir.read("ledger.db");
  {
    auto ledger = open_ledger(path);
    CHECK(ledger.reserve(40 * 1024 * 1024));
  }
  CHECK(dir.read("ledger.db").size() == before.size());
  CHECK(open_ledger(path).verify().empty());
}

TEST_CASE("ledger: a file that was removed meanwhile is no read-only one when room is reserved in it", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  auto ledger = open_ledger(path);
  append_to(ledger, appending({applied_event(1)}));
  std::filesystem::remove(path);
  const auto reserved = ledger.reserve(10'000);
  REQUIRE_FALSE(reserved);
  CHECK(reserved.error().code == ErrorCode::bad_ledger);
  CHECK(reserved.error().message == "the ledger " + path + " was removed or replaced while strata had it open");
}

TEST_CASE("ledger: a file that was removed or replaced meanwhile is noticed at the next append", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  const auto other = (dir.path() / "other.db").string();
  make_ledger(other, 1);
  auto ledger = open_ledger(path);
  append_to(ledger, appending({applied_event(1)}));
  const bool replaced = GENERATE(false, true);
  std::filesystem::remove(path);
  if (replaced) std::filesystem::rename(other, path);
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto head = ledger.append(appending({applied_event(2)}));
    REQUIRE_FALSE(head);
    CHECK(head.error().code == ErrorCode::ledger_behind);
    CHECK(head.error().message.find(path) != std::string::npos);
    CHECK(head.error().next.find("safe to repeat") != std::string::npos);
  }
  if (replaced) CHECK(open_ledger(path).head().seq == 1);
}

TEST_CASE("ledger: ten thousand migrations with their texts need less than 16 MB, so no pod is evicted over it",
          "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  auto ledger = open_ledger(path);
  std::int64_t n = 0;
  for (int run = 0; run < 100; ++run) {
    std::vector<std::string> texts;
    Ledger::Append append;
    for (int i = 0; i < 100; ++i) {
      append.events.push_back(applied_event(++n));
      texts.push_back("CREATE TABLE cases.t" + std::to_string(n) +
                      " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT "
                      "now(), owner text NOT NULL);\nCREATE INDEX ON cases.t" +
                      std::to_string(n) + " (owner);\n");
    }
    append.blobs.assign(texts.begin(), texts.end());
    append_to(ledger, append);
  }
  CHECK(ledger.head().seq == 10'000);
  CHECK(std::filesystem::file_size(path) < 16'000'000);
}
