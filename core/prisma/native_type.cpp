#include "core/prisma/native_type.h"

#include "core/prisma/refusal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace strata::prisma {

namespace {

enum class Numbers { none, length, bits, time_precision, precision_and_scale };

// The most that PostgreSQL has. Prisma lets more pass, and 0 characters, and PostgreSQL then refuses them.
constexpr int most_characters = 10485760;
constexpr int most_bits = 83886080;

struct NativeType {
  std::string_view name;
  std::string_view scalar;
  BuiltIn built_in = BuiltIn::text;
  Numbers numbers = Numbers::none;
};

constexpr std::array<NativeType, 26> native_types = {{
    {"Text", "String", BuiltIn::text},
    {"VarChar", "String", BuiltIn::varchar, Numbers::length},
    {"Char", "String", BuiltIn::character, Numbers::length},
    {"Bit", "String", BuiltIn::bit, Numbers::bits},
    {"VarBit", "String", BuiltIn::varbit, Numbers::bits},
    {"Uuid", "String", BuiltIn::uuid},
    {"Xml", "String", BuiltIn::xml},
    {"Inet", "String", BuiltIn::inet},
    {"Citext", "String", BuiltIn::citext},
    {"Boolean", "Boolean", BuiltIn::boolean},
    {"Integer", "Int", BuiltIn::integer},
    {"SmallInt", "Int", BuiltIn::smallint},
    {"Oid", "Int", BuiltIn::oid},
    {"BigInt", "BigInt", BuiltIn::bigint},
    {"DoublePrecision", "Float", BuiltIn::double_precision},
    {"Real", "Float", BuiltIn::real},
    {"Decimal", "Decimal", BuiltIn::decimal, Numbers::precision_and_scale},
    {"Money", "Decimal", BuiltIn::money},
    {"Timestamp", "DateTime", BuiltIn::timestamp, Numbers::time_precision},
    {"Timestamptz", "DateTime", BuiltIn::timestamptz, Numbers::time_precision},
    {"Date", "DateTime", BuiltIn::date},
    {"Time", "DateTime", BuiltIn::time, Numbers::time_precision},
    {"Timetz", "DateTime", BuiltIn::timetz, Numbers::time_precision},
    {"JsonB", "Json", BuiltIn::jsonb},
    {"Json", "Json", BuiltIn::json},
    {"ByteA", "Bytes", BuiltIn::bytea},
}};

std::optional<int> whole_number(const Value& value) {
  int number = 0;
  const auto* end = value.text.data() + value.text.size();
  const auto [at, problem] = std::from_chars(value.text.data(), end, number);
  if (value.kind != Value::Kind::number || problem != std::errc() || at != end || number < 0) return std::nullopt;
  return number;
}

std::string known_for(std::string_view scalar, const Attribute& attribute) {
  const auto prefix = "@" + attribute.name.substr(0, attribute.name.find('.') + 1);
  std::string names;
  for (const auto& type : native_types) {
    if (type.scalar == scalar) names += (names.empty() ? "" : ", ") + prefix + std::string(type.name);
  }
  return names;
}

Result<std::vector<int>> numbers_of(const SchemaFile& file, const Attribute& attribute, std::size_t most) {
  std::vector<int> numbers;
  for (const auto& argument : attribute.arguments) {
    const auto number = whole_number(argument.value);
    if (!number) return refuse(file, argument.place, "@" + attribute.name + " takes whole numbers from 0");
    numbers.push_back(*number);
  }
  if (numbers.size() > most) {
    return refuse(file, attribute.place,
                  "@" + attribute.name + " is given " + std::to_string(numbers.size()) + " numbers, and takes " +
                      (most == 0 ? "none" : std::to_string(most)));
  }
  return numbers;
}

// The numbers of an attribute, checked to be what its kind takes.
Result<std::vector<int>> read_numbers(const SchemaFile& file, const Attribute& attribute, Numbers kind) {
  const std::size_t most = kind == Numbers::none ? 0 : kind == Numbers::precision_and_scale ? 2 : 1;
  STRATA_TRY(const auto numbers, numbers_of(file, attribute, most));
  if (numbers.empty()) return numbers;
  const auto out_of_range = [&](const std::string& expected) {
    return refuse(file, attribute.arguments[0].place, "@" + attribute.name + ": " + expected);
  };
  switch (kind) {
    case Numbers::none:
      return numbers;
    case Numbers::length:
    case Numbers::bits: {
      const int longest = kind == Numbers::bits ? most_bits : most_characters;
      if (numbers[0] >= 1 && numbers[0] <= longest) return numbers;
      return out_of_range("the length is from 1 to " + std::to_string(longest));
    }
    case Numbers::time_precision:
      if (numbers[0] > 6) return out_of_range("the precision is from 0 to 6");
      return numbers;
    case Numbers::precision_and_scale:
      break;
  }
  if (numbers.size() == 1) return out_of_range("precision and scale go together: write both, or none");
  if (numbers[0] < 1 || numbers[0] > 1000) return out_of_range("the precision is from 1 to 1000");
  if (numbers[1] > numbers[0]) return out_of_range("the scale is at most the precision");
  return numbers;
}

// "VarChar" of @db.VarChar.
std::string_view name_of(const Attribute& attribute) {
  return std::string_view(attribute.name).substr(attribute.name.find('.') + 1);
}

BuiltInType default_type(std::string_view scalar) {
  if (scalar == "Boolean") return {BuiltIn::boolean, {}};
  if (scalar == "Int") return {BuiltIn::integer, {}};
  if (scalar == "BigInt") return {BuiltIn::bigint, {}};
  if (scalar == "Float") return {BuiltIn::double_precision, {}};
  if (scalar == "Decimal") return {BuiltIn::decimal, {65, 30}};
  if (scalar == "DateTime") return {BuiltIn::timestamp, {3}};
  if (scalar == "Json") return {BuiltIn::jsonb, {}};
  if (scalar == "Bytes") return {BuiltIn::bytea, {}};
  return {BuiltIn::text, {}};
}

}  // namespace

const Attribute* native_type_of(const Entry& field) {
  for (const auto& attribute : field.attributes) {
    if (attribute.name.find('.') != std::string::npos) return &attribute;
  }
  return nullptr;
}

std::string column_type(const Entry& field) {
  const auto* native = native_type_of(field);
  auto type = field.type + (native == nullptr ? "" : "@" + std::string(name_of(*native)));
  return field.arity == Arity::list ? type + "[]" : type;
}

Result<BuiltInType> built_in_type(const SchemaFile& file, const Entry& field) {
  const auto* attribute = native_type_of(field);
  if (attribute == nullptr) return default_type(field.type);
  const auto name = name_of(*attribute);
  const auto type =
      std::find_if(native_types.begin(), native_types.end(), [&](const auto& t) { return t.name == name; });
  if (type == native_types.end()) {
    return refuse(file, attribute->place, "PostgreSQL has no @" + attribute->name,
                  "for " + field.type + " there are " + known_for(field.type, *attribute));
  }
  if (type->scalar != field.type) {
    return refuse(file, attribute->place,
                  "@" + attribute->name + " is for fields of type " + std::string(type->scalar) + "; " + field.name +
                      " is of type " + field.type,
                  "for " + field.type + " there are " + known_for(field.type, *attribute));
  }
  STRATA_TRY(auto numbers, read_numbers(file, *attribute, type->numbers));
  return BuiltInType{type->built_in, std::move(numbers)};
}

}  // namespace strata::prisma
