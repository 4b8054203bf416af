#include "core/prisma/lower_predicate.h"

#include "core/prisma/look_up.h"
#include "core/sql/quote.h"

namespace strata::prisma {

namespace {

// Null, a boolean, a number or a string, or such a one in { not: … }.
Result<std::string> lower_condition(const SchemaFile& file, const std::string& column, const Value& condition) {
  const auto* negated = condition.kind == Value::Kind::object ? find_argument(condition.arguments, "not") : nullptr;
  const auto& value = negated ? *negated : condition;
  const auto name = quote_identifier(column);
  if (value.kind == Value::Kind::constant && value.text == "null")
    return name + (negated ? " IS NOT NULL" : " IS NULL");
  const auto comparison = name + (negated ? " != " : " = ");
  if (value.kind == Value::Kind::text) return comparison + quote_literal(value.text);
  const bool boolean = value.kind == Value::Kind::constant && (value.text == "true" || value.text == "false");
  if (boolean || value.kind == Value::Kind::number) return comparison + value.text;
  return refuse(file, value.place,
                "a condition of an index is null, a boolean, a number, a string, or not one of these");
}

Result<std::string> lower_object(const Declared& model, const Value& object) {
  std::string sql;
  for (const auto& condition : object.arguments) {
    const auto* field = find_field(*model.block, condition.name);
    if (!field) return refuse(*model.file, condition.place, model.block->name + " has no field " + condition.name);
    STRATA_TRY(const auto part, lower_condition(*model.file, database_name(*field), condition.value));
    sql += (sql.empty() ? "" : " AND ") + part;
  }
  return sql;
}

}  // namespace

Result<std::string> lower_predicate(const Declared& model, const Attribute& index) {
  const auto* where = find_argument(index.arguments, "where");
  if (!where) return std::string();
  if (where->kind == Value::Kind::object) return lower_object(model, *where);
  const auto* sql = where->kind == Value::Kind::call ? find_main_argument(where->arguments, "value") : nullptr;
  if (!sql) return refuse(*model.file, where->place, "where takes raw(\"…\") or an object of conditions");
  return sql->text;
}

}  // namespace strata::prisma
