#include "core/forecast/condition.h"

#include "core/sql/parse_tree.h"
#include "core/sql/quote.h"

#include <algorithm>

namespace strata {

namespace {

const Node& without_casts(const Node& expression) {
  const auto* node = &expression;
  while (node->is("TypeCast")) node = &(*node)["arg"];
  return *node;
}

std::string column_of(const Node& expression) {
  const auto& node = without_casts(expression);
  const auto names = strings_of(node["fields"]);
  return node.is("ColumnRef") && !names.empty() ? names.back() : "";
}

std::vector<std::string> constants_of(const Node& expression) {
  const auto& node = without_casts(expression);
  std::vector<std::string> values;
  const auto& items = node.is("A_ArrayExpr") ? node["elements"].items : node["items"].items;
  for (const auto& item : items) values.push_back(constant_of(item));
  const bool has_other = std::find(values.begin(), values.end(), "") != values.end();
  return has_other ? std::vector<std::string>{} : values;
}

void add_comparison(const Node& node, std::vector<Condition>& conditions) {
  Condition condition{
      column_of(node["lexpr"]), strings_of(node["name"]).empty() ? "" : strings_of(node["name"])[0], {}};
  const auto& kind = node.text("kind");
  if (kind == "AEXPR_OP") {
    condition.values = {constant_of(node["rexpr"])};
  } else if (kind == "AEXPR_IN" || kind == "AEXPR_OP_ANY") {
    condition.values = constants_of(node["rexpr"]);
  }
  const bool is_simple = !condition.column.empty() && !condition.values.empty() && !condition.values[0].empty();
  const bool is_listed = condition.comparison == "=" || condition.comparison == ">=" || condition.comparison == "<";
  if (is_simple && is_listed) conditions.push_back(std::move(condition));
}

void add_conditions(const Node& node, std::vector<Condition>& conditions) {
  if (node.is("BoolExpr") && node.text("boolop") == "AND_EXPR") {
    for (const auto& argument : node["args"].items) add_conditions(argument, conditions);
  } else if (node.is("NullTest") && node.text("nulltesttype") == "IS_NOT_NULL") {
    const auto column = column_of(node["arg"]);
    if (!column.empty()) conditions.push_back({column, "not null", {}});
  } else if (node.is("A_Expr")) {
    add_comparison(node, conditions);
  }
}

void add_columns(const Node& node, std::set<std::string>& columns) {
  if (node.is("ColumnRef")) columns.insert(column_of(node));
  for (const auto& [name, member] : node.members) add_columns(member, columns);
  for (const auto& item : node.items) add_columns(item, columns);
}

bool says(const std::vector<Condition>& known, std::string_view column, std::string_view comparison,
          const std::string& value) {
  return std::any_of(known.begin(), known.end(), [&](const Condition& one) {
    return one.column == column && one.comparison == comparison && one.values == std::vector{value};
  });
}

// An end of a range that does not bound.
bool is_open(const Node& end) {
  const auto name = column_of(end);
  return name == "minvalue" || name == "maxvalue";
}

}  // namespace

std::vector<Condition> conditions_of(const Node& expression) {
  std::vector<Condition> conditions;
  add_conditions(expression, conditions);
  return conditions;
}

std::vector<Condition> conditions_of_check(const std::string& definition) {
  const auto json = parse_tree_of("ALTER TABLE t ADD " + definition);
  const auto tree = json ? read_tree(*json) : std::nullopt;
  if (!tree || (*tree)["cmds"].items.size() != 1) return {};
  return conditions_of((*tree)["cmds"].items[0]["def"]["raw_expr"]);
}

std::string printed_check(const std::vector<Condition>& conditions) {
  std::string text;
  for (const auto& condition : conditions) {
    text += (text.empty() ? "" : " AND ") + quote_identifier(condition.column);
    if (condition.values.empty()) {
      text += " IS NOT NULL";
      continue;
    }
    std::string values;
    for (const auto& value : condition.values) values += (values.empty() ? "" : ", ") + quote_literal(value);
    const bool is_list = condition.values.size() > 1;
    text += is_list ? " IN (" + values + ")" : " " + condition.comparison + " " + values;
  }
  return "CHECK (" + (text.empty() ? "true" : text) + ")";
}

std::vector<Condition> known_of(const World& world, const RelationName& table) {
  std::vector<Condition> known;
  for (const auto* constraint : world.parts_of(table, ObjectKind::constraint)) {
    if (constraint->property("form") != "check" || !constraint->property("not_valid").empty()) continue;
    for (auto& condition : conditions_of_check(constraint->property("definition")))
      known.push_back(std::move(condition));
  }
  for (const auto* column : world.parts_of(table, ObjectKind::column)) {
    if (!column->property("not_null").empty()) known.push_back({column->name, "not null", {}});
  }
  return known;
}

bool is_known_not_null(const std::vector<Condition>& known, std::string_view column) {
  return std::any_of(known.begin(), known.end(),
                     [&](const Condition& one) { return one.column == column && one.comparison == "not null"; });
}

bool imply_bound(const std::vector<Condition>& known, std::string_view key, const Node& bound) {
  const auto open = key.find('(');
  if (open == std::string_view::npos || !key.ends_with(')')) return false;
  const auto columns = split_list(key.substr(open + 1, key.size() - open - 2));
  if (columns.size() != 1 || !is_known_not_null(known, columns[0])) return false;
  if (bound.text("strategy") == "l") {
    std::set<std::string> allowed;
    for (const auto& value : bound["listdatums"].items) allowed.insert(constant_of(value));
    return std::any_of(known.begin(), known.end(), [&](const Condition& one) {
      return one.column == columns[0] && one.comparison == "=" &&
             std::all_of(one.values.begin(), one.values.end(), [&](const auto& value) { return allowed.count(value); });
    });
  }
  const auto& lower = bound["lowerdatums"].items;
  const auto& upper = bound["upperdatums"].items;
  if (lower.size() != 1 || upper.size() != 1) return false;
  return (is_open(lower[0]) || says(known, columns[0], ">=", constant_of(lower[0]))) &&
         (is_open(upper[0]) || says(known, columns[0], "<", constant_of(upper[0])));
}

std::set<std::string> columns_in(const Node& expression) {
  std::set<std::string> columns;
  add_columns(expression, columns);
  return columns;
}

std::string constant_of(const Node& expression) {
  const auto& node = without_casts(expression);
  if (!node.is("A_Const")) return "";
  if (const auto number = integer_of(node)) return std::to_string(*number);
  if (node.has("fval")) return node["fval"].text("fval");
  return string_of(node);
}

}  // namespace strata
