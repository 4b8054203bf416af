// One statement's parse tree, for rooms that ask what it does: libpg_query is spoken to here only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace strata {

// libpg_query writes a tree out recursively, some 200 bytes of stack for each level, and a level takes a token at
// least. So a statement of more tokens (rows of data, all but always) gets no tree: with this many it needs 2 MB.
constexpr std::size_t longest_with_tree = 10'000;

// libpg_query's JSON: {"version": …, "stmts": [{"stmt": {"AlterTableStmt": {…}}}]}. Null where the grammar (Postgres
// 15) does not know the statement, or it has too many tokens.
std::optional<std::string> parse_tree_of(const std::string& statement);

}  // namespace strata
