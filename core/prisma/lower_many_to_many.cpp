#include "core/prisma/lower_many_to_many.h"

#include "core/prisma/constraint_names.h"
#include "core/prisma/look_up.h"
#include "core/prisma/lower_column.h"
#include "core/prisma/lower_index.h"
#include "core/prisma/lower_relation.h"

#include <algorithm>

namespace strata::prisma {

namespace {

bool is_plain_list(const Entry& field) {
  const auto* relation = find_attribute(field, "relation");
  return field.kind == Entry::Kind::field && !field.unsupported && field.arity == Arity::list &&
         !(relation && find_argument(relation->arguments, "fields"));
}

// The list in `target` that is the other side of `field`, or null.
const Entry* find_opposite(const Declared& model, const Entry& field, const Declared& target) {
  const auto& entries = target.block->entries;
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const Entry& other) {
    return &other != &field && is_plain_list(other) && other.type == model.block->name &&
           relation_name(other) == relation_name(field);
  });
  return found == entries.end() ? nullptr : &*found;
}

bool is_side_a(const Declared& model, const Entry& field, const Declared& target, const Entry& opposite) {
  if (model.block == target.block) return field.name < opposite.name;
  return model.block->name < target.block->name;
}

// The one column that identifies the rows of `model`.
Result<Column> lower_id(const Declarations& declarations, const Declared& model, const SchemaFile& file, Place place) {
  STRATA_TRY(const auto key, lower_primary_key(model));
  for (const auto& field : model.block->entries) {
    if (field.kind != Entry::Kind::field || !declarations.is_column(field)) continue;
    if (key && key->columns == std::vector{database_name(field)}) return lower_column(declarations, *model.file, field);
  }
  return refuse(file, place, "a many-to-many relation needs an id of one field in " + model.block->name);
}

// Adds the column `name` and its foreign key to the id of `model`.
Result<void> add_side(Table& table, const Declarations& declarations, const Declared& model, const SchemaFile& file,
                      Place place, const char* name) {
  STRATA_TRY(const auto id, lower_id(declarations, model, file, place));
  table.columns.push_back({.name = name, .type = id.type, .definition = table.definition});
  table.foreign_keys.push_back({.name = join_foreign_key_name(table.name.name, name),
                                .columns = {name},
                                .target = model.name,
                                .target_columns = {id.name},
                                .on_delete = ReferentialAction::cascade,
                                .on_update = ReferentialAction::cascade,
                                .definition = table.definition});
  return {};
}

// `field`, of `model`, is the A side.
Result<Table> lower_join_table(const Declarations& declarations, const Declared& model, const Entry& field,
                               const Declared& target) {
  auto relation = relation_name(field);
  if (relation.empty()) relation = model.block->name + "To" + target.block->name;
  Table table{.name = {model.name.schema, join_table_name(relation)},
              .definition = defined_at(*model.file, field.place)};
  STRATA_CHECK(add_side(table, declarations, model, *model.file, field.place, "A"));
  STRATA_CHECK(add_side(table, declarations, target, *model.file, field.place, "B"));
  const auto& name = table.name.name;
  table.primary_key = PrimaryKey{join_primary_key_name(name), {"A", "B"}, table.definition};
  table.indexes.push_back({.name = join_index_name(name), .columns = {{.name = "B"}}, .definition = table.definition});
  return table;
}

}  // namespace

Result<std::vector<Table>> lower_many_to_many(const Declarations& declarations) {
  std::vector<Table> tables;
  for (const auto& model : declarations.all()) {
    if (model.block->kind != Block::Kind::model) continue;
    for (const auto& field : model.block->entries) {
      const auto* target = is_plain_list(field) ? declarations.find(Block::Kind::model, field.type) : nullptr;
      const auto* opposite = target ? find_opposite(model, field, *target) : nullptr;
      if (!opposite || !is_side_a(model, field, *target, *opposite)) continue;
      STRATA_TRY(tables.emplace_back(), lower_join_table(declarations, model, field, *target));
    }
  }
  return tables;
}

}  // namespace strata::prisma
