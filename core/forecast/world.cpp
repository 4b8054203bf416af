#include "core/forecast/world.h"

#include <algorithm>
#include <array>

namespace strata {

namespace {

constexpr std::array<ObjectKind, 4> relation_kinds = {ObjectKind::table, ObjectKind::view,
                                                      ObjectKind::materialized_view, ObjectKind::sequence};

// Properties that name relations, or what lies in them.
constexpr std::array<const char*, 4> naming_properties = {"references", "partition_of", "inherits", "owned_by"};

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
    for (auto at = objects_.lower_bound(Key{schema, "", ObjectKind::function, begin});
         at != objects_.end() && at->second.kind == ObjectKind::function && at->second.schema == schema &&
         at->second.name.starts_with(begin);
         ++at)
      found.push_back(&at->second);
  }
  return found;
}

const DatabaseObject* World::find(ObjectKind kind, const RelationName& table, const std::string& name) const {
  const auto found = objects_.find(Key{table.schema, table.name, kind, name});
  return found == objects_.end() ? nullptr : &found->second;
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
  for (auto at = objects_.lower_bound(Key{table.schema, table.name, kind, ""}); at != objects_.end(); ++at) {
    if (at->second.kind != kind || !(table_of(at->second) == table)) break;
    parts.push_back(&at->second);
  }
  return parts;
}

std::vector<const DatabaseObject*> World::all(ObjectKind kind) const {
  std::vector<const DatabaseObject*> found;
  for (const auto& [key, object] : objects_) {
    if (object.kind == kind) found.push_back(&object);
  }
  return found;
}

std::optional<RelationName> World::table_of_index(const RelationName& index) const {
  for (auto at = objects_.lower_bound(Key{index.schema, "", {}, ""});
       at != objects_.end() && at->second.schema == index.schema; ++at) {
    const auto& object = at->second;
    const bool is_index =
        object.kind == ObjectKind::index || (object.kind == ObjectKind::constraint && makes_index(object));
    if (is_index && object.name == index.name) return table_of(object);
  }
  return std::nullopt;
}

void World::create(DatabaseObject relation) {
  new_.insert(name_of(relation));
  put(std::move(relation));
}

void World::put(DatabaseObject object) {
  Key key{object.schema, object.parent, object.kind, object.name};
  objects_.insert_or_assign(std::move(key), std::move(object));
}

void World::erase(ObjectKind kind, const RelationName& table, const std::string& name) {
  objects_.erase(Key{table.schema, table.name, kind, name});
}

void World::drop(const RelationName& relation) {
  for (const auto& sequence : sequences_of(relation))
    objects_.erase({sequence.schema, "", ObjectKind::sequence, sequence.name});
  std::erase_if(objects_, [&](const auto& entry) {
    const auto& object = entry.second;
    const bool is_it = object.parent.empty() && object.name == relation.name && object.kind != ObjectKind::function;
    return object.schema == relation.schema && (is_it || object.parent == relation.name);
  });
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
  for (auto at = objects_.begin(); at != objects_.end();) {
    auto& object = at->second;
    for (const auto* property : naming_properties) {
      auto all = object.properties.find(property);
      if (all == object.properties.end()) continue;
      all->second = with_renamed(all->second, from, to);
    }
    const bool is_it = object.parent.empty() && object.name == from.name && object.kind != ObjectKind::function;
    if (object.schema != from.schema || (!is_it && object.parent != from.name)) {
      ++at;
      continue;
    }
    moved.push_back(std::move(object));
    at = objects_.erase(at);
    moved.back().schema = to.schema;
    (is_it ? moved.back().name : moved.back().parent) = to.name;
  }
  for (auto& object : moved) put(std::move(object));
  if (new_.erase(from) == 1) new_.insert(to);
  if (filled_.erase(from) == 1) filled_.insert(to);
  first_names_[to] = first_name_of(from);
  first_names_.erase(from);
}

}  // namespace strata
