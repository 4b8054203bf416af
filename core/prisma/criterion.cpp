#include "core/prisma/criterion.h"

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
  const auto& list = *argument_of(attribute, "fields", "fields");
  std::vector<const Value*> columns;
  if (list.kind == Value::Kind::list) {
    for (const auto& item : list.items) columns.push_back(&item);
  } else {
    columns.push_back(&list);
  }
  if (columns.empty()) return refuse(*declaration.file, list.place, shown + " has an empty list", "name a field");
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
  if (const auto* map = argument_of(*criterion.attribute, "map", "")) return map->text;
  constexpr std::size_t longest = 63;
  auto name = database_name(*declaration.block);
  if (criterion.kind == Criterion::Kind::id) return cut_name(name, longest - 5) + "_pkey";
  for (const auto& field : criterion.fields) name += "_" + database_name(*field_named(*declaration.block, field));
  return cut_name(name, longest - 4) + (criterion.kind == Criterion::Kind::unique ? "_key" : "_idx");
}

std::string cut_name(const std::string& name, std::size_t most) {
  auto size = std::min(most, name.size());
  while (size > 0 && size < name.size() && (static_cast<unsigned char>(name[size]) & 0xc0) == 0x80) --size;
  return name.substr(0, size);
}

}  // namespace strata::prisma
