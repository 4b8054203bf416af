#include "core/prisma/lower.h"

#include "core/prisma/declarations.h"
#include "core/prisma/look_up.h"
#include "core/prisma/lower_column.h"
#include "core/prisma/lower_extension.h"
#include "core/prisma/lower_index.h"
#include "core/prisma/lower_many_to_many.h"
#include "core/prisma/lower_relation.h"

#include <iterator>
#include <set>

namespace strata::prisma {

namespace {

Enumeration lower_enumeration(const Declared& declared) {
  Enumeration enumeration{.name = declared.name, .definition = defined_at(*declared.file, declared.block->name_place)};
  for (const auto& entry : declared.block->entries) {
    if (entry.kind == Entry::Kind::enum_value) enumeration.values.push_back(database_name(entry));
  }
  return enumeration;
}

Result<Table> lower_table(const Declarations& declarations, const Declared& model) {
  Table table{.name = model.name, .definition = defined_at(*model.file, model.block->name_place)};
  for (const auto& field : model.block->entries) {
    if (field.kind != Entry::Kind::field || !declarations.is_column(field)) continue;
    STRATA_TRY(table.columns.emplace_back(), lower_column(declarations, *model.file, field));
  }
  STRATA_TRY(table.primary_key, lower_primary_key(model));
  STRATA_TRY(table.indexes, lower_indexes(model));
  STRATA_TRY(table.foreign_keys, lower_foreign_keys(declarations, model));
  return table;
}

// relationMode = "prisma": the client looks after relations, not the database.
bool has_foreign_keys(const Declared* datasource) {
  const auto* mode = datasource ? find_property(*datasource->block, "relationMode") : nullptr;
  return !mode || mode->text != "prisma";
}

std::vector<std::string> schemas_of(const DesiredSchema& schema) {
  std::set<std::string> names;
  for (const auto& enumeration : schema.enumerations) names.insert(enumeration.name.schema);
  for (const auto& table : schema.tables) names.insert(table.name.schema);
  return {names.begin(), names.end()};
}

// Relations with long names can come to the same table, once these are cut.
Result<void> check_tables_differ(const std::vector<Table>& tables) {
  std::set<std::pair<std::string, std::string>> names;
  for (const auto& table : tables) {
    if (names.emplace(table.name.schema, table.name.name).second) continue;
    return fail(Error{.code = ErrorCode::bad_module,
                      .message = "two tables would have the name " + table.name.name,
                      .where = table.definition.where});
  }
  return {};
}

}  // namespace

Result<DesiredSchema> lower(const std::vector<SchemaFile>& files) {
  const Declarations declarations(files);
  const auto* datasource = declarations.datasource();
  DesiredSchema schema;
  if (datasource) schema.extensions = lower_extensions(*datasource);
  for (const auto& declared : declarations.all()) {
    if (declared.block->kind == Block::Kind::enumeration) schema.enumerations.push_back(lower_enumeration(declared));
    if (declared.block->kind != Block::Kind::model) continue;
    STRATA_TRY(schema.tables.emplace_back(), lower_table(declarations, declared));
  }
  STRATA_TRY(auto join_tables, lower_many_to_many(declarations));
  std::move(join_tables.begin(), join_tables.end(), std::back_inserter(schema.tables));
  STRATA_CHECK(check_tables_differ(schema.tables));
  if (!has_foreign_keys(datasource)) {
    for (auto& table : schema.tables) table.foreign_keys.clear();
  }
  schema.schemas = schemas_of(schema);
  return schema;
}

}  // namespace strata::prisma
