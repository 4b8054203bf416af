#include "core/prisma/validate_relations.h"

#include "core/prisma/criterion.h"
#include "core/prisma/foreign_key.h"
#include "core/prisma/refusal.h"

#include <algorithm>

namespace strata::prisma {

namespace {

bool has_key(const Entry& field) {
  return relation_argument(field, "fields") != nullptr || relation_argument(field, "references") != nullptr;
}

std::string described(const RelationSide& side) {
  return side.field->name + " of " + side.declaration.block->name;
}

// The one field of `target` that is the other side of `side`.
Result<const Entry*> opposite_of(const RelationSide& side, const Declaration& target) {
  const auto& [file, block] = side.declaration;
  const auto name = relation_name(*side.field);
  const bool to_itself = target.block == block;
  const auto here = fields_to(*block, *target.block, name);
  if (here.size() > (to_itself ? 2 : 1) || (to_itself && here.size() == 2 && name.empty())) {
    return refuse(*file, here[1]->place,
                  "fields " + here[0]->name + " and " + here[1]->name + " of " + block->name + " both refer to " +
                      target.block->name +
                      (name.empty() ? " without a relation name" : " in the relation \"" + name + "\""),
                  to_itself ? "write the same @relation(\"name\") at the two sides of one relation"
                            : "name each relation at both its sides: @relation(\"name\", \xe2\x80\xa6)");
  }
  auto there = to_itself ? here : fields_to(*target.block, *block, name);
  if (to_itself) there.erase(std::find(there.begin(), there.end(), side.field));
  if (!there.empty()) return there.front();
  return refuse(*file, side.field->place,
                "the relation " + described(side) + " has no opposite field in " + target.block->name +
                    (name.empty() ? "" : " with the name \"" + name + "\"") + ", which " +
                    whose(*target.file, target.block->place) + " defines",
                "write one in " + target.block->name + ": " +
                    (side.field->arity == Arity::list ? "a field of type " + block->name
                                                      : "a field of type " + block->name + "[]"));
}

// The side without the foreign key says nothing about it.
Result<void> check_back_side(const RelationSide& back, const RelationSide& forward) {
  for (const auto* name : {"fields", "references", "onDelete", "onUpdate"}) {
    const auto* value = relation_argument(*back.field, name);
    if (value == nullptr) continue;
    return refuse(*back.declaration.file, value->place,
                  std::string(name) + ": stands at " + described(back) + "; it belongs to the opposite field, " +
                      described(forward),
                  "remove it here");
  }
  return {};
}

Result<void> check_many_to_many(const SchemaIndex& index, const RelationSide& side, const Declaration& target) {
  for (const auto* name : {"fields", "references", "onDelete", "onUpdate"}) {
    const auto* value = relation_argument(*side.field, name);
    if (value == nullptr) continue;
    return refuse(*side.declaration.file, value->place,
                  std::string(name) + ": stands at " + described(side) + ", a relation of many to many",
                  "remove it, or write a model for the table between the two");
  }
  STRATA_TRY(const auto criteria, criteria_of(index, target));
  for (const auto& criterion : criteria) {
    if (criterion.kind == Criterion::Kind::id && criterion.fields.size() == 1) return {};
  }
  return refuse(*side.declaration.file, side.field->type_place,
                "the relation " + described(side) + " is one of many to many, and " + target.block->name +
                    " has no id of one field",
                "write a model for the table between the two");
}

// The scalar fields of a one-to-one relation's key are unique, be it only for some rows: PostgreSQL does not mind.
Result<void> check_one_to_one(const SchemaIndex& index, const RelationSide& forward, const RelationSide& back) {
  const auto fields = relation_fields(*forward.field);
  STRATA_TRY(const auto criteria, criteria_of(index, forward.declaration));
  const bool unique = std::any_of(criteria.begin(), criteria.end(), [&](const auto& criterion) {
    return criterion.kind != Criterion::Kind::index && criterion.fields == fields;
  });
  if (!unique) {
    std::string list;
    for (const auto& name : fields) list += (list.empty() ? "" : ", ") + name;
    return refuse(*forward.declaration.file, forward.field->place,
                  "the relation " + described(forward) + " is one to one, and its fields are not unique: " + list,
                  (fields.size() == 1 ? "mark " + list + " with @unique" : "write @@unique([" + list + "])") +
                      ", or make the opposite field a list: " + back.field->type + "[]");
  }
  if (back.field->arity == Arity::optional) return {};
  return refuse(*back.declaration.file, back.field->type_place,
                "the field " + described(back) + " is required, and no foreign key can see to that",
                "write " + back.field->type + "?");
}

Result<void> check_pair(const SchemaIndex& index, const RelationSide& side, const RelationSide& opposite) {
  const bool many = side.field->arity == Arity::list;
  const bool opposite_many = opposite.field->arity == Arity::list;
  if (many && opposite_many) return check_many_to_many(index, side, opposite.declaration);
  if (many) return check_back_side(side, opposite);
  if (opposite_many) return check_foreign_key(index, side, opposite.declaration);
  if (has_key(*side.field) && has_key(*opposite.field)) return check_back_side(opposite, side);
  if (!has_key(*side.field) && !has_key(*opposite.field)) return check_foreign_key(index, side, opposite.declaration);
  if (!has_key(*side.field)) return check_back_side(side, opposite);
  STRATA_CHECK(check_foreign_key(index, side, opposite.declaration));
  return check_one_to_one(index, side, opposite);
}

Result<void> check_ignored(const RelationSide& side, const Declaration& target) {
  const bool ignored = attribute_named(*target.block, "ignore") != nullptr;
  if (!ignored || attribute_named(*side.declaration.block, "ignore") != nullptr) return {};
  if (attribute_named(*side.field, "ignore") != nullptr) return {};
  return refuse(*side.declaration.file, side.field->place,
                "the relation " + described(side) + " refers to " + target.block->name + ", which is ignored",
                "mark the field with @ignore");
}

}  // namespace

Result<void> validate_relations(const SchemaIndex& index, const Declaration& declaration) {
  if (!has_columns(*declaration.block)) return {};
  for (const auto& entry : declaration.block->entries) {
    if (entry.kind != Entry::Kind::field || index.kind_of(entry) != FieldKind::relation) continue;
    const RelationSide side{declaration, &entry};
    const auto& target = *index.find(entry.type);
    STRATA_TRY(const auto* opposite, opposite_of(side, target));
    STRATA_CHECK(check_pair(index, side, {target, opposite}));
    STRATA_CHECK(check_ignored(side, target));
  }
  return check_foreign_key_names(index, declaration);
}

}  // namespace strata::prisma
