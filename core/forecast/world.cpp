#include "core/forecast/world.h"

#include <algorithm>
#include <array>

namespace strata {

namespace {

constexpr std::array<ObjectKind, 4> relation_kinds = {ObjectKind::table, ObjectKind::view,
                                                      ObjectKind::materialized_view, ObjectKind::sequence};

// Properties that name relations, or what lies in them.
constexpr std::array<const char*, 4> naming_properties = {"references", "partition_of", "inherits", "owned_by"};

bool names(const DatabaseObject& object, const char* property, const RelationName& wanted) {
  const auto all = qualified_names(object.property(property));
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

}  // namespace

bool makes_index(const DatabaseObject& constraint) {
  const auto& form = constraint.property("form");
  return form == "primary key" || form == "unique" || form == "exclusion";
}

std::vector<std::string> names_of(const std::vector<const DatabaseObject*>& objects) {
  std::vector<std::string> all;
  for (const auto* object : objects) all.push_back(object->name);
  return all;
}

std::vector<const DatabaseObject*> parts_on(const World& world, const RelationName& table, ObjectKind kind,
                                            const std::string& column) {
  auto parts = world.parts_of(table, kind);
  std::erase_if(parts, [&](const auto* part) {
    const auto columns = split_list(part->property("columns"));
    return std::find(columns.begin(), columns.end(), column) == columns.end();
  });
  return parts;
}

RelationName written_name(const Node& range_var) {
  return {range_var.text("schemaname"), range_var.text("relname")};
}

RelationName written_name(const std::vector<std::string>& parts) {
  if (parts.empty()) return {};
  return parts.size() == 1 ? RelationName{"", parts[0]} : RelationName{parts[parts.size() - 2], parts.back()};
}

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

std::vector<RelationName> World::descendants_of(const RelationName& table) const {
  const auto tables = all(ObjectKind::table);
  std::vector<RelationName> found;
  std::set<RelationName> seen{table};
  for (std::size_t next = 0; next <= found.size(); ++next) {
    const auto parent = next == 0 ? table : found[next - 1];
    for (const auto* child : tables) {
      const bool is_one = names(*child, "partition_of", parent) || names(*child, "inherits", parent);
      if (is_one && seen.insert(name_of(*child)).second) found.push_back(name_of(*child));
    }
  }
  return found;
}

std::optional<RelationName> World::default_partition_of(const RelationName& table) const {
  for (const auto* child : all(ObjectKind::table)) {
    if (names(*child, "partition_of", table) && child->property("bound") == "DEFAULT") return name_of(*child);
  }
  return std::nullopt;
}

std::vector<RelationName> World::sequences_of(const RelationName& table) const {
  std::vector<RelationName> found;
  for (const auto* sequence : all(ObjectKind::sequence)) {
    if (names(*sequence, "owned_by", table)) found.push_back(name_of(*sequence));
  }
  return found;
}

std::vector<const DatabaseObject*> World::references_to(const RelationName& table) const {
  std::vector<const DatabaseObject*> found;
  for (const auto* constraint : all(ObjectKind::constraint)) {
    if (constraint->property("form") == "foreign key" && names(*constraint, "references", table))
      found.push_back(constraint);
  }
  return found;
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
}

void World::rename(const RelationName& from, const RelationName& to) {
  std::vector<DatabaseObject> moved;
  for (auto at = objects_.begin(); at != objects_.end();) {
    auto& object = at->second;
    for (const auto* property : naming_properties) {
      auto all = object.properties.find(property);
      if (all == object.properties.end() || !names(object, property, from)) continue;
      std::string changed;
      for (const auto& name : qualified_names(all->second))
        changed += (changed.empty() ? "" : ", ") + quoted(name == from ? to : name);
      all->second = std::move(changed);
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
}

}  // namespace strata
