#include "core/prisma/native_type.h"

#include "core/prisma/refusal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace strata::prisma {

namespace {

enum class Numbers { none, length, positive_length, time_precision, precision_and_scale };

struct NativeType {
  std::string_view name;
  std::string_view scalar;
  Numbers numbers = Numbers::none;
};

constexpr std::array<NativeType, 26> native_types = {{
    {"Text", "String"},
    {"VarChar", "String", Numbers::length},
    {"Char", "String", Numbers::length},
    {"Bit", "String", Numbers::positive_length},
    {"VarBit", "String", Numbers::positive_length},
    {"Uuid", "String"},
    {"Xml", "String"},
    {"Inet", "String"},
    {"Citext", "String"},
    {"Boolean", "Boolean"},
    {"Integer", "Int"},
    {"SmallInt", "Int"},
    {"Oid", "Int"},
    {"BigInt", "BigInt"},
    {"DoublePrecision", "Float"},
    {"Real", "Float"},
    {"Decimal", "Decimal", Numbers::precision_and_scale},
    {"Money", "Decimal"},
    {"Timestamp", "DateTime", Numbers::time_precision},
    {"Timestamptz", "DateTime", Numbers::time_precision},
    {"Date", "DateTime"},
    {"Time", "DateTime", Numbers::time_precision},
    {"Timetz", "DateTime", Numbers::time_precision},
    {"JsonB", "Json"},
    {"Json", "Json"},
    {"ByteA", "Bytes"},
}};

std::optional<long> whole_number(const Value& value) {
  long number = 0;
  const auto* end = value.text.data() + value.text.size();
  const auto [at, problem] = std::from_chars(value.text.data(), end, number);
  if (value.kind != Value::Kind::number || problem != std::errc() || at != end || number < 0) return std::nullopt;
  return number;
}

std::string known_for(std::string_view scalar) {
  std::string names;
  for (const auto& type : native_types) {
    if (type.scalar == scalar) names += (names.empty() ? "@db." : ", @db.") + std::string(type.name);
  }
  return names;
}

Result<std::vector<long>> numbers_of(const SchemaFile& file, const Attribute& attribute, std::size_t most) {
  std::vector<long> numbers;
  for (const auto& argument : attribute.arguments) {
    const auto number = whole_number(argument.value);
    if (!number || !argument.name.empty()) {
      return refuse(file, argument.place, "@" + attribute.name + " takes whole numbers from 0, and no names");
    }
    numbers.push_back(*number);
  }
  if (numbers.size() > most) {
    return refuse(file, attribute.place,
                  "@" + attribute.name + " is given " + std::to_string(numbers.size()) + " numbers, and takes " +
                      (most == 0 ? "none" : std::to_string(most)));
  }
  return numbers;
}

Result<void> check_numbers(const SchemaFile& file, const Attribute& attribute, Numbers kind) {
  const std::size_t most = kind == Numbers::none ? 0 : kind == Numbers::precision_and_scale ? 2 : 1;
  STRATA_TRY(const auto numbers, numbers_of(file, attribute, most));
  if (numbers.empty()) return {};
  const auto out_of_range = [&](const std::string& expected) {
    return refuse(file, attribute.arguments[0].place, "@" + attribute.name + ": " + expected);
  };
  switch (kind) {
    case Numbers::none:
    case Numbers::length:
      return {};
    case Numbers::positive_length:
      if (numbers[0] == 0) return out_of_range("the length is at least 1");
      return {};
    case Numbers::time_precision:
      if (numbers[0] > 6) return out_of_range("the precision is from 0 to 6");
      return {};
    case Numbers::precision_and_scale:
      break;
  }
  if (numbers.size() == 1) return out_of_range("precision and scale go together: write both, or none");
  if (numbers[0] < 1 || numbers[0] > 1000) return out_of_range("the precision is from 1 to 1000");
  if (numbers[1] > numbers[0]) return out_of_range("the scale is at most the precision");
  return {};
}

}  // namespace

const Attribute* native_type_of(const Entry& field) {
  for (const auto& attribute : field.attributes) {
    if (attribute.name.starts_with("db.")) return &attribute;
  }
  return nullptr;
}

std::string column_type(const Entry& field) {
  const auto* native = native_type_of(field);
  auto type = field.type + (native == nullptr ? "" : "@" + native->name.substr(3));
  return field.arity == Arity::list ? type + "[]" : type;
}

Result<void> check_native_type(const SchemaFile& file, const Entry& field) {
  const auto* attribute = native_type_of(field);
  if (attribute == nullptr) return {};
  const auto name = std::string_view(attribute->name).substr(3);
  const auto type =
      std::find_if(native_types.begin(), native_types.end(), [&](const auto& t) { return t.name == name; });
  if (type == native_types.end()) {
    return refuse(file, attribute->place, "PostgreSQL has no @" + attribute->name,
                  "for " + field.type + " there are " + known_for(field.type));
  }
  if (type->scalar != field.type) {
    return refuse(file, attribute->place,
                  "@" + attribute->name + " is for fields of type " + std::string(type->scalar) + "; " + field.name +
                      " is of type " + field.type,
                  "for " + field.type + " there are " + known_for(field.type));
  }
  return check_numbers(file, *attribute, type->numbers);
}

}  // namespace strata::prisma
