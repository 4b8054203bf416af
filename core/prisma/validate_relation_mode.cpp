#include "core/prisma/validate_relation_mode.h"

#include "core/prisma/format.h"
#include "core/prisma/refusal.h"
#include "core/prisma/relation_side.h"

#include <algorithm>
#include <map>
#include <set>

namespace strata::prisma {

namespace {

Result<void> check_action(const RelationSide& side, std::string_view name) {
  const auto& [file, block] = side.declaration;
  const auto* action = relation_argument(*side.field, name);
  if (action == nullptr) return {};
  if (action->text == "NoAction" || action->text == "SetDefault") {
    return refuse(*file, action->place,
                  std::string(name) + ": is " + format(*action) + ", which relationMode = \"prisma\" does not know",
                  "there are Cascade, Restrict and SetNull");
  }
  if (action->text != "SetNull") return {};
  for (const auto& field : relation_fields(*side.field)) {
    if (field_named(*block, field)->arity != Arity::required) continue;
    return refuse(*file, action->place,
                  std::string(name) + ": is SetNull, and field " + field + " of " + block->name + " is required",
                  "make it optional, or write Restrict or Cascade");
  }
  return {};
}

// Whether an update or delete of what `side` refers to changes rows of its model.
bool changes_rows(const RelationSide& side) {
  const auto* on_update = relation_argument(*side.field, "onUpdate");
  const auto* on_delete = relation_argument(*side.field, "onDelete");
  if (on_update == nullptr || on_update->text != "Restrict") return true;
  return on_delete == nullptr ? can_be_null(side) : on_delete->text != "Restrict";
}

using Sides = std::map<const Block*, std::vector<RelationSide>>;

// The relations with a key whose rows change along, by model.
Sides changing_sides(const SchemaIndex& index) {
  Sides sides;
  for (const auto& declaration : index.declarations()) {
    for (const auto& entry : declaration.block->entries) {
      if (entry.kind != Entry::Kind::field || relation_argument(entry, "fields") == nullptr) continue;
      const RelationSide side{declaration, &entry};
      if (changes_rows(side)) sides[declaration.block].push_back(side);
    }
  }
  return sides;
}

bool leads_to(const SchemaIndex& index, const Sides& sides, const Block* from, const Block* to) {
  std::set<const Block*> seen;
  std::vector<const Block*> open = {from};
  while (!open.empty()) {
    const auto* block = open.back();
    open.pop_back();
    if (block == to) return true;
    const auto found = sides.find(block);
    if (!seen.insert(block).second || found == sides.end()) continue;
    for (const auto& side : found->second) open.push_back(index.find(side.field->type)->block);
  }
  return false;
}

}  // namespace

Result<void> validate_relation_mode(const SchemaIndex& index) {
  const auto sides = changing_sides(index);
  for (const auto& declaration : index.declarations()) {
    for (const auto& entry : declaration.block->entries) {
      if (entry.kind != Entry::Kind::field || relation_argument(entry, "fields") == nullptr) continue;
      for (const auto* action : {"onDelete", "onUpdate"}) STRATA_CHECK(check_action({declaration, &entry}, action));
    }
    const auto found = sides.find(declaration.block);
    if (found == sides.end()) continue;
    for (const auto& side : found->second) {
      if (!leads_to(index, sides, index.find(side.field->type)->block, declaration.block)) continue;
      return refuse(*declaration.file, side.field->place,
                    "the relation " + side.field->name + " of " + declaration.block->name +
                        " is part of a cycle, in which relationMode = \"prisma\" would not come to an end",
                    "write onDelete: Restrict and onUpdate: Restrict at one relation of it");
    }
  }
  return {};
}

}  // namespace strata::prisma
