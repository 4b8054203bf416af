#include "core/prisma/criterion.h"

#include "core/prisma/constraint_names.h"
#include "core/prisma/format.h"
#include "core/prisma/refusal.h"

#include <algorithm>
#include <set>

namespace strata::prisma {

namespace {

Criterion::Kind kind_named(const std::string& name) {
  if (name == "id") return Criterion::Kind::id;
  return name == "unique" ? Criterion::Kind::unique : Criterion::Kind::index;
}

bool is_criterion(const std::string& attribute) {
  return attribute == "id" || attribute == "unique" || attribute == "index";
}

Result<void> check_column(const SchemaIndex& index, const Declaration& declaration, const std::string& shown,
                          const Value& column) {
  const auto& [file, block] = declaration;
  if (column.kind != Value::Kind::constant && column.kind != Value::Kind::call) {
    return refuse(*file, column.place, "expected a field's name in " + shown + ", found " + format(column),
                  column.kind == Value::Kind::text ? "write the name without quotes" : "");
  }
  const auto* field = field_named(*block, column.text);
  if (field == nullptr) {
    return refuse(*file, column.place,
                  shown + " names the field " + column.text + ", which " + block->name + " does not have");
  }
  if (index.kind_of(*field) == FieldKind::relation) {
    return refuse(*file, column.place, shown + " names " + column.text + ", which is a relation and has no column",
                  "name the fields that the relation lists in fields:");
  }
  return {};
}

Result<Criterion> block_criterion(const SchemaIndex& index, const Declaration& declaration,
                                  const Attribute& attribute) {
  const auto shown = "@@" + attribute.name;
  Criterion criterion{.kind = kind_named(attribute.name), .attribute = &attribute, .of_block = true};
  criterion.is_whole = argument_of(attribute, "where", "fields") == nullptr;
  const auto* list = argument_of(attribute, "fields", "fields");
  if (list == nullptr) return refuse(*declaration.file, attribute.place, shown + " names no field", "name a field");
  auto columns = items_of(*list);
  if (columns.empty()) return refuse(*declaration.file, list->place, shown + " has an empty list", "name a field");
  std::set<std::string> seen;
  for (const auto* column : columns) {
    STRATA_CHECK(check_column(index, declaration, shown, *column));
    if (!seen.insert(column->text).second) {
      return refuse(*declaration.file, column->place, shown + " names the field " + column->text + " twice",
                    "remove one");
    }
    criterion.fields.push_back(column->text);
  }
  criterion.columns = std::move(columns);
  return criterion;
}

}  // namespace

Result<std::vector<Criterion>> criteria_of(const SchemaIndex& index, const Declaration& declaration) {
  std::vector<Criterion> criteria;
  for (const auto& entry : declaration.block->entries) {
    for (const auto& attribute : entry.attributes) {
      if (!is_criterion(attribute.name)) continue;
      if (entry.kind == Entry::Kind::block_attribute) {
        STRATA_TRY(auto criterion, block_criterion(index, declaration, attribute));
        criteria.push_back(std::move(criterion));
      } else {
        criteria.push_back({.kind = kind_named(attribute.name),
                            .fields = {entry.name},
                            .attribute = &attribute,
                            .is_whole = argument_of(attribute, "where", "") == nullptr});
      }
    }
  }
  return criteria;
}

std::string database_name(const Declaration& declaration, const Criterion& criterion) {
  const auto& attribute = *criterion.attribute;
  if (const auto* map = argument_of(attribute, "map", "")) return map->text;
  const auto table = database_name(*declaration.block);
  std::vector<std::string> columns;
  for (const auto& field : criterion.fields) columns.push_back(database_name(*field_named(*declaration.block, field)));
  switch (criterion.kind) {
    case Criterion::Kind::id:
      return primary_key_name(table);
    case Criterion::Kind::unique:
      return unique_name(table, columns);
    case Criterion::Kind::index:
      break;
  }
  const auto* name = argument_of(attribute, "name", "");  // of a unique the client's, of an index an old word for map
  return name == nullptr ? index_name(table, columns) : name->text;
}

}  // namespace strata::prisma
