#include "core/prisma/default_value.h"

#include "core/prisma/format.h"
#include "core/prisma/literals.h"
#include "core/prisma/native_type.h"
#include "core/prisma/refusal.h"

#include <algorithm>
#include <array>

namespace strata::prisma {

namespace {

struct Function {
  std::string_view name;
  std::array<std::string_view, 2> types;
  bool of_database = false;  // it becomes a DEFAULT of the column, which a list cannot have
};

constexpr std::array<Function, 6> functions = {{
    {"autoincrement", {"Int", "BigInt"}, true},
    {"now", {"DateTime", ""}, true},
    {"uuid", {"String", ""}},
    {"cuid", {"String", ""}},
    {"ulid", {"String", ""}},
    {"nanoid", {"String", ""}},
}};

bool is_number_between(const Value& value, int least, int most) {
  if (value.kind != Value::Kind::number || value.text.size() > 3 || !fits_int64(value.text)) return false;
  const int number = std::stoi(value.text);
  return number >= least && number <= most;
}

Result<void> check_function_arguments(const SchemaFile& file, const Value& call) {
  const auto& arguments = call.arguments;
  if (arguments.empty()) return {};
  const auto& first = arguments[0].value;
  const auto refused = [&](const std::string& expected) {
    return refuse(file, first.place, call.text + "() takes " + expected);
  };
  const bool single = arguments.size() == 1 && arguments[0].name.empty();
  if (call.text == "dbgenerated") {
    if (single && first.kind == Value::Kind::text && !first.text.empty()) return {};
    return refused("nothing, or one string that is not empty: the SQL expression");
  }
  if (call.text == "uuid") {
    return single && (is_number_between(first, 4, 4) || is_number_between(first, 7, 7)) ? Result<void>()
                                                                                        : refused("nothing, 4 or 7");
  }
  if (call.text == "cuid") {
    return single && is_number_between(first, 1, 2) ? Result<void>() : refused("nothing, 1 or 2");
  }
  if (call.text == "nanoid") {
    return single && is_number_between(first, 2, 255) ? Result<void>() : refused("nothing, or a number from 2 to 255");
  }
  return refused("no arguments");
}

Result<void> check_function(const SchemaFile& file, const Entry& field, const Value& call) {
  if (call.text == "dbgenerated") return check_function_arguments(file, call);
  const auto function =
      std::find_if(functions.begin(), functions.end(), [&](const auto& f) { return f.name == call.text; });
  if (function == functions.end()) {
    return refuse(file, call.place, "@default has no function " + call.text + "() on PostgreSQL",
                  "there are autoincrement, now, uuid, cuid, ulid, nanoid, and dbgenerated(\"SQL\") for all else");
  }
  if (field.unsupported ||
      std::find(function->types.begin(), function->types.end(), field.type) == function->types.end()) {
    return refuse(file, call.place,
                  call.text + "() is no default for field " + field.name + " of type " + field.type_written,
                  "it is for " + std::string(function->types[0]) +
                      (function->types[1].empty() ? "" : " and " + std::string(function->types[1])));
  }
  if (field.arity == Arity::list && function->of_database) {
    return refuse(file, call.place, call.text + "() is no default for a list", "write a list of values");
  }
  return check_function_arguments(file, call);
}

// What a default of this scalar type looks like, for messages; empty: `value` is one.
std::string expected_instead(std::string_view type, const Value& value) {
  const bool is_text = value.kind == Value::Kind::text;
  const bool is_number = value.kind == Value::Kind::number;
  if (type == "String") return is_text ? "" : "a string";
  if (type == "Boolean") {
    const bool is_boolean = value.kind == Value::Kind::constant && (value.text == "true" || value.text == "false");
    return is_boolean ? "" : "true or false";
  }
  if (type == "Int" || type == "BigInt") {
    return is_number && fits_int64(value.text) ? "" : "a whole number of at most 64 bits";
  }
  if (type == "Float") return is_number ? "" : "a number";
  if (type == "Decimal")
    return is_number || (is_text && normal_decimal(value.text)) ? "" : "a number, or a string with one";
  if (type == "DateTime") {
    return is_text && normal_date_time(value.text) ? "" : "a string like \"2020-03-19T14:21:00+02:00\", or now()";
  }
  if (type == "Json") return is_text && is_json(value.text) ? "" : "a string with valid JSON";
  return is_text && bytes_in_hex(value.text) ? "" : "a string in base64";
}

Result<void> check_enum_value(const SchemaFile& file, const Entry& field, const Block& enumeration,
                              const Value& value) {
  std::string values;
  for (const auto& entry : enumeration.entries) {
    if (entry.kind != Entry::Kind::enum_value) continue;
    if (value.kind == Value::Kind::constant && value.text == entry.name) return {};
    values += (values.empty() ? "" : ", ") + entry.name;
  }
  return refuse(file, value.place,
                format(value) + " is no value of enum " + enumeration.name + ", which field " + field.name + " is of",
                "its values are " + values);
}

Result<void> check_literal(const SchemaIndex& index, const SchemaFile& file, const Entry& field, const Value& value) {
  if (index.kind_of(field) == FieldKind::enumeration) {
    return check_enum_value(file, field, *index.find(field.type)->block, value);
  }
  const auto expected = expected_instead(field.type, value);
  if (expected.empty()) return {};
  return refuse(
      file, value.place,
      format(value) + " is no default for field " + field.name + " of type " + field.type + ": expected " + expected);
}

}  // namespace

Result<void> check_default(const SchemaIndex& index, const SchemaFile& file, const Entry& field) {
  const auto* attribute = attribute_named(field, "default");
  if (attribute == nullptr) return {};
  const auto& value = *argument_of(*attribute, "value", "value");
  const bool is_enum = index.kind_of(field) == FieldKind::enumeration;
  if (value.kind == Value::Kind::call && (!is_enum || value.text == "dbgenerated")) {
    return check_function(file, field, value);
  }
  if (field.unsupported) {
    return refuse(file, value.place,
                  "the default of the Unsupported field " + field.name + " is no dbgenerated(\xe2\x80\xa6)",
                  "write @default(dbgenerated(\"the SQL expression\"))");
  }
  const bool is_list = value.kind == Value::Kind::list;
  if (field.arity == Arity::list && !is_list) {
    return refuse(file, value.place, "the default of the list " + field.name + " is no list", "write it in brackets");
  }
  if (field.arity != Arity::list && is_list) {
    return refuse(file, value.place, "the default of " + field.name + " is a list, and the field is none",
                  "write one value, or make the type a list: " + field.type + "[]");
  }
  if (!is_list) return check_literal(index, file, field, value);
  for (const auto& item : value.items) STRATA_CHECK(check_literal(index, file, field, item));
  return {};
}

}  // namespace strata::prisma
