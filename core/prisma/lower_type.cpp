#include "core/prisma/lower_type.h"

#include "core/prisma/definition.h"
#include "core/prisma/native_type.h"
#include "core/prisma/refusal.h"

#include <algorithm>
#include <charconv>

namespace strata::prisma {

namespace {

struct Scalar {
  std::string_view name;
  BuiltInType type;
};

const std::vector<Scalar>& scalars() {
  static const std::vector<Scalar> all = {{"String", {BuiltIn::text, {}}},
                                          {"Boolean", {BuiltIn::boolean, {}}},
                                          {"Int", {BuiltIn::integer, {}}},
                                          {"BigInt", {BuiltIn::bigint, {}}},
                                          {"Float", {BuiltIn::double_precision, {}}},
                                          {"Decimal", {BuiltIn::decimal, {65, 30}}},
                                          {"DateTime", {BuiltIn::timestamp, {3}}},
                                          {"Json", {BuiltIn::jsonb, {}}},
                                          {"Bytes", {BuiltIn::bytea, {}}}};
  return all;
}

constexpr std::pair<std::string_view, BuiltIn> native_types[] = {{"Text", BuiltIn::text},
                                                                 {"VarChar", BuiltIn::varchar},
                                                                 {"Char", BuiltIn::character},
                                                                 {"Bit", BuiltIn::bit},
                                                                 {"VarBit", BuiltIn::varbit},
                                                                 {"Uuid", BuiltIn::uuid},
                                                                 {"Xml", BuiltIn::xml},
                                                                 {"Inet", BuiltIn::inet},
                                                                 {"Citext", BuiltIn::citext},
                                                                 {"Boolean", BuiltIn::boolean},
                                                                 {"SmallInt", BuiltIn::smallint},
                                                                 {"Integer", BuiltIn::integer},
                                                                 {"BigInt", BuiltIn::bigint},
                                                                 {"Oid", BuiltIn::oid},
                                                                 {"Real", BuiltIn::real},
                                                                 {"DoublePrecision", BuiltIn::double_precision},
                                                                 {"Decimal", BuiltIn::decimal},
                                                                 {"Money", BuiltIn::money},
                                                                 {"Timestamp", BuiltIn::timestamp},
                                                                 {"Timestamptz", BuiltIn::timestamptz},
                                                                 {"Date", BuiltIn::date},
                                                                 {"Time", BuiltIn::time},
                                                                 {"Timetz", BuiltIn::timetz},
                                                                 {"Json", BuiltIn::json},
                                                                 {"JsonB", BuiltIn::jsonb},
                                                                 {"ByteA", BuiltIn::bytea}};

Result<BuiltInType> lower_native_type(const SchemaFile& file, const Attribute& attribute) {
  const auto name = std::string_view(attribute.name).substr(attribute.name.find('.') + 1);
  const auto* found = std::find_if(std::begin(native_types), std::end(native_types),
                                   [&](const auto& native) { return native.first == name; });
  if (found == std::end(native_types))
    return refuse(file, attribute.place, "@" + attribute.name + " is no type of Postgres that strata knows");

  BuiltInType type{found->second, {}};
  for (const auto& argument : attribute.arguments) {
    const auto& text = argument.value.text;
    int number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (argument.value.kind != Value::Kind::number || problem != std::errc() || end != text.data() + text.size())
      return refuse(file, argument.value.place, "@" + attribute.name + " takes whole numbers");
    type.arguments.push_back(number);
  }
  return type;
}

}  // namespace

Result<ColumnType> lower_type(const SchemaIndex& index, const SchemaFile& file, const Entry& field) {
  const bool list = field.arity == Arity::list;
  if (field.unsupported) return ColumnType{OtherType{field.type}, list};
  if (index.kind_of(field) == FieldKind::enumeration)
    return ColumnType{object_name(*index.find(field.type)->block), list};

  const auto scalar = std::find_if(scalars().begin(), scalars().end(),
                                   [&](const Scalar& candidate) { return candidate.name == field.type; });
  if (scalar == scalars().end()) return refuse(file, field.type_place, "nothing declares the type " + field.type);
  const auto* native = native_type_of(field);
  if (native == nullptr) return ColumnType{scalar->type, list};
  STRATA_TRY(auto type, lower_native_type(file, *native));
  return ColumnType{std::move(type), list};
}

}  // namespace strata::prisma
