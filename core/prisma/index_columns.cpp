#include "core/prisma/index_columns.h"

#include "core/prisma/format.h"
#include "core/prisma/native_type.h"
#include "core/prisma/operator_class.h"
#include "core/prisma/refusal.h"

namespace strata::prisma {

namespace {

bool is_raw(const Value& value) {
  return value.kind == Value::Kind::call && value.text == "raw" && value.arguments.size() == 1 &&
         value.arguments[0].name.empty() && value.arguments[0].value.kind == Value::Kind::text &&
         !value.arguments[0].value.text.empty();
}

Result<std::string> index_type_of(const SchemaFile& file, const Criterion& criterion) {
  const auto* type = argument_of(*criterion.attribute, "type", "fields");
  if (type == nullptr) return std::string("BTree");
  if (type->kind != Value::Kind::constant || !is_index_type(type->text)) {
    return refuse(file, type->place, "PostgreSQL has no index type " + format(*type),
                  "there are BTree, Hash, Gin, Gist, SpGist and Brin");
  }
  // Prisma knows it of SpGist only, and makes an index of type Hash that PostgreSQL refuses.
  if ((type->text == "Hash" || type->text == "SpGist") && criterion.fields.size() > 1) {
    return refuse(file, type->place, "an index of type " + type->text + " has one column only",
                  "make it several indexes");
  }
  return type->text;
}

Result<void> check_sort(const SchemaFile& file, const Criterion& criterion, const Argument& sort,
                        const std::string& index_type) {
  if (criterion.kind == Criterion::Kind::id) {
    return refuse(file, sort.place, "sort: is not for ids", "remove it: PostgreSQL's primary keys have no order");
  }
  if (sort.value.kind != Value::Kind::constant || (sort.value.text != "Asc" && sort.value.text != "Desc")) {
    return refuse(file, sort.value.place, "sort: is " + format(sort.value), "write sort: Asc or sort: Desc");
  }
  // Prisma checks Hash only, and hands ASC and DESC on to PostgreSQL, which refuses them for all others too.
  if (index_type != "BTree") {
    return refuse(file, sort.place, "sort: in an index of type " + index_type, "remove it: only BTree has an order");
  }
  return {};
}

Result<void> check_operator_class(const SchemaFile& file, const Criterion& criterion, const Argument& ops,
                                  const std::string& index_type, const Entry& field) {
  if (criterion.kind != Criterion::Kind::index) return refuse(file, ops.place, "ops: is for @@index only", "remove it");
  if (is_raw(ops.value)) return {};
  const auto& name = ops.value.text;
  if (ops.value.kind != Value::Kind::constant || !is_operator_class(name)) {
    return refuse(file, ops.value.place, format(ops.value) + " is no operator class that is known here",
                  "write any class of PostgreSQL's as raw(\"text_pattern_ops\")");
  }
  if (!is_operator_class(name, index_type)) {
    return refuse(file, ops.value.place, "the operator class " + name + " is not for indexes of type " + index_type);
  }
  if (!is_operator_class(name, index_type, column_type(field))) {
    return refuse(file, ops.value.place, "the operator class " + name + " is not for the type of field " + field.name);
  }
  return {};
}

Result<bool> check_column_arguments(const SchemaFile& file, const Criterion& criterion, const Value& column,
                                    const std::string& index_type, const Entry& field) {
  bool has_class = false;
  for (const auto& argument : column.arguments) {
    if (argument.name == "sort") {
      STRATA_CHECK(check_sort(file, criterion, argument, index_type));
    } else if (argument.name == "ops") {
      STRATA_CHECK(check_operator_class(file, criterion, argument, index_type, field));
      has_class = true;
    } else {
      const bool is_length = argument.name == "length";
      return refuse(file, argument.place,
                    "a column of an index takes sort: and ops:, found " +
                        (argument.name.empty() ? format(argument.value) : argument.name + ":"),
                    is_length ? "PostgreSQL has no prefix indexes: remove it" : "");
    }
  }
  return has_class;
}

// The columns of a condition are compared with literals of about their type; PostgreSQL has the last word.
Result<void> check_condition(const SchemaIndex& index, const SchemaFile& file, const Block& block,
                             const Argument& condition) {
  const auto* field = field_named(block, condition.name);
  if (field == nullptr) {
    return refuse(file, condition.place,
                  "where: names the field " + condition.name + ", which " + block.name + " does not have");
  }
  const auto* value = &condition.value;
  if (value->kind == Value::Kind::object) {
    if (value->arguments.size() != 1 || value->arguments[0].name != "not") {
      return refuse(file, value->place, "a condition is a value, null, or { not: value }",
                    "write anything else as raw(\"sql\")");
    }
    value = &value->arguments[0].value;
  }
  const bool is_null = value->kind == Value::Kind::constant && value->text == "null";
  const bool is_boolean = value->kind == Value::Kind::constant && (value->text == "true" || value->text == "false");
  const bool is_number = value->kind == Value::Kind::number;
  const bool is_text = value->kind == Value::Kind::text;
  const auto& type = field->type;
  const bool numeric = type == "Int" || type == "BigInt" || type == "Float" || type == "Decimal";
  const bool textual = type == "String" || type == "DateTime" || index.kind_of(*field) == FieldKind::enumeration;
  const bool fits = is_null || (type == "Boolean" && is_boolean) || (numeric && is_number) || (textual && is_text);
  if (fits && (field->arity != Arity::list || is_null)) return {};
  return refuse(file, value->place, format(*value) + " is nothing to compare field " + field->name + " with",
                "write the condition as where: raw(\"sql\")");
}

}  // namespace

Result<void> check_index_columns(const Declaration& declaration, const Criterion& criterion) {
  const auto& [file, block] = declaration;
  STRATA_TRY(const auto index_type, index_type_of(*file, criterion));
  for (const auto& argument : criterion.attribute->arguments) {
    if (argument.name == "sort") STRATA_CHECK(check_sort(*file, criterion, argument, index_type));
  }
  for (const auto* column : criterion.columns) {
    const auto& field = *field_named(*block, column->text);
    STRATA_TRY(const bool has_class, check_column_arguments(*file, criterion, *column, index_type, field));
    if (has_class || field.unsupported || has_default_class(index_type, column_type(field))) continue;
    return refuse(*file, column->place,
                  "an index of type " + index_type + " has no operator class for field " + field.name + " of its own",
                  index_type == "Gist" ? "write ops: InetOps for Inet, or any class as ops: raw(\"name\")"
                                       : "write one as ops: raw(\"name\"), or use another type");
  }
  return {};
}

Result<void> check_where_value(const SchemaIndex& index, const Declaration& declaration, const Value& where) {
  const auto& file = *declaration.file;
  if (is_raw(where)) return {};
  if (where.kind != Value::Kind::object || where.arguments.empty()) {
    return refuse(file, where.place, "where: is " + format(where),
                  "write where: raw(\"state = 'active'\") or where: { active: true }");
  }
  for (const auto& condition : where.arguments) {
    STRATA_CHECK(check_condition(index, file, *declaration.block, condition));
  }
  return {};
}

}  // namespace strata::prisma
