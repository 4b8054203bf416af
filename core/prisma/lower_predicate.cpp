#include "core/prisma/lower_predicate.h"

#include "core/prisma/refusal.h"
#include "core/sql/quote.h"

namespace strata::prisma {

namespace {

// The value of { not: value }; null: `condition` is none.
const Value* negated(const Value& condition) {
  const bool is_negation = condition.kind == Value::Kind::object && condition.arguments.size() == 1 &&
                           condition.arguments.front().name == "not";
  return is_negation ? &condition.arguments.front().value : nullptr;
}

// Null, a boolean, a number or a string, or one of them in { not: … }.
Result<std::string> lower_condition(const SchemaFile& file, const std::string& column, const Value& condition) {
  const auto* negation = negated(condition);
  const auto& value = negation ? *negation : condition;
  const auto name = quote_identifier(column);
  const bool constant = value.kind == Value::Kind::constant;
  if (constant && value.text == "null") return name + (negation ? " IS NOT NULL" : " IS NULL");
  const auto comparison = name + (negation ? " != " : " = ");
  if (value.kind == Value::Kind::text) return comparison + quote_literal(value.text);
  const bool boolean = constant && (value.text == "true" || value.text == "false");
  if (boolean || value.kind == Value::Kind::number) return comparison + value.text;
  return refuse(file, value.place, "a condition is null, a boolean, a number, a string, or not one of these");
}

Result<std::string> lower_object(const Declaration& model, const Value& object) {
  std::string sql;
  for (const auto& condition : object.arguments) {
    const auto* field = field_named(*model.block, condition.name);
    if (field == nullptr)
      return refuse(*model.file, condition.place, model.block->name + " has no field " + condition.name);
    STRATA_TRY(const auto part, lower_condition(*model.file, database_name(*field), condition.value));
    sql += (sql.empty() ? "" : " AND ") + part;
  }
  return sql;
}

}  // namespace

Result<std::string> lower_predicate(const Declaration& model, const Attribute& index) {
  const auto* where = argument_of(index, "where", "");
  if (where == nullptr) return std::string();
  if (where->kind == Value::Kind::object) return lower_object(model, *where);
  if (where->kind == Value::Kind::call && !where->arguments.empty()) return where->arguments.front().value.text;
  return refuse(*model.file, where->place, "where takes raw(\"sql\") or an object of conditions");
}

}  // namespace strata::prisma
