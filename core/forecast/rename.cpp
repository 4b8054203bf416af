// RENAME, of everything that has a name.
#include "core/forecast/analysis.h"

#include <map>

namespace strata {

namespace {

// The part of a relation that each renames; nullopt stands for the relation itself.
const std::map<std::string_view, ObjectKind> parts = {{"OBJECT_COLUMN", ObjectKind::column},
                                                      {"OBJECT_ATTRIBUTE", ObjectKind::column},
                                                      {"OBJECT_TABCONSTRAINT", ObjectKind::constraint},
                                                      {"OBJECT_TRIGGER", ObjectKind::trigger},
                                                      {"OBJECT_RULE", ObjectKind::rule},
                                                      {"OBJECT_POLICY", ObjectKind::policy}};

void rename_part(World& world, ObjectKind kind, const RelationName& table, const std::string& from,
                 const std::string& to) {
  const auto* found = world.find(kind, table, from);
  if (found == nullptr) return;
  auto part = *found;
  part.name = to;
  world.erase(kind, table, from);
  world.put(std::move(part));
}

// Constraints and indexes name the columns that they stand on.
void rename_in_lists(World& world, const RelationName& table, const std::string& from, const std::string& to) {
  for (const auto kind : {ObjectKind::constraint, ObjectKind::index}) {
    for (const auto* part : world.parts_of(table, kind)) {
      auto changed = *part;
      std::string columns;
      for (const auto& column : split_list(part->property("columns")))
        columns += (columns.empty() ? "" : ", ") + quoted({"", column == from ? to : column});
      if (!columns.empty()) changed.properties["columns"] = columns;
      world.put(std::move(changed));
    }
  }
}

void rename_index(Analysis& analysis, const RelationName& written, const std::string& to) {
  const auto index = analysis.world.index_named(written);
  if (!index) return;
  const auto table = *analysis.world.table_of_index(*index);
  for (const auto kind : {ObjectKind::index, ObjectKind::constraint})
    rename_part(analysis.world, kind, table, index->name, to);
}

void rename_type(Analysis& analysis, const RelationName& written, const std::string& to) {
  const auto type = analysis.world.type_named(written);
  if (!type) return;
  analysis.lock(*type, LockMode::access_exclusive, "it is renamed");
  auto renamed = *analysis.world.type(*type);
  analysis.world.erase(ObjectKind::type, {type->schema, ""}, type->name);
  renamed.name = to;
  analysis.world.put(std::move(renamed));
  for (const auto* column : analysis.world.all(ObjectKind::column)) {
    if (qualified_name(column->property("type")) != *type) continue;
    auto changed = *column;
    changed.properties["type"] = printed(RelationName{type->schema, to});
    analysis.world.put(std::move(changed));
  }
}

}  // namespace

void rename(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  const auto& type = statement.text("renameType");
  const auto& to = statement.text("newname");
  const auto written = written_name(statement["relation"]);
  if (type == "OBJECT_TYPE" || type == "OBJECT_DOMAIN")
    return rename_type(analysis, written_name(strings_of(statement["object"])), to);
  const auto relation = world.relation_named(written);
  if (!statement["relation"].is_there()) return;
  if (!relation) return rename_index(analysis, written, to);
  const auto part = parts.find(type);
  if (part == parts.end()) {
    analysis.lock(*relation, LockMode::access_exclusive, "it is renamed");
    world.rename(*relation, {relation->schema, to});
    return;
  }
  const auto& from = statement.text("subname");
  for (const auto& member : analysis.family_of(*relation, statement["relation"])) {
    analysis.lock(member, LockMode::access_exclusive, std::string(name_of(part->second)) + " " + from + " is renamed");
    rename_part(world, part->second, member, from, to);
    if (part->second == ObjectKind::column) rename_in_lists(world, member, from, to);
  }
}

}  // namespace strata
