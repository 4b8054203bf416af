#include "core/prisma/relation_side.h"

#include "core/prisma/constraint_names.h"

#include <algorithm>
#include <utility>

namespace strata::prisma {

const Value* relation_argument(const Entry& field, std::string_view name) {
  const auto* relation = attribute_named(field, "relation");
  return relation == nullptr ? nullptr : argument_of(*relation, name, "name");
}

std::string relation_name(const Entry& field) {
  const auto* name = relation_argument(field, "name");
  return name == nullptr ? "" : name->text;
}

std::vector<std::string> relation_fields(const Entry& field) {
  std::vector<std::string> names;
  if (const auto* list = relation_argument(field, "fields")) {
    for (const auto* item : items_of(*list)) names.push_back(item->text);
  }
  return names;
}

bool can_be_null(const RelationSide& side) {
  const auto names = relation_fields(*side.field);
  const bool any_required = std::any_of(names.begin(), names.end(), [&](const auto& name) {
    return field_named(*side.declaration.block, name)->arity == Arity::required;
  });
  return side.field->arity == Arity::optional && !any_required;
}

std::vector<const Entry*> fields_to(const Block& block, const Block& target, const std::string& name) {
  std::vector<const Entry*> fields;
  for (const auto& entry : block.entries) {
    const bool refers = entry.kind == Entry::Kind::field && !entry.unsupported && entry.type == target.name;
    if (refers && relation_name(entry) == name) fields.push_back(&entry);
  }
  return fields;
}

bool is_side_a(const RelationSide& side, const Declaration& target) {
  const auto& block = *side.declaration.block;
  if (side.field->arity != Arity::list) return false;
  for (const auto* other : fields_to(*target.block, block, relation_name(*side.field))) {
    if (other == side.field || other->arity != Arity::list) continue;
    return std::pair(block.name, side.field->name) < std::pair(target.block->name, other->name);
  }
  return false;
}

std::string join_table_name(const RelationSide& side, const Declaration& target) {
  const auto name = relation_name(*side.field);
  return join_table_name(name.empty() ? side.declaration.block->name + "To" + target.block->name : name);
}

}  // namespace strata::prisma
