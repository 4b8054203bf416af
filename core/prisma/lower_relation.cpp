#include "core/prisma/lower_relation.h"

#include "core/prisma/definition.h"
#include "core/prisma/foreign_key.h"
#include "core/prisma/refusal.h"
#include "core/prisma/relation_side.h"

#include <algorithm>

namespace strata::prisma {

namespace {

using Fields = std::vector<const Entry*>;

constexpr std::pair<std::string_view, ReferentialAction> actions[] = {{"Cascade", ReferentialAction::cascade},
                                                                      {"Restrict", ReferentialAction::restrict},
                                                                      {"NoAction", ReferentialAction::no_action},
                                                                      {"SetNull", ReferentialAction::set_null},
                                                                      {"SetDefault", ReferentialAction::set_default}};

Result<ReferentialAction> lower_action(const SchemaFile& file, const Entry& relation, std::string_view argument,
                                       ReferentialAction otherwise) {
  const auto* action = relation_argument(relation, argument);
  if (action == nullptr) return otherwise;
  const auto* found = std::find_if(std::begin(actions), std::end(actions),
                                   [&](const auto& candidate) { return candidate.first == action->text; });
  if (found == std::end(actions)) return refuse(file, action->place, action->text + " is no referential action");
  return found->second;
}

// The fields of `block` that an argument of `relation` lists.
Result<Fields> fields_in(const SchemaFile& file, const Entry& relation, std::string_view argument, const Block& block) {
  const auto* list = relation_argument(relation, argument);
  if (list == nullptr)
    return refuse(file, relation.place, "the relation " + relation.name + " lacks " + std::string(argument) + ":");
  Fields fields;
  for (const auto* item : items_of(*list)) {
    const auto* field = field_named(block, item->text);
    if (field == nullptr) return refuse(file, item->place, block.name + " has no field " + item->text);
    fields.push_back(field);
  }
  return fields;
}

std::vector<std::string> column_names(const Fields& fields) {
  std::vector<std::string> names;
  for (const auto* field : fields) names.push_back(database_name(*field));
  return names;
}

// `relation` has `fields`.
Result<ForeignKey> lower_foreign_key(const Declaration& model, const Entry& relation, const Block& target) {
  const auto& [file, block] = model;
  STRATA_TRY(const auto fields, fields_in(*file, relation, "fields", *block));
  STRATA_TRY(const auto references, fields_in(*file, relation, "references", target));
  if (fields.empty() || fields.size() != references.size())
    return refuse(*file, relation.place, "fields and references of " + relation.name + " do not match");
  ForeignKey key{.columns = column_names(fields),
                 .target = object_name(target),
                 .target_columns = column_names(references),
                 .definition = defined_at(*file, relation.place)};
  key.name = foreign_key_name(model, relation);
  const auto on_delete = can_be_null({model, &relation}) ? ReferentialAction::set_null : ReferentialAction::restrict;
  STRATA_TRY(key.on_delete, lower_action(*file, relation, "onDelete", on_delete));
  STRATA_TRY(key.on_update, lower_action(*file, relation, "onUpdate", ReferentialAction::cascade));
  return key;
}

}  // namespace

Result<std::vector<ForeignKey>> lower_foreign_keys(const SchemaIndex& index, const Declaration& model) {
  std::vector<ForeignKey> keys;
  for (const auto& entry : model.block->entries) {
    const bool relation = entry.kind == Entry::Kind::field && index.kind_of(entry) == FieldKind::relation;
    if (!relation || relation_argument(entry, "fields") == nullptr) continue;
    const auto& target = *index.find(entry.type)->block;
    if (target.kind != Block::Kind::model) continue;
    STRATA_TRY(keys.emplace_back(), lower_foreign_key(model, entry, target));
  }
  return keys;
}

}  // namespace strata::prisma
