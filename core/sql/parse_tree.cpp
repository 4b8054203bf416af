#include "core/sql/parse_tree.h"

#include "core/sql/splitter.h"

#include <pg_query.h>

#include <new>

namespace strata {

namespace {

bool is_short_enough(const std::string& statement) {
  Splitter splitter(statement, "");
  for (std::size_t count = 0; count <= longest_with_tree; ++count) {
    const auto token = splitter.next();
    if (!token) return false;
    if (token->kind == TokenKind::end_of_text) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> parse_tree_of(const std::string& statement) {
  if (!is_short_enough(statement)) return std::nullopt;
  const auto parsed = pg_query_parse(statement.c_str());
  std::optional<std::string> tree;
  if (parsed.error == nullptr && parsed.parse_tree == nullptr) throw std::bad_alloc();
  if (parsed.error == nullptr) tree = parsed.parse_tree;
  pg_query_free_parse_result(parsed);
  return tree;
}

}  // namespace strata
