#include "core/prisma/validate_fields.h"

#include "core/prisma/default_value.h"
#include "core/prisma/native_type.h"
#include "core/prisma/refusal.h"

#include <algorithm>
#include <cctype>

namespace strata::prisma {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

// A known type that differs from `name` only in case.
std::string meant_type(const SchemaIndex& index, const std::string& name) {
  for (const auto* scalar : {"String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes"}) {
    if (lower_case(scalar) == lower_case(name)) return scalar;
  }
  for (const auto& declaration : index.declarations()) {
    if (lower_case(declaration.block->name) == lower_case(name)) return declaration.block->name;
  }
  return "";
}

Result<void> check_updated_at(const SchemaFile& file, const Entry& field) {
  const auto* attribute = attribute_named(field, "updatedAt");
  if (attribute == nullptr) return {};
  if (field.unsupported || field.type != "DateTime") {
    return refuse(file, attribute->place,
                  "@updatedAt is for fields of type DateTime; " + field.name + " is of type " + field.type_written);
  }
  if (field.arity == Arity::list) return refuse(file, attribute->place, "@updatedAt is not for lists");
  return {};
}

Result<void> check_field(const SchemaIndex& index, const SchemaFile& file, const Entry& field) {
  const auto kind = index.kind_of(field);
  if (kind == FieldKind::unknown) {
    const auto meant = meant_type(index, field.type);
    return refuse(file, field.type_place,
                  "the type " + field.type + " of field " + field.name + " is no scalar, and no model, view or enum",
                  meant.empty() ? "define it, or write Unsupported(\"\xe2\x80\xa6\") for a type of PostgreSQL's"
                                : "write " + meant);
  }
  if (kind == FieldKind::relation) return {};
  if (kind == FieldKind::scalar) STRATA_CHECK(built_in_type(file, field));
  STRATA_CHECK(check_updated_at(file, field));
  return check_default(index, file, field);
}

}  // namespace

Result<void> validate_fields(const SchemaIndex& index, const Configuration& configuration,
                             const Declaration& declaration) {
  const auto& [file, block] = declaration;
  if (block->kind == Block::Kind::composite) {
    return refuse(*file, block->place, "type " + block->name + ": PostgreSQL has no composite types in this language",
                  "make it a model, or fields of type Json");
  }
  if (block->kind == Block::Kind::view && !configuration.allows("views")) {
    return refuse(*file, block->place, "view " + block->name + " is a preview feature that no generator asks for",
                  "add \"views\" to previewFeatures of the generator");
  }
  for (const auto& entry : block->entries) {
    if (entry.kind == Entry::Kind::field) STRATA_CHECK(check_field(index, *file, entry));
  }
  return {};
}

}  // namespace strata::prisma
