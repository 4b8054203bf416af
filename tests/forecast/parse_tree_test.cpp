#include "core/sql/parse_tree.h"
#include "core/forecast/node.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

std::string repeated(const std::string& text, std::size_t times) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("parse tree: what the tree does not say is empty, and what it says is under its name", "[forecast]") {
  const auto tree = read_tree(parse_tree_of("ALTER TABLE cases.\"Case\" ADD n numeric(10, 0)").value());
  REQUIRE(tree);
  CHECK(tree->is("AlterTableStmt"));
  CHECK((*tree)["relation"].text("schemaname") == "cases");
  CHECK((*tree)["relation"].text("relname") == "Case");
  CHECK((*tree)["relation"].flag("inh"));
  const auto& modifiers = (*tree)["cmds"].items[0]["def"]["typeName"]["typmods"].items;
  REQUIRE(modifiers.size() == 2);
  CHECK(integer_of(modifiers[0]) == 10);
  CHECK(integer_of(modifiers[1]) == 0);
  CHECK_FALSE((*tree)["nothing"]["of"]["this"].is_there());
}

TEST_CASE("parse tree: a statement that the grammar does not know has none", "[forecast]") {
  CHECK_FALSE(parse_tree_of("ALTER TABLE t ALTER g SET EXPRESSION AS (1)"));
  CHECK_FALSE(parse_tree_of("not SQL at all"));
  CHECK_FALSE(parse_tree_of("SELECT 'never closed"));
  CHECK_FALSE(read_tree("{\"stmts\": [] }"));
  CHECK_FALSE(read_tree("no JSON"));
}

TEST_CASE("parse tree: a statement that nests without end is given up, not followed", "[forecast]") {
  // What it nests, and whether a tree of it is made at all.
  for (const auto& [open, close, times] :
       std::vector<std::tuple<std::string, std::string, std::size_t>>{{"(", ")", 100'000},
                                                                      {"(", ")", 4'000},
                                                                      {"1+", "", 500'000},
                                                                      {"1+", "", 4'900},
                                                                      {"NOT ", "", 200'000},
                                                                      {"- ", "", 4'000},
                                                                      {"f(", ")", 4'000},
                                                                      {"ARRAY[", "]", 3'000},
                                                                      {"CASE WHEN ", " THEN 1 END", 1'500},
                                                                      {"(SELECT ", ")", 3'000},
                                                                      {"1 UNION SELECT ", "", 3'000}}) {
    INFO(times << " × " << open);
    const auto json = parse_tree_of("SELECT " + repeated(open, times) + "1" + repeated(close, times));
    if (json) read_tree(*json);
  }
  CHECK_FALSE(parse_tree_of("SELECT " + repeated("1+", 500'000) + "1"));
  const auto deep = parse_tree_of("SELECT " + repeated("1+", 2'000) + "1");
  REQUIRE(deep);
  CHECK_FALSE(read_tree(*deep));
}
