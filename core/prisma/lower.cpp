#include "core/prisma/lower.h"

#include "core/prisma/definition.h"
#include "core/prisma/lower_column.h"
#include "core/prisma/lower_datasource.h"
#include "core/prisma/lower_index.h"
#include "core/prisma/lower_many_to_many.h"
#include "core/prisma/lower_relation.h"

#include <iterator>
#include <set>

namespace strata::prisma {

namespace {

Enumeration lower_enumeration(const Declaration& declaration) {
  const auto& [file, block] = declaration;
  Enumeration enumeration{.name = object_name(*block), .definition = defined_at(*file, block->name_place)};
  for (const auto& entry : block->entries) {
    if (entry.kind == Entry::Kind::enum_value) enumeration.values.push_back(database_name(entry));
  }
  return enumeration;
}

Result<Table> lower_table(const SchemaIndex& index, const Declaration& model) {
  const auto& [file, block] = model;
  Table table{.name = object_name(*block), .definition = defined_at(*file, block->name_place)};
  STRATA_TRY(table.columns, lower_columns(index, model));
  STRATA_TRY(table.primary_key, lower_primary_key(index, model));
  STRATA_TRY(table.indexes, lower_indexes(index, model));
  STRATA_TRY(table.foreign_keys, lower_foreign_keys(index, model));
  return table;
}

std::vector<std::string> schemas_of(const DesiredSchema& schema) {
  std::set<std::string> names;
  for (const auto& enumeration : schema.enumerations) names.insert(enumeration.name.schema);
  for (const auto& table : schema.tables) names.insert(table.name.schema);
  return {names.begin(), names.end()};
}

}  // namespace

Result<DesiredSchema> lower(const std::vector<SchemaFile>& files) {
  STRATA_TRY(const auto index, SchemaIndex::build(files));
  DesiredSchema schema{.extensions = lower_extensions(files)};
  for (const auto& declaration : index.declarations()) {
    const auto kind = declaration.block->kind;
    if (kind == Block::Kind::enumeration) schema.enumerations.push_back(lower_enumeration(declaration));
    if (kind != Block::Kind::model) continue;
    STRATA_TRY(schema.tables.emplace_back(), lower_table(index, declaration));
  }
  STRATA_TRY(auto join_tables, lower_many_to_many(index, schema.tables));
  std::move(join_tables.begin(), join_tables.end(), std::back_inserter(schema.tables));
  if (!has_foreign_keys(files)) {
    for (auto& table : schema.tables) table.foreign_keys.clear();
  }
  schema.schemas = schemas_of(schema);
  return schema;
}

}  // namespace strata::prisma
