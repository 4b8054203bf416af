#include "core/sql/directives.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace std::chrono_literals;

namespace {

struct Refused {
  std::string text;
  int line;
  int column;
  std::string says;  // in message or next
};

}  // namespace

TEST_CASE("directives: all of them are read from the head of a file", "[sql]") {
  const auto read = read_directives(
      "\xef\xbb\xbf-- A migration.\n"
      "/* with a block comment\n-- strata: nothing, since this is inside */\n"
      "-- strata: needs identity/20260101080000_create_users\r\n"
      "--strata: needs cases/case_summary\n"
      "\n"
      "  --   strata:   no-transaction   \r\n"
      "-- strata: lock-timeout 2s\n"
      "-- strata: statement-timeout 10 min\n"
      "-- strata: allow drop-column \"read by nothing since release 41\"\n"
      "select 1; -- no more",
      "m.sql");
  REQUIRE(read);
  REQUIRE(read->needs.size() == 2);
  CHECK(read->needs[0].text() == "identity/20260101080000_create_users");
  CHECK(read->needs[1].text() == "cases/case_summary");
  CHECK(read->no_transaction);
  CHECK(read->lock_timeout == 2s);
  CHECK(read->statement_timeout == 10min);
  REQUIRE(read->allows.size() == 1);
  CHECK(read->allows[0].hazard == "drop-column");
  CHECK(read->allows[0].reason == "read by nothing since release 41");
}

TEST_CASE("directives: only the head is looked at, so what follows may be anything", "[sql]") {
  const auto read = read_directives("-- strata: no-transaction\nselect 'never closed\n-- strata: nonsense", "m.sql");
  REQUIRE(read);
  CHECK(read->no_transaction);
}

TEST_CASE("directives: other comments mean nothing", "[sql]") {
  const auto text = GENERATE(as<std::string>{}, "", "-- strata is a tool\n", "-- see strata: needs\n",
                             "/* strata: needs x */", "---- strata: no-transaction\n", "select 1");
  const auto read = read_directives(text, "m.sql");
  REQUIRE(read);
  CHECK(read->needs.empty());
  CHECK_FALSE(read->no_transaction);
}

TEST_CASE("directives: what is not understood is refused with its place", "[sql]") {
  const auto refused = GENERATE(
      Refused{"\n  -- strata: no_transaction", 2, 3, "did you mean `no-transaction`?"},
      Refused{"-- strata: need a/b", 1, 1, "did you mean `needs`?"},
      Refused{"-- strata: frobnicate", 1, 1, "needs, no-transaction, lock-timeout, statement-timeout, allow"},
      Refused{"-- strata:", 1, 1, "unknown directive ``"},
      Refused{"-- Strata: no-transactions", 1, 1, "unknown directive `no-transactions`"},
      Refused{"-- strata: no-transaction please", 1, 1, "takes no value"},
      Refused{"-- strata: no-transaction\n-- strata: no-transaction", 2, 1, "twice"},
      Refused{"-- strata: lock-timeout 2s\n-- strata: lock-timeout 3s", 2, 1, "twice"},
      Refused{"-- strata: lock-timeout", 1, 1, "length of time"},
      Refused{"-- strata: lock-timeout soon", 1, 1, "length of time"},
      Refused{"-- strata: statement-timeout -1s", 1, 1, "length of time"}, Refused{"-- strata: needs", 1, 1, "full id"},
      Refused{"-- strata: needs 20260101080000_x", 1, 1, "full id"},
      Refused{"-- strata: needs Identity/x", 1, 1, "full id"}, Refused{"-- strata: needs a/b c/d", 1, 1, "full id"},
      Refused{"-- strata: allow drop-column", 1, 1, "reason"},
      Refused{"-- strata: allow drop-column \"\"", 1, 1, "reason"},
      Refused{"-- strata: allow drop-column because", 1, 1, "reason"},
      Refused{"-- strata: allow drop-column \"a\" \"b\"", 1, 1, "reason"},
      Refused{"-- strata: allow Drop \"a\"", 1, 1, "hazard"});
  CAPTURE(refused.text);
  const auto read = read_directives(refused.text, "m.sql");
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::bad_migration);
  CHECK(read.error().where.line == refused.line);
  CHECK(read.error().where.column == refused.column);
  CHECK_THAT(read.error().message + " " + read.error().next, Catch::Contains(refused.says));
}
