#include "core/prisma/validate_indexes.h"

#include "core/prisma/index_columns.h"
#include "core/prisma/native_type.h"
#include "core/prisma/refusal.h"

#include <algorithm>
#include <map>
#include <set>

namespace strata::prisma {

namespace {

std::string shown(const Criterion& criterion) {
  return (criterion.of_block ? "@@" : "@") + criterion.attribute->name;
}

bool is_required(const Block& block, const Criterion& criterion) {
  return std::all_of(criterion.fields.begin(), criterion.fields.end(), [&](const auto& name) {
    const auto* field = field_named(block, name);
    return field->arity == Arity::required && !field->unsupported;
  });
}

Result<void> check_id(const Declaration& declaration, const std::vector<Criterion>& criteria) {
  const auto& [file, block] = declaration;
  const Criterion* id = nullptr;
  for (const auto& criterion : criteria) {
    if (criterion.kind != Criterion::Kind::id) continue;
    if (id != nullptr) {
      return refuse(*file, criterion.attribute->place, "model " + block->name + " has two ids",
                    "keep one; for an id of several fields write @@id([a, b])");
    }
    id = &criterion;
    for (const auto& name : criterion.fields) {
      if (field_named(*block, name)->arity == Arity::required) continue;
      return refuse(
          *file, criterion.attribute->place,
          shown(criterion) + " of model " + block->name + " has the field " + name + ", which is not required",
          "make it required: an id has a value in every row");
    }
  }
  return {};
}

Result<void> check_has_identity(const Declaration& declaration, const std::vector<Criterion>& criteria) {
  const auto& [file, block] = declaration;
  if (block->kind == Block::Kind::view || attribute_named(*block, "ignore") != nullptr) return {};
  for (const auto& criterion : criteria) {
    if (criterion.kind != Criterion::Kind::index && is_required(*block, criterion)) return {};
  }
  return refuse(*file, block->place, "model " + block->name + " has no id, and no unique of required fields",
                "mark a field with @id, or several with @@id([a, b])");
}

Result<void> check_where(const SchemaIndex& index, const Declaration& declaration, const Configuration& configuration,
                         const Criterion& criterion) {
  const auto& file = declaration.file;
  const auto* where = argument_of(*criterion.attribute, "where", "fields");
  if (where == nullptr) return {};
  if (!configuration.allows("partialIndexes")) {
    return refuse(*file, where->place, "where: is a preview feature that no generator asks for",
                  "add \"partialIndexes\" to previewFeatures of the generator");
  }
  return check_where_value(index, declaration, *where);
}

// What the client calls an id or unique, which it has beside the fields: name:, or the names of several fields joined.
Result<void> check_client_name(const Declaration& declaration, const Criterion& criterion,
                               std::set<std::string>& names) {
  const auto& [file, block] = declaration;
  if (criterion.kind == Criterion::Kind::index) return {};
  const auto* name = argument_of(*criterion.attribute, "name", "fields");
  if (name == nullptr) {
    std::string joined;
    for (const auto& field : criterion.fields) joined += (joined.empty() ? "" : "_") + field;
    if (criterion.fields.size() < 2 || field_named(*block, joined) == nullptr) return {};
    return refuse(*file, criterion.attribute->place,
                  shown(criterion) + " has the name " + joined + " for the client, and so has a field",
                  "give it another one: name: \"\xe2\x80\xa6\"");
  }
  const bool plain = std::all_of(name->text.begin(), name->text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  if (!plain) {
    return refuse(*file, name->place, "name: \"" + name->text + "\" has more than letters, digits and _",
                  "it is for the client only; the database's name is map:");
  }
  if (field_named(*block, name->text) != nullptr) {
    return refuse(*file, name->place, "name: \"" + name->text + "\" is the name of a field", "change one of them");
  }
  if (!names.insert(name->text).second) {
    return refuse(*file, name->place, "name: \"" + name->text + "\" is given twice in one model", "change one of them");
  }
  return {};
}

bool has_operator_class(const Criterion& criterion, std::size_t column) {
  if (!criterion.of_block) return false;
  const auto& arguments = criterion.columns[column]->arguments;
  return std::any_of(arguments.begin(), arguments.end(), [](const auto& argument) { return argument.name == "ops"; });
}

// Types that PostgreSQL cannot compare. Prisma refuses Xml only.
Result<void> check_comparable(const Declaration& declaration, const Criterion& criterion) {
  const auto& [file, block] = declaration;
  for (std::size_t i = 0; i < criterion.fields.size(); ++i) {
    const auto* field = field_named(*block, criterion.fields[i]);
    const auto* native = native_type_of(*field);
    const bool is_xml = native != nullptr && native->name.ends_with(".Xml");
    const bool is_json = native != nullptr && native->name.ends_with(".Json") && field->arity != Arity::list;
    if (!is_xml && (!is_json || has_operator_class(criterion, i))) continue;
    const std::string type = is_xml ? "Xml" : "Json";
    return refuse(*file, criterion.attribute->place,
                  shown(criterion) + " has the field " + field->name + " of type " + type,
                  "PostgreSQL cannot compare " + type + ": leave it out" + (is_json ? ", or make it JsonB" : ""));
  }
  return {};
}

}  // namespace

Result<void> validate_indexes(const SchemaIndex& index, const Configuration& configuration,
                              const Declaration& declaration) {
  if (!has_columns(*declaration.block)) return {};
  STRATA_TRY(const auto criteria, criteria_of(index, declaration));
  std::set<std::string> client_names;
  for (const auto& criterion : criteria) {
    if (declaration.block->kind == Block::Kind::view && criterion.kind == Criterion::Kind::id) {
      return refuse(*declaration.file, criterion.attribute->place, "view " + declaration.block->name + " has an @id",
                    "a view has no primary key: write @unique");
    }
    STRATA_CHECK(check_index_columns(declaration, criterion));
    STRATA_CHECK(check_comparable(declaration, criterion));
    STRATA_CHECK(check_where(index, declaration, configuration, criterion));
    STRATA_CHECK(check_client_name(declaration, criterion, client_names));
  }
  STRATA_CHECK(check_id(declaration, criteria));
  return check_has_identity(declaration, criteria);
}

Result<void> validate_index_names(const SchemaIndex& index) {
  struct Known {
    Declaration declaration;
    std::string shown;
    Place place;
  };
  std::map<std::pair<std::string, std::string>, Known> names;  // by schema and name
  for (const auto& declaration : index.declarations()) {
    if (declaration.block->kind != Block::Kind::model) continue;
    STRATA_TRY(const auto criteria, criteria_of(index, declaration));
    for (const auto& criterion : criteria) {
      const auto name = database_name(declaration, criterion);
      const auto place = criterion.attribute->place;
      const auto [known, is_new] =
          names.emplace(std::pair(schema_of(*declaration.block), name), Known{declaration, shown(criterion), place});
      if (is_new) continue;
      const auto& first = known->second;
      return refuse(*declaration.file, place,
                    "\"" + name + "\" is the name of both " + first.shown + " of " + first.declaration.block->name +
                        " of " + whose(*first.declaration.file, first.place) + " and " + shown(criterion) + " of " +
                        declaration.block->name + " of " + whose(*declaration.file, place),
                    "give one of them another name: map: \"\xe2\x80\xa6\"");
    }
  }
  return {};
}

}  // namespace strata::prisma
