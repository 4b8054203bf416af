// A checkpoint and the ledger that it was made of, or that somebody put in its place.
#include "state/checkpoint.h"

#include "tests/state/ledger_support.h"
#include "tests/support/builders.h"

#include <filesystem>

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

Checkpoint checkpoint_at(const std::string& path) {
  return value_of(checkpoint_of(open_ledger(path, Ledger::Access::read_only)));
}

std::vector<std::string> compared(const Checkpoint& checkpoint, const std::string& path) {
  return value_of(differences(checkpoint, open_ledger(path, Ledger::Access::examine)));
}

void add(const std::string& path, std::int64_t from, std::int64_t to, const std::string& database = database_one) {
  auto ledger = open_ledger(path);
  std::vector<NewEvent> events;
  for (auto n = from; n <= to; ++n) events.push_back(applied_event(n, database));
  append_to(ledger, appending(std::move(events)));
}

// The ledger as somebody writes it anew from event `seq` on, with a chain that fits: the last `count` events once more,
// of another subject.
void rewrite_tail(const std::string& path, std::int64_t seq) {
  const auto ledger = open_ledger(path, Ledger::Access::read_only);
  const auto events = value_of(ledger.events(""));
  auto previous = seq == 1 ? first_chain_of(ledger.id()) : events[static_cast<std::size_t>(seq - 2)].chain;
  std::string sql;
  for (auto item : events) {
    if (item.seq < seq) continue;
    item.event.actor = "somebody else";
    const auto body = encode(item.event);
    const auto leaf = leaf_of(body);
    previous = chain_of(previous, leaf);
    std::string digits;
    for (const char c : body) {
      digits += "0123456789abcdef"[c >> 4 & 15];
      digits += "0123456789abcdef"[c & 15];
    }
    sql += "UPDATE events SET body = x'" + digits + "', leaf = x'" + hex(leaf) + "', chain = x'" + hex(previous) +
           "' WHERE seq = " + std::to_string(item.seq) + ";";
  }
  RawSqlite(path).tamper(sql);
}

}  // namespace

TEST_CASE("checkpoint: it names the head of the ledger and of each database, and its text is read back", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  add(path, 1, 2, database_two);
  const auto checkpoint = checkpoint_at(path);
  CHECK(checkpoint.head == open_ledger(path).head());
  REQUIRE(checkpoint.databases.size() == 2);
  CHECK(checkpoint.databases[0].uuid == database_two);  // by uuid
  CHECK(checkpoint.databases[0].head.seq == 2);
  CHECK(checkpoint.databases[1].head.seq == 3);
  const auto text = text_of(checkpoint);
  CHECK(text.starts_with("strata-ledger/" + checkpoint.ledger + "\n5\n"));
  CHECK(text_of(value_of(read_checkpoint(text, "x.note"))) == text);
}

TEST_CASE("checkpoint: the ledger goes on from it as long as nobody rewrites what was", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 0);
  CHECK(compared(checkpoint_at(path), path).empty());  // of a ledger without an event
  add(path, 1, 3);
  const auto checkpoint = checkpoint_at(path);
  CHECK(compared(checkpoint, path).empty());
  add(path, 4, 6);
  CHECK(compared(checkpoint, path).empty());
  rewrite_tail(path, 4);
  CHECK(compared(checkpoint, path).empty());  // it saw none of these
}

TEST_CASE("checkpoint: a tail that was cut off, or an older copy put back, is found", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 3);
  const auto copy = dir.path() / "copy.db";
  std::filesystem::copy_file(path, copy);
  add(path, 4, 5);
  const auto checkpoint = checkpoint_at(path);
  SECTION("cut off") {
    RawSqlite(path).tamper("DELETE FROM events WHERE seq > 3");
  }
  SECTION("an older copy") {
    std::filesystem::copy_file(copy, path, std::filesystem::copy_options::overwrite_existing);
  }
  const auto found = compared(checkpoint, path);
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0], Contains("knows event 5 of this ledger, which ends at event 3: its tail was cut off"));
  CHECK_THAT(found[1], Contains("event 5 of the database " + database_one) && Contains("holds 3 of its events"));
}

TEST_CASE("checkpoint: a chain written anew is found, though it fits", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 5);
  const auto checkpoint = checkpoint_at(path);
  const auto from = GENERATE(1, 3, 5);
  rewrite_tail(path, from);
  add(path, 6, 7);  // and it goes on
  REQUIRE(Ledger::open(path, Ledger::Access::read_only));
  const auto found = compared(checkpoint, path);
  REQUIRE(found.size() == 2);
  CHECK_THAT(found[0], Contains("event 5 has the chain value") && Contains("the ledger was rewritten"));
  CHECK_THAT(found[1], Contains("its history was rewritten"));
}

TEST_CASE("checkpoint: another ledger in its place is found, and the database's own chain still compared", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  const auto other = (dir.path() / "other.db").string();
  make_ledger(path, 3);
  make_ledger(other, 3);  // the same events: pulled anew from Postgres
  const auto found = compared(checkpoint_at(path), other);
  REQUIRE(found.size() == 1);
  CHECK_THAT(found[0], Contains("another one was put in its place, or it was made anew from Postgres"));
}

TEST_CASE("checkpoint: a note that says anything else is refused", "[state]") {
  const TempDir dir;
  const auto path = (dir.path() / "ledger.db").string();
  make_ledger(path, 1);
  const auto text = text_of(checkpoint_at(path));
  const auto first = text.find('\n') + 1;
  const auto [what, reason] = GENERATE_COPY(table<std::string, std::string>({
      {"x" + text, "its first line does not begin with strata-ledger/"},
      {text.substr(0, first) + "1\n", "fewer than three lines"},
      {text.substr(0, first) + "01" + text.substr(first + 1), "second and third line"},
      {text.substr(0, first) + "-1" + text.substr(first + 1), "second and third line"},
      {text.substr(0, first + 2) + "AAAA\n", "second and third line"},
      {text + "witness a b c\n", "line 5 is no head of a database"},
      {text + "database a 1\n", "line 5 is no head of a database"},
  }));
  INFO(what);
  CHECK_THAT(error_of(read_checkpoint(what, "x.note")).message,
             Contains("x.note is no checkpoint") && Contains(reason));
}
