#include "core/forecast/world.h"

#include <algorithm>
#include <array>

namespace strata {

namespace {

constexpr std::array<ObjectKind, 4> relation_kinds = {ObjectKind::table, ObjectKind::view,
                                                      ObjectKind::materialized_view, ObjectKind::sequence};

// Properties that name relations, or what lies in them.
constexpr std::array<const char*, 4> naming_properties = {"references", "partition_of", "inherits", "owned_by"};

// The relation itself, or a part of it.
bool is_of(const DatabaseObject& object, const RelationName& relation) {
  if (object.schema != relation.schema) return false;
  if (!object.parent.empty()) return object.parent == relation.name;
  return object.name == relation.name && object.kind != ObjectKind::function;
}

}  // namespace

World::World(const Inventory& inventory, std::string schema) : schema_(std::move(schema)) {
  for (const auto& object : inventory.objects) put(object);
  begin_migration();
}

void World::begin_migration() {
  search_path_ = {schema_};
  time_zone_ = "UTC";
}

template <typename Exists>
std::optional<RelationName> World::resolve(const RelationName& written, const Exists& exists) const {
  if (!written.schema.empty()) return exists(written) ? std::optional(written) : std::nullopt;
  for (const auto& schema : search_path_) {
    if (exists(RelationName{schema, written.name})) return RelationName{schema, written.name};
  }
  return std::nullopt;
}

std::optional<RelationName> World::relation_named(const RelationName& written) const {
  return resolve(written, [&](const RelationName& name) { return relation(name) != nullptr; });
}

std::optional<RelationName> World::index_named(const RelationName& written) const {
  return resolve(written, [&](const RelationName& name) { return table_of_index(name).has_value(); });
}

std::optional<RelationName> World::type_named(const RelationName& written) const {
  return resolve(written, [&](const RelationName& name) { return type(name) != nullptr; });
}

RelationName World::place_for(const RelationName& written) const {
  if (!written.schema.empty() || search_path_.empty()) return written;
  return {search_path_.front(), written.name};
}

std::vector<const DatabaseObject*> World::functions_named(const RelationName& written) const {
  std::vector<const DatabaseObject*> found;
  const auto schemas = written.schema.empty() ? search_path_ : std::vector{written.schema};
  for (const auto& schema : schemas) {
    const auto begin = written.name + "(";
    for (const auto* function : parts_of({schema, ""}, ObjectKind::function)) {
      if (function->name.starts_with(begin)) found.push_back(function);
    }
  }
  return found;
}

const DatabaseObject* World::find(ObjectKind kind, const RelationName& table, const std::string& name) const {
  const auto of_kind = objects_.find(kind);
  if (of_kind == objects_.end()) return nullptr;
  const auto found = of_kind->second.find(Key{table.schema, table.name, name});
  return found == of_kind->second.end() ? nullptr : &found->second;
}

const DatabaseObject* World::type(const RelationName& name) const {
  return find(ObjectKind::type, {name.schema, ""}, name.name);
}

const DatabaseObject* World::relation(const RelationName& name) const {
  for (const auto kind : relation_kinds) {
    if (const auto* found = find(kind, {name.schema, ""}, name.name)) return found;
  }
  const auto* composite = type(name);
  return composite != nullptr && composite->property("form") == "composite" ? composite : nullptr;
}

std::vector<const DatabaseObject*> World::parts_of(const RelationName& table, ObjectKind kind) const {
  std::vector<const DatabaseObject*> parts;
  const auto of_kind = objects_.find(kind);
  if (of_kind == objects_.end()) return parts;
  const auto begin = of_kind->second.lower_bound(Key{table.schema, table.name, ""});
  for (auto at = begin; at != of_kind->second.end() && table_of(at->second) == table; ++at)
    parts.push_back(&at->second);
  return parts;
}

std::vector<const DatabaseObject*> World::all(ObjectKind kind) const {
  std::vector<const DatabaseObject*> found;
  const auto of_kind = objects_.find(kind);
  if (of_kind == objects_.end()) return found;
  for (const auto& [key, object] : of_kind->second) found.push_back(&object);
  return found;
}

std::optional<RelationName> World::table_of_index(const RelationName& index) const {
  for (const auto kind : {ObjectKind::index, ObjectKind::constraint}) {
    for (const auto* object : all(kind)) {
      const bool is_index = kind == ObjectKind::index || makes_index(*object);
      if (is_index && object->schema == index.schema && object->name == index.name) return table_of(*object);
    }
  }
  return std::nullopt;
}

void World::create(DatabaseObject relation) {
  new_.insert(name_of(relation));
  put(std::move(relation));
}

void World::put(DatabaseObject object) {
  Key key{object.schema, object.parent, object.name};
  auto& of_kind = objects_[object.kind];
  of_kind.insert_or_assign(std::move(key), std::move(object));
}

void World::erase(ObjectKind kind, const RelationName& table, const std::string& name) {
  objects_[kind].erase(Key{table.schema, table.name, name});
}

void World::drop(const RelationName& relation) {
  for (const auto& sequence : sequences_of(relation)) erase(ObjectKind::sequence, {sequence.schema, ""}, sequence.name);
  for (auto& [kind, objects] : objects_) {
    std::erase_if(objects, [&](const auto& entry) { return is_of(entry.second, relation); });
  }
  new_.erase(relation);
  filled_.erase(relation);
  first_names_.erase(relation);
}

RelationName World::first_name_of(const RelationName& relation) const {
  const auto found = first_names_.find(relation);
  return found == first_names_.end() ? relation : found->second;
}

void World::rename(const RelationName& from, const RelationName& to) {
  std::vector<DatabaseObject> moved;
  for (auto& [kind, objects] : objects_) {
    for (auto at = objects.begin(); at != objects.end();) {
      auto& object = at->second;
      for (const auto* property : naming_properties) {
        const auto names = object.properties.find(property);
        if (names != object.properties.end()) names->second = with_renamed(names->second, from, to);
      }
      if (!is_of(object, from)) {
        ++at;
        continue;
      }
      object.schema = to.schema;
      (object.parent.empty() ? object.name : object.parent) = to.name;
      moved.push_back(std::move(object));
      at = objects.erase(at);
    }
  }
  for (auto& object : moved) put(std::move(object));
  if (new_.erase(from) == 1) new_.insert(to);
  if (filled_.erase(from) == 1) filled_.insert(to);
  first_names_[to] = first_name_of(from);
  first_names_.erase(from);
}

}  // namespace strata
