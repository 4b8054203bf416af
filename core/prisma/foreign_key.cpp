#include "core/prisma/foreign_key.h"

#include "core/prisma/constraint_names.h"
#include "core/prisma/criterion.h"
#include "core/prisma/format.h"
#include "core/prisma/refusal.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

namespace strata::prisma {

namespace {

Place place_of(const Entry& field) {
  const auto* relation = attribute_named(field, "relation");
  return relation == nullptr ? field.place : relation->place;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// The field names in `list`, each a column of `target`, none twice.
Result<std::vector<std::string>> columns_in(const SchemaIndex& index, const SchemaFile& file, const Value& list,
                                            const Block& target, const std::string& shown) {
  std::vector<std::string> names;
  const auto items = items_of(list);
  if (items.empty()) {
    return refuse(file, list.place, shown + " is " + format(list),
                  "write the fields in brackets: " + shown + " [a, b]");
  }
  for (const auto* item : items) {
    if (item->kind != Value::Kind::constant) {
      return refuse(file, item->place, "expected a field's name in " + shown + ", found " + format(*item));
    }
    const auto* field = field_named(target, item->text);
    if (field == nullptr) {
      return refuse(file, item->place,
                    shown + " names the field " + item->text + ", which " + target.name + " does not have");
    }
    if (index.kind_of(*field) == FieldKind::relation) {
      return refuse(file, item->place, shown + " names the field " + item->text + ", which has no column",
                    "name the field that holds the key");
    }
    if (std::find(names.begin(), names.end(), item->text) != names.end()) {
      return refuse(file, item->place, shown + " names the field " + item->text + " twice", "remove one");
    }
    names.push_back(item->text);
  }
  return names;
}

Result<void> check_actions(const SchemaFile& file, const Entry& field) {
  constexpr std::array<std::string_view, 5> actions = {"Cascade", "Restrict", "NoAction", "SetNull", "SetDefault"};
  for (const auto* name : {"onDelete", "onUpdate"}) {
    const auto* action = relation_argument(field, name);
    if (action == nullptr) continue;
    const bool known = std::find(actions.begin(), actions.end(), action->text) != actions.end();
    if (known && action->kind == Value::Kind::constant) continue;
    return refuse(file, action->place, std::string(name) + ": is " + format(*action),
                  "there are Cascade, Restrict, NoAction, SetNull and SetDefault");
  }
  return {};
}

std::string shown_type(const Entry& field) {
  return field.type_written + (field.arity == Arity::list ? "[]" : "");
}

Result<void> check_types(const RelationSide& side, const Block& target, const std::vector<std::string>& fields,
                         const std::vector<std::string>& references) {
  const auto& [file, block] = side.declaration;
  if (fields.size() != references.size()) {
    return refuse(*file, place_of(*side.field),
                  "fields: has " + std::to_string(fields.size()) +
                      " and references: " + std::to_string(references.size()) + " in the relation " + side.field->name,
                  "name as many in the one as in the other");
  }
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto* from = field_named(*block, fields[i]);
    const auto* to = field_named(target, references[i]);
    // Prisma lets a list refer to a single value and the other way round, which PostgreSQL refuses.
    const bool same_arity = (from->arity == Arity::list) == (to->arity == Arity::list);
    if (from->type == to->type && from->unsupported == to->unsupported && same_arity) continue;
    return refuse(*file, from->type_place,
                  "field " + from->name + " of " + block->name + " is of type " + shown_type(*from) + ", and " +
                      to->name + " of " + target.name + ", to which it refers, of type " + shown_type(*to),
                  "give both the same type");
  }
  return {};
}

Result<void> check_referenced_unique(const SchemaIndex& index, const RelationSide& side, const Declaration& target,
                                     const std::vector<std::string>& references) {
  const std::set<std::string> wanted(references.begin(), references.end());
  STRATA_TRY(const auto criteria, criteria_of(index, target));
  for (const auto& criterion : criteria) {
    if (criterion.kind == Criterion::Kind::index || !criterion.is_whole) continue;
    if (std::set<std::string>(criterion.fields.begin(), criterion.fields.end()) == wanted) return {};
  }
  const auto& name = target.block->name;
  const bool single = references.size() == 1;
  return refuse(*side.declaration.file, relation_argument(*side.field, "references")->place,
                "references: [" + joined(references) + "] is no id and no unique of model " + name,
                single ? "mark the field " + references[0] + " of " + name + " with @unique"
                       : "write @@unique([" + joined(references) + "]) in " + name);
}

// A required relation needs a value in each of its columns.
Result<void> check_required(const RelationSide& side, const std::vector<std::string>& fields) {
  if (side.field->arity != Arity::required) return {};
  for (const auto& name : fields) {
    if (field_named(*side.declaration.block, name)->arity != Arity::optional) continue;
    return refuse(*side.declaration.file, side.field->type_place,
                  "the relation " + side.field->name + " is required, and its field " + name + " is optional",
                  "write " + side.field->type + "?, or make " + name + " required");
  }
  return {};
}

}  // namespace

std::string foreign_key_name(const Declaration& declaration, const Entry& field) {
  if (const auto* map = relation_argument(field, "map")) return map->text;
  std::vector<std::string> columns;
  for (const auto& name : relation_fields(field))
    columns.push_back(database_name(*field_named(*declaration.block, name)));
  return foreign_key_name(database_name(*declaration.block), columns);
}

Result<void> check_foreign_key(const SchemaIndex& index, const RelationSide& side, const Declaration& target) {
  const auto& [file, block] = side.declaration;
  const auto* fields_list = relation_argument(*side.field, "fields");
  const auto* references_list = relation_argument(*side.field, "references");
  if (fields_list == nullptr || references_list == nullptr) {
    return refuse(*file, place_of(*side.field),
                  "the relation " + side.field->name + " of " + block->name + " lacks " +
                      (fields_list == nullptr ? "fields:" : "references:"),
                  "write @relation(fields: [" + side.field->name + "Id], references: [id])");
  }
  STRATA_TRY(const auto fields, columns_in(index, *file, *fields_list, *block, "fields:"));
  STRATA_TRY(const auto references, columns_in(index, *file, *references_list, *target.block, "references:"));
  STRATA_CHECK(check_types(side, *target.block, fields, references));
  STRATA_CHECK(check_referenced_unique(index, side, target, references));
  STRATA_CHECK(check_required(side, fields));
  return check_actions(*file, *side.field);
}

Result<void> check_foreign_key_names(const SchemaIndex& index, const Declaration& declaration) {
  const auto& [file, block] = declaration;
  STRATA_TRY(const auto criteria, criteria_of(index, declaration));
  std::map<std::string, std::string> names;
  for (const auto& criterion : criteria) {
    names.emplace(database_name(declaration, criterion), (criterion.of_block ? "@@" : "@") + criterion.attribute->name);
  }
  for (const auto& entry : block->entries) {
    if (entry.kind != Entry::Kind::field || relation_argument(entry, "fields") == nullptr) continue;
    const auto name = foreign_key_name(declaration, entry);
    const auto [known, is_new] = names.emplace(name, "the relation " + entry.name);
    if (is_new) continue;
    return refuse(*file, place_of(entry),
                  "\"" + name + "\" is the name of both " + known->second + " and the relation " + entry.name + " of " +
                      block->name,
                  "give one of them another name: map: \"\xe2\x80\xa6\"");
  }
  return {};
}

}  // namespace strata::prisma
