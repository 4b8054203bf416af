#include "core/prisma/lower_many_to_many.h"

#include "core/prisma/constraint_names.h"
#include "core/prisma/definition.h"
#include "core/prisma/refusal.h"
#include "core/prisma/relation_side.h"

#include <algorithm>

namespace strata::prisma {

namespace {

// The one column that identifies the rows of the table `name`; null: there is none.
const Column* find_id(const std::vector<Table>& tables, const ObjectName& name) {
  const auto table =
      std::find_if(tables.begin(), tables.end(), [&](const Table& candidate) { return candidate.name == name; });
  if (table == tables.end() || !table->primary_key || table->primary_key->columns.size() != 1) return nullptr;
  const auto& id = table->primary_key->columns.front();
  const auto column = std::find_if(table->columns.begin(), table->columns.end(),
                                   [&](const Column& candidate) { return candidate.name == id; });
  return column == table->columns.end() ? nullptr : &*column;
}

// A table between models, as far as it has sides.
class JoinTable {
 public:
  JoinTable(ObjectName name, Definition definition) {
    table_.primary_key = PrimaryKey{join_primary_key_name(name.name), {"A", "B"}, definition};
    table_.indexes.push_back(
        {.name = join_index_name(name.name), .columns = {{.name = "B"}}, .definition = definition});
    table_.definition = std::move(definition);
    table_.name = std::move(name);
  }

  // Adds the column `name`, which refers to `id` of `target`.
  void add_side(const char* name, const ObjectName& target, const Column& id) {
    table_.columns.push_back({.name = name, .type = id.type, .definition = table_.definition});
    table_.foreign_keys.push_back({.name = join_foreign_key_name(table_.name.name, name),
                                   .columns = {name},
                                   .target = target,
                                   .target_columns = {id.name},
                                   .on_delete = ReferentialAction::cascade,
                                   .on_update = ReferentialAction::cascade,
                                   .definition = table_.definition});
  }

  Table take() && { return std::move(table_); }

 private:
  Table table_;
};

// `side` is the A side.
Result<Table> lower_join_table(const RelationSide& side, const Declaration& target, const std::vector<Table>& tables) {
  const auto& [file, block] = side.declaration;
  JoinTable table({object_name(*block).schema, join_table_name(side, target)}, defined_at(*file, side.field->place));
  for (const auto& [column, model] : {std::pair("A", block), {"B", target.block}}) {
    const auto name = object_name(*model);
    const auto* id = find_id(tables, name);
    if (id == nullptr)
      return refuse(*file, side.field->place, "a relation of many to many needs an id of one field in " + model->name);
    table.add_side(column, name, *id);
  }
  return std::move(table).take();
}

}  // namespace

Result<std::vector<Table>> lower_many_to_many(const SchemaIndex& index, const std::vector<Table>& tables) {
  std::vector<Table> join_tables;
  for (const auto& model : index.declarations()) {
    if (model.block->kind != Block::Kind::model) continue;
    for (const auto& entry : model.block->entries) {
      if (entry.kind != Entry::Kind::field || index.kind_of(entry) != FieldKind::relation) continue;
      const RelationSide side{model, &entry};
      const auto& target = *index.find(entry.type);
      if (!is_side_a(side, target)) continue;
      STRATA_TRY(join_tables.emplace_back(), lower_join_table(side, target, tables));
    }
  }
  return join_tables;
}

}  // namespace strata::prisma
