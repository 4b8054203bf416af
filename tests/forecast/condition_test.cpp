#include "core/forecast/condition.h"
#include "core/sql/parse_tree.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

Node bound_of(const std::string& values) {
  const auto tree = read_tree(parse_tree_of("ALTER TABLE p ATTACH PARTITION c FOR VALUES " + values).value());
  return (*tree)["cmds"].items[0]["def"]["bound"];
}

bool implies(const std::string& check, const std::string& key, const std::string& values) {
  return imply_bound(conditions_of_check("CHECK (" + check + ")"), key, bound_of(values));
}

}  // namespace

TEST_CASE("condition: a CHECK as the server prints it says which columns are not NULL", "[forecast]") {
  const auto known = conditions_of_check("CHECK (((a IS NOT NULL) AND (b > 0) AND (\"C d\" IS NOT NULL))) NOT VALID");
  CHECK(is_known_not_null(known, "a"));
  CHECK(is_known_not_null(known, "C d"));
  CHECK_FALSE(is_known_not_null(known, "b"));
  CHECK_FALSE(is_known_not_null(conditions_of_check("CHECK (((a IS NOT NULL) OR (b > 0)))"), "a"));
}

TEST_CASE("condition: what is known of a CHECK is still known when it is printed and read again", "[forecast]") {
  const auto known = conditions_of_check("CHECK (a IS NOT NULL AND b IN ('x', 'y') AND c >= 3 AND c < 5)");
  const auto again = conditions_of_check(printed_check(known));
  REQUIRE(again.size() == 4);
  CHECK(is_known_not_null(again, "a"));
  CHECK(again[1].values == std::vector<std::string>{"x", "y"});
}

TEST_CASE("condition: a bound is implied by a CHECK that says as much, and by no less", "[forecast]") {
  CHECK(implies("k IS NOT NULL AND k = 2", "LIST (k)", "IN (2)"));
  CHECK(implies("k IS NOT NULL AND k = ANY (ARRAY['a'::text, 'b'::text])", "LIST (k)", "IN ('a', 'b', 'c')"));
  CHECK(implies("at IS NOT NULL AND at >= '2026-01-01'::date AND at < '2027-01-01'::date", "RANGE (at)",
                "FROM ('2026-01-01') TO ('2027-01-01')"));
  CHECK(implies("at IS NOT NULL AND at < '2027-01-01'", "RANGE (at)", "FROM (MINVALUE) TO ('2027-01-01')"));
  CHECK_FALSE(implies("k = 2", "LIST (k)", "IN (2)"));
  CHECK_FALSE(implies("k IS NOT NULL AND k IN (2, 3)", "LIST (k)", "IN (2)"));
  CHECK_FALSE(implies("at IS NOT NULL AND at >= '2026-01-01'", "RANGE (at)", "FROM ('2026-01-01') TO ('2027-01-01')"));
  CHECK_FALSE(implies("k IS NOT NULL AND k = 2", "LIST (k, l)", "IN (2)"));
}
