// A place in a statement's parse tree, as plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata {

// What the tree says nests no deeper than this, so whoever walks it may do so recursively.
constexpr std::size_t deepest_tree = 500;

// Of {"RangeVar": {"relname": "t"}} the kind is RangeVar and relname a member. What a tree does not say (false, zero,
// null) is an empty node, of which everything is empty again.
struct Node {
  std::string kind;   // "" where the place can hold one kind only
  std::string value;  // of a string, number or boolean, as written
  std::vector<std::pair<std::string, Node>> members;
  std::vector<Node> items;  // of an array

  const Node& operator[](std::string_view member) const;
  bool has(std::string_view member) const;
  bool is_there() const { return !kind.empty() || !value.empty() || !members.empty() || !items.empty(); }
  bool is(std::string_view wanted) const { return kind == wanted; }
  bool flag(std::string_view member) const { return (*this)[member].value == "true"; }
  const std::string& text(std::string_view member) const { return (*this)[member].value; }
};

// The one statement of libpg_query's JSON. Null where the tree is deeper than deepest_tree, or holds no statement.
std::optional<Node> read_tree(const std::string& json);

// "a" of {"String": {"sval": "a"}}, and of a string constant; "" of anything else.
const std::string& string_of(const Node& node);
std::vector<std::string> strings_of(const Node& list);  // of an array, or of a List
// The number of {"A_Const": {"ival": …}}; null for anything else.
std::optional<std::int64_t> integer_of(const Node& node);

}  // namespace strata
