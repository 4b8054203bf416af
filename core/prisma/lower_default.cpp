#include "core/prisma/lower_default.h"

#include "core/prisma/literals.h"
#include "core/prisma/refusal.h"

#include <algorithm>

namespace strata::prisma {

namespace {

constexpr std::string_view made_without_sql[] = {"autoincrement", "uuid", "cuid", "ulid", "nanoid"};

// Null: no @default.
const Value* default_of(const Entry& field) {
  const auto* attribute = attribute_named(field, "default");
  return attribute == nullptr ? nullptr : argument_of(*attribute, "value", "value");
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

// Null: `type` is no enum, or has no such value.
const Entry* find_enum_value(const SchemaIndex& index, const std::string& type, const std::string& name) {
  const auto* enumeration = index.find(type);
  if (enumeration == nullptr) return nullptr;
  for (const auto& entry : enumeration->block->entries) {
    if (entry.kind == Entry::Kind::enum_value && entry.name == name) return &entry;
  }
  return nullptr;
}

std::optional<Literal> literal(const SchemaIndex& index, const std::string& type, const Value& value) {
  if (value.kind == Value::Kind::number) return number_literal(type, value.text);
  if (value.kind == Value::Kind::text) return text_literal(type, value.text);
  if (value.kind != Value::Kind::constant) return std::nullopt;
  if (type == "Boolean" && (value.text == "true" || value.text == "false"))
    return Literal{Literal::Kind::boolean, value.text};
  const auto* chosen = find_enum_value(index, type, value.text);
  if (!chosen) return std::nullopt;
  return Literal{Literal::Kind::enum_value, database_name(*chosen)};
}

Result<std::optional<ColumnDefault>> lower_call(const SchemaFile& file, const Value& call) {
  if (call.text == "now") return CurrentTimestamp{};
  if (call.text == "dbgenerated") {
    if (call.arguments.empty()) return std::nullopt;
    return Expression{call.arguments.front().value.text};
  }
  if (std::find(std::begin(made_without_sql), std::end(made_without_sql), call.text) != std::end(made_without_sql))
    return std::nullopt;
  return refuse(file, call.place, call.text + "() is no default that Postgres can have");
}

Result<Literal> lower_literal(const SchemaIndex& index, const SchemaFile& file, const Entry& field,
                              const Value& value) {
  auto found = literal(index, field.type, value);
  if (!found) return refuse(file, value.place, "this default of " + field.name + " is no " + field.type);
  return *std::move(found);
}

}  // namespace

Result<std::optional<ColumnDefault>> lower_default(const SchemaIndex& index, const SchemaFile& file,
                                                   const Entry& field) {
  const auto* value = default_of(field);
  if (!value) return std::nullopt;
  if (value->kind == Value::Kind::call) return lower_call(file, *value);
  if (value->kind != Value::Kind::list) return lower_literal(index, file, field, *value);
  LiteralList list;
  for (const auto& item : value->items) {
    STRATA_TRY(list.items.emplace_back(), lower_literal(index, file, field, item));
  }
  return list;
}

bool is_autoincrement(const Entry& field) {
  const auto* value = default_of(field);
  return value && value->kind == Value::Kind::call && value->text == "autoincrement";
}

}  // namespace strata::prisma
