#include "core/prisma/lower_default.h"

#include "core/prisma/literals.h"
#include "core/prisma/look_up.h"

#include <algorithm>

namespace strata::prisma {

namespace {

constexpr std::string_view made_without_sql[] = {"autoincrement", "uuid", "cuid", "ulid", "nanoid"};

// Null: no @default.
const Value* default_of(const Entry& field) {
  const auto* attribute = find_attribute(field, "default");
  return attribute ? find_main_argument(attribute->arguments, "value") : nullptr;
}

std::optional<Literal> number_literal(std::string_view type, const std::string& text) {
  std::optional<std::string> number;
  if (type == "Int" || type == "BigInt") number = normal_integer(text);
  if (type == "Float" || type == "Decimal") number = normal_decimal(text);
  if (!number) return std::nullopt;
  return Literal{Literal::Kind::number, *number};
}

std::optional<Literal> text_literal(std::string_view type, const std::string& text) {
  if (type == "String") return Literal{Literal::Kind::text, text};
  if (type == "Json") return Literal{Literal::Kind::json, text};
  if (type == "Decimal") return number_literal(type, text);
  if (type == "DateTime") {
    if (const auto moment = normal_date_time(text)) return Literal{Literal::Kind::date_time, *moment};
  }
  if (type == "Bytes") {
    if (const auto bytes = bytes_in_hex(text)) return Literal{Literal::Kind::bytes, *bytes};
  }
  return std::nullopt;
}

std::optional<Literal> literal(const Declarations& declarations, const std::string& type, const Value& value) {
  if (value.kind == Value::Kind::number) return number_literal(type, value.text);
  if (value.kind == Value::Kind::text) return text_literal(type, value.text);
  if (value.kind != Value::Kind::constant) return std::nullopt;
  if (type == "Boolean" && (value.text == "true" || value.text == "false"))
    return Literal{Literal::Kind::boolean, value.text};
  const auto* enumeration = declarations.find(Block::Kind::enumeration, type);
  const auto* chosen = enumeration ? find_enum_value(*enumeration->block, value.text) : nullptr;
  if (!chosen) return std::nullopt;
  return Literal{Literal::Kind::enum_value, database_name(*chosen)};
}

Result<std::optional<ColumnDefault>> lower_call(const SchemaFile& file, const Value& call) {
  if (call.text == "now") return CurrentTimestamp{};
  if (call.text == "dbgenerated") {
    const auto* sql = find_main_argument(call.arguments, "value");
    if (!sql) return std::nullopt;
    return Expression{sql->text};
  }
  if (std::find(std::begin(made_without_sql), std::end(made_without_sql), call.text) != std::end(made_without_sql))
    return std::nullopt;
  return refuse(file, call.place, call.text + "() is no default that Postgres can have");
}

Result<Literal> lower_literal(const Declarations& declarations, const SchemaFile& file, const Entry& field,
                              const Value& value) {
  auto found = literal(declarations, field.type, value);
  if (!found) return refuse(file, value.place, "this default of " + field.name + " is no " + field.type);
  return *std::move(found);
}

}  // namespace

Result<std::optional<ColumnDefault>> lower_default(const Declarations& declarations, const SchemaFile& file,
                                                   const Entry& field) {
  const auto* value = default_of(field);
  if (!value) return std::nullopt;
  if (value->kind == Value::Kind::call) return lower_call(file, *value);
  if (value->kind != Value::Kind::list) return lower_literal(declarations, file, field, *value);
  LiteralList list;
  for (const auto& item : value->items) {
    STRATA_TRY(list.items.emplace_back(), lower_literal(declarations, file, field, item));
  }
  return list;
}

bool is_autoincrement(const Entry& field) {
  const auto* value = default_of(field);
  return value && value->kind == Value::Kind::call && value->text == "autoincrement";
}

}  // namespace strata::prisma
