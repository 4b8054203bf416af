// Who a table has to do with: partitions, heirs, sequences, the other side of foreign keys.
#include "core/forecast/world.h"

#include <algorithm>

namespace strata {

namespace {

bool names(const DatabaseObject& object, const char* property, const RelationName& wanted) {
  const auto& printed = object.property(property);
  if (printed.empty()) return false;
  const auto all = qualified_names(printed);
  return std::find(all.begin(), all.end(), wanted) != all.end();
}

// The table, and the partitioned ones that it is a part of: their keys and indexes are its own as well, and an
// inventory has them once.
std::vector<RelationName> with_partitioned(const World& world, const RelationName& table) {
  std::vector<RelationName> tables{table};
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto* object = world.relation(tables[i]);
    if (object == nullptr) continue;
    for (auto& parent : qualified_names(object->property("partition_of"))) {
      if (std::find(tables.begin(), tables.end(), parent) == tables.end()) tables.push_back(std::move(parent));
    }
  }
  return tables;
}

}  // namespace

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
  const auto tables = with_partitioned(*this, table);
  std::vector<const DatabaseObject*> found;
  for (const auto* constraint : all(ObjectKind::constraint)) {
    const bool is_one = std::any_of(tables.begin(), tables.end(),
                                    [&](const auto& one) { return names(*constraint, "references", one); });
    if (is_one && constraint->property("form") == "foreign key") found.push_back(constraint);
  }
  return found;
}

std::vector<const DatabaseObject*> World::foreign_keys_of(const RelationName& table) const {
  std::vector<const DatabaseObject*> found;
  for (const auto& one : with_partitioned(*this, table)) {
    for (const auto* constraint : parts_of(one, ObjectKind::constraint)) {
      if (constraint->property("form") == "foreign key") found.push_back(constraint);
    }
  }
  return found;
}

std::vector<const DatabaseObject*> World::indexes_of(const RelationName& table) const {
  std::vector<const DatabaseObject*> found;
  for (const auto& one : with_partitioned(*this, table)) {
    for (const auto* index : parts_of(one, ObjectKind::index)) {
      // One that is made ON ONLY the partitioned table is invalid until every partition has it.
      if (one == table || index->property("invalid").empty()) found.push_back(index);
    }
    for (const auto* constraint : parts_of(one, ObjectKind::constraint)) {
      if (makes_index(*constraint)) found.push_back(constraint);
    }
  }
  return found;
}

bool makes_index(const DatabaseObject& constraint) {
  const auto& form = constraint.property("form");
  return form == "primary key" || form == "unique" || form == "exclusion";
}

std::vector<std::string> names_of(const std::vector<const DatabaseObject*>& objects) {
  std::vector<std::string> all;
  for (const auto* object : objects) all.push_back(object->name);
  return all;
}

bool stands_on(const DatabaseObject& part, const std::string& column) {
  const auto columns = split_list(part.property("columns"));
  return std::find(columns.begin(), columns.end(), column) != columns.end();
}

std::vector<const DatabaseObject*> parts_on(const World& world, const RelationName& table, ObjectKind kind,
                                            const std::string& column) {
  auto parts = world.parts_of(table, kind);
  std::erase_if(parts, [&](const auto* part) { return !stands_on(*part, column); });
  return parts;
}

RelationName written_name(const Node& range_var) {
  return {range_var.text("schemaname"), range_var.text("relname")};
}

RelationName written_name(const std::vector<std::string>& parts) {
  if (parts.empty()) return {};
  return parts.size() == 1 ? RelationName{"", parts[0]} : RelationName{parts[parts.size() - 2], parts.back()};
}

}  // namespace strata
