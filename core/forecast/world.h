// What the database holds before a statement: the inventory, and what earlier statements of the plan have made of it.
#pragma once

#include "core/forecast/names.h"
#include "core/forecast/node.h"
#include "core/inventory/inventory.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace strata {

class World {
 public:
  // `schema`: where names without one are looked up. Every migration begins with that, and with the time zone UTC.
  World(const Inventory& inventory, std::string schema);

  void begin_migration();
  // SET and set_config of search_path and TimeZone, as they hold for what follows in the migration.
  void set_search_path(std::vector<std::string> schemas) { search_path_ = std::move(schemas); }
  void set_time_zone(std::string zone) { time_zone_ = std::move(zone); }
  const std::string& time_zone() const { return time_zone_; }

  // A name as a statement writes it: of the relation (or index, or type) that it means. Null: there is none.
  std::optional<RelationName> relation_named(const RelationName& written) const;
  std::optional<RelationName> index_named(const RelationName& written) const;
  std::optional<RelationName> type_named(const RelationName& written) const;
  RelationName place_for(const RelationName& written) const;  // where CREATE puts it
  std::vector<const DatabaseObject*> functions_named(const RelationName& written) const;

  // A table, view, materialized view or sequence, or a composite type; null: none of that name.
  const DatabaseObject* relation(const RelationName& name) const;
  const DatabaseObject* find(ObjectKind kind, const RelationName& table, const std::string& name) const;
  std::vector<const DatabaseObject*> parts_of(const RelationName& table, ObjectKind kind) const;
  std::vector<const DatabaseObject*> all(ObjectKind kind) const;
  const DatabaseObject* type(const RelationName& name) const;
  std::optional<RelationName> table_of_index(const RelationName& index) const;

  // Partitions and inheriting tables, of every level.
  std::vector<RelationName> descendants_of(const RelationName& table) const;
  std::optional<RelationName> default_partition_of(const RelationName& table) const;
  std::vector<RelationName> sequences_of(const RelationName& table) const;
  // Foreign keys and indexes (or constraints that have one), also those of the partitioned table that it is a part of;
  // and foreign keys that point to it.
  std::vector<const DatabaseObject*> foreign_keys_of(const RelationName& table) const;
  std::vector<const DatabaseObject*> indexes_of(const RelationName& table) const;
  std::vector<const DatabaseObject*> references_to(const RelationName& table) const;

  bool is_new(const RelationName& relation) const { return new_.count(relation) == 1; }
  bool is_empty(const RelationName& table) const { return is_new(table) && filled_.count(table) == 0; }
  // What it was called before the plan.
  RelationName first_name_of(const RelationName& relation) const;

  // What a statement does.
  void create(DatabaseObject relation);  // new in this plan
  void put(DatabaseObject object);       // in place of the one of its key
  void erase(ObjectKind kind, const RelationName& table, const std::string& name);
  void fill(const RelationName& table) { filled_.insert(table); }  // it may have rows from now on
  void drop(const RelationName& relation);                         // with its parts and its sequences
  void rename(const RelationName& from, const RelationName& to);

 private:
  using Key = std::tuple<std::string, std::string, std::string>;  // schema, parent, name

  template <typename Exists>
  std::optional<RelationName> resolve(const RelationName& written, const Exists& exists) const;

  // By kind, since most questions are about all tables, or all constraints.
  std::map<ObjectKind, std::map<Key, DatabaseObject>> objects_;
  std::set<RelationName> new_;
  std::set<RelationName> filled_;
  std::map<RelationName, RelationName> first_names_;  // of what was renamed
  std::string schema_;
  std::vector<std::string> search_path_;
  std::string time_zone_;
};

inline RelationName name_of(const DatabaseObject& relation) {
  return {relation.schema, relation.name};
}
inline RelationName table_of(const DatabaseObject& part) {
  return {part.schema, part.parent};
}
std::vector<std::string> names_of(const std::vector<const DatabaseObject*>& objects);
bool stands_on(const DatabaseObject& part, const std::string& column);
// The table's constraints or indexes that stand on the column; those of expressions do not say so.
std::vector<const DatabaseObject*> parts_on(const World& world, const RelationName& table, ObjectKind kind,
                                            const std::string& column);
bool makes_index(const DatabaseObject& constraint);  // primary key, unique, exclusion
// A name in a statement: of a RangeVar, or of a list of strings.
RelationName written_name(const Node& range_var);
RelationName written_name(const std::vector<std::string>& parts);

}  // namespace strata
