#include "core/prisma/lower_relation.h"

#include "core/prisma/constraint_names.h"
#include "core/prisma/look_up.h"
#include "core/prisma/lower_index.h"

#include <algorithm>

namespace strata::prisma {

namespace {

constexpr std::pair<std::string_view, ReferentialAction> actions[] = {{"Cascade", ReferentialAction::cascade},
                                                                      {"Restrict", ReferentialAction::restrict},
                                                                      {"NoAction", ReferentialAction::no_action},
                                                                      {"SetNull", ReferentialAction::set_null},
                                                                      {"SetDefault", ReferentialAction::set_default}};

Result<ReferentialAction> lower_action(const SchemaFile& file, const Attribute& relation, std::string_view argument,
                                       ReferentialAction otherwise) {
  const auto* action = find_argument(relation.arguments, argument);
  if (!action) return otherwise;
  const auto* found = std::find_if(std::begin(actions), std::end(actions),
                                   [&](const auto& candidate) { return candidate.first == action->text; });
  if (found == std::end(actions)) return refuse(file, action->place, action->text + " is no referential action");
  return found->second;
}

// Null can be set where each of the fields can be null.
ReferentialAction default_on_delete(const Block& model, const Value& fields) {
  const bool any_required = std::any_of(fields.items.begin(), fields.items.end(), [&](const Value& item) {
    const auto* field = find_field(model, item.text);
    return field && field->arity == Arity::required;
  });
  return any_required ? ReferentialAction::restrict : ReferentialAction::set_null;
}

// `relation` has `fields`.
Result<ForeignKey> lower_foreign_key(const Declared& model, const Declared& target, const Attribute& relation) {
  const auto& file = *model.file;
  const auto& fields = *find_argument(relation.arguments, "fields");
  ForeignKey key{.target = target.name, .definition = defined_at(file, relation.place)};
  STRATA_TRY(key.columns, lower_column_names(model, &fields, relation.place));
  const auto* references = find_argument(relation.arguments, "references");
  // What is wrong in `references` stands in this file, though the fields are of the target.
  STRATA_TRY(key.target_columns, lower_column_names({target.block, &file, target.name}, references, relation.place));
  if (key.columns.size() != key.target_columns.size())
    return refuse(file, relation.place, "fields and references have not as many fields");
  const auto* map = find_argument(relation.arguments, "map");
  key.name = map ? map->text : foreign_key_name(model.name.name, key.columns);
  STRATA_TRY(key.on_delete, lower_action(file, relation, "onDelete", default_on_delete(*model.block, fields)));
  STRATA_TRY(key.on_update, lower_action(file, relation, "onUpdate", ReferentialAction::cascade));
  return key;
}

}  // namespace

Result<std::vector<ForeignKey>> lower_foreign_keys(const Declarations& declarations, const Declared& model) {
  std::vector<ForeignKey> keys;
  for (const auto& field : model.block->entries) {
    if (field.kind != Entry::Kind::field || field.unsupported) continue;
    const auto* target = declarations.find(Block::Kind::model, field.type);
    const auto* relation = find_attribute(field, "relation");
    if (!target || !relation || !find_argument(relation->arguments, "fields")) continue;
    STRATA_TRY(keys.emplace_back(), lower_foreign_key(model, *target, *relation));
  }
  return keys;
}

std::string relation_name(const Entry& field) {
  const auto* relation = find_attribute(field, "relation");
  const auto* name = relation ? find_main_argument(relation->arguments, "name") : nullptr;
  return name ? name->text : "";
}

}  // namespace strata::prisma
