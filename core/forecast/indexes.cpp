// Indexes: what building one reads, and who waits meanwhile.
#include "core/forecast/analysis.h"

#include <algorithm>

namespace strata {

namespace {

DatabaseObject index_of(const RelationName& table, const std::string& name, const Node& statement) {
  DatabaseObject index{.kind = ObjectKind::index, .schema = table.schema, .parent = table.name, .name = name};
  std::string columns;
  for (const auto& element : statement["indexParams"].items) {
    const auto column = element.has("name") ? quoted({"", element.text("name")}) : "(expression)";
    columns += (columns.empty() ? "" : ", ") + column;
  }
  index.properties["columns"] = columns;
  if (statement.flag("unique")) index.properties["unique"] = "true";
  if (statement.has("whereClause")) index.properties["partial"] = "true";
  return index;
}

// As the server names what the statement does not.
std::string usual_name(const RelationName& table, const Node& statement) {
  auto name = table.name;
  for (const auto& element : statement["indexParams"].items)
    name += "_" + (element.has("name") ? element.text("name") : std::string("expr"));
  return name + "_idx";
}

bool is_like(const DatabaseObject& wanted, const DatabaseObject& other) {
  const auto is_unique = [](const DatabaseObject& one) {
    return one.kind == ObjectKind::constraint || !one.property("unique").empty();
  };
  const auto columns = split_list(wanted.property("columns"));
  const bool has_expression = std::find(columns.begin(), columns.end(), "(expression)") != columns.end();
  return columns == split_list(other.property("columns")) && !has_expression &&
         (!is_unique(wanted) || is_unique(other));
}

bool is_concurrent(const Node& statement) {
  const auto& options = statement["params"].items;
  return std::any_of(options.begin(), options.end(), [](const Node& option) {
    const auto& value = option["arg"];
    return option.text("defname") == "concurrently" && string_of(value) != "false" && string_of(value) != "off" &&
           !(value.is("Integer") && value.text("ival").empty());
  });
}

void rebuild_all(Analysis& analysis, const RelationName& table, LockMode mode) {
  analysis.lock(table, mode, "REINDEX");
  for (const auto* index : analysis.world.indexes_of(table)) analysis.rebuild(table, index->name, "REINDEX");
}

}  // namespace

bool has_index_like(const World& world, const RelationName& table, const DatabaseObject& wanted) {
  const auto indexes = world.indexes_of(table);
  return std::any_of(indexes.begin(), indexes.end(), [&](const auto* index) { return is_like(wanted, *index); });
}

void create_index(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  const auto table = world.relation_named(written_name(statement["relation"]));
  if (!table) return analysis.cannot_find(written_name(statement["relation"]));
  const auto name = statement.has("idxname") ? statement.text("idxname") : usual_name(*table, statement);
  const bool is_there = statement.flag("if_not_exists") && world.table_of_index({table->schema, name});
  const auto mode = statement.flag("concurrent") ? LockMode::share_update_exclusive : LockMode::share;
  const auto index = index_of(*table, name, statement);
  // Inheriting tables have no part in an index; partitions have, unless it is made ON ONLY the whole.
  const auto family = statement["relation"].flag("inh") ? analysis.with_partitions(*table) : std::vector{*table};
  for (const auto& member : family) {
    analysis.lock(member, mode, "index " + name + " is built");
    if (is_there) return;
    const bool is_attached = member != *table && has_index_like(world, member, index);
    if (!is_attached) analysis.scan(member, "index " + name + " is built");
  }
  world.put(index);
}

void reindex(Analysis& analysis, const Node& statement) {
  const auto& world = analysis.world;
  const auto mode = is_concurrent(statement) ? LockMode::share_update_exclusive : LockMode::share;
  const auto& kind = statement.text("kind");
  if (kind == "REINDEX_OBJECT_INDEX") {
    const auto index = world.index_named(written_name(statement["relation"]));
    if (!index) return;
    const auto table = *world.table_of_index(*index);
    analysis.lock(table, mode, "REINDEX");
    analysis.rebuild(table, index->name, "REINDEX");
  } else if (kind == "REINDEX_OBJECT_TABLE") {
    const auto table = world.relation_named(written_name(statement["relation"]));
    if (!table) return;
    for (const auto& member : analysis.with_partitions(*table)) rebuild_all(analysis, member, mode);
  } else {
    for (const auto* table : world.all(ObjectKind::table)) {
      const bool is_meant = kind == "REINDEX_OBJECT_DATABASE" || table->schema == statement.text("name");
      if (is_meant) rebuild_all(analysis, name_of(*table), mode);
    }
  }
}

}  // namespace strata
