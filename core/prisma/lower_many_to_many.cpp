#include "core/prisma/lower_many_to_many.h"

#include "core/prisma/constraint_names.h"
#include "core/prisma/definition.h"
#include "core/prisma/foreign_key.h"
#include "core/prisma/refusal.h"

#include <algorithm>

namespace strata::prisma {

namespace {

bool is_plain_list(const SchemaIndex& index, const Entry& entry) {
  return entry.kind == Entry::Kind::field && entry.arity == Arity::list &&
         index.kind_of(entry) == FieldKind::relation && relation_argument(entry, "fields") == nullptr;
}

// The list in `target` that is the other side of `field`, which `model` has; null: it is no list.
const Entry* find_opposite(const SchemaIndex& index, const Block& model, const Entry& field, const Block& target) {
  const auto found = std::find_if(target.entries.begin(), target.entries.end(), [&](const Entry& other) {
    return &other != &field && is_plain_list(index, other) && other.type == model.name &&
           relation_name(other) == relation_name(field);
  });
  return found == target.entries.end() ? nullptr : &*found;
}

bool is_side_a(const Block& model, const Entry& field, const Block& target, const Entry& opposite) {
  return &model == &target ? field.name < opposite.name : model.name < target.name;
}

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

// `field`, of `model`, is the A side.
Result<Table> lower_join_table(const Declaration& model, const Entry& field, const Block& target,
                               const std::vector<Table>& tables) {
  const auto& [file, block] = model;
  auto relation = relation_name(field);
  if (relation.empty()) relation = block->name + "To" + target.name;
  JoinTable table({object_name(*block).schema, join_table_name(relation)}, defined_at(*file, field.place));
  for (const auto& [column, side] : {std::pair("A", block), {"B", &target}}) {
    const auto name = object_name(*side);
    const auto* id = find_id(tables, name);
    if (id == nullptr)
      return refuse(*file, field.place, "a relation of many to many needs an id of one field in " + side->name);
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
      if (!is_plain_list(index, entry)) continue;
      const auto& target = *index.find(entry.type)->block;
      const auto* opposite = find_opposite(index, *model.block, entry, target);
      if (opposite == nullptr || !is_side_a(*model.block, entry, target, *opposite)) continue;
      STRATA_TRY(join_tables.emplace_back(), lower_join_table(model, entry, target, tables));
    }
  }
  return join_tables;
}

}  // namespace strata::prisma
