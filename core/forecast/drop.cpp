// DROP: what goes with an object, and who is locked over it.
#include "core/forecast/analysis.h"
#include "core/forecast/type_name.h"

namespace strata {

namespace {

void drop_relation(Analysis& analysis, const RelationName& relation, bool cascades) {
  auto& world = analysis.world;
  const auto* object = world.relation(relation);
  if (object == nullptr) return;
  analysis.drop(relation, "DROP");
  for (const auto& parent : qualified_names(object->property("partition_of"))) {
    analysis.lock(parent, LockMode::access_exclusive, "its partition " + relation.name + " is dropped");
    if (const auto other = world.default_partition_of(parent); other && !(*other == relation))
      analysis.lock(*other, LockMode::access_exclusive, "partition " + relation.name + " is dropped");
  }
  for (const auto& constraint : names_of(world.parts_of(relation, ObjectKind::constraint)))
    drop_one_constraint(analysis, relation, constraint, cascades);
  for (const auto* reference : world.references_to(relation)) {
    if (!cascades || table_of(*reference) == relation) continue;
    analysis.lock_all(analysis.with_partitions(table_of(*reference)), LockMode::access_exclusive,
                      "its foreign key " + reference->name + " is dropped");
    world.erase(ObjectKind::constraint, table_of(*reference), reference->name);
  }
  for (const auto& sequence : world.sequences_of(relation)) analysis.drop(sequence, "dropped with its table");
}

void drop_relations(Analysis& analysis, const std::vector<RelationName>& relations, bool cascades) {
  for (const auto& relation : relations) drop_relation(analysis, relation, cascades);
  for (const auto& relation : relations) analysis.world.drop(relation);
}

// Its partitions go with a partitioned table, inheriting tables only by CASCADE.
void drop_named_relation(Analysis& analysis, const RelationName& written, bool cascades) {
  const auto relation = analysis.world.relation_named(written);
  if (!relation) return;
  std::vector<RelationName> relations{*relation};
  if (cascades || analysis.is_partitioned(*relation)) {
    for (auto& descendant : analysis.world.descendants_of(*relation)) relations.push_back(std::move(descendant));
  }
  drop_relations(analysis, relations, cascades);
}

void drop_index(Analysis& analysis, const RelationName& written, bool concurrently) {
  auto& world = analysis.world;
  const auto index = world.index_named(written);
  if (!index) return;
  const auto table = *world.table_of_index(*index);
  analysis.lock_all(analysis.with_partitions(table),
                    concurrently ? LockMode::share_update_exclusive : LockMode::access_exclusive,
                    "index " + index->name + " is dropped");
  world.erase(ObjectKind::index, table, index->name);
}

void drop_part(Analysis& analysis, ObjectKind kind, const std::vector<std::string>& parts) {
  if (parts.size() < 2) return;
  const auto table = analysis.world.relation_named(written_name({parts.begin(), parts.end() - 1}));
  if (!table) return;
  analysis.lock(*table, LockMode::access_exclusive, std::string(name_of(kind)) + " " + parts.back() + " is dropped");
  analysis.world.erase(kind, *table, parts.back());
}

// CASCADE drops the columns of the type, and of the domains made of it.
void drop_type(Analysis& analysis, const RelationName& written, bool cascades) {
  auto& world = analysis.world;
  const auto type = world.type_named(written);
  if (!type) return;
  for (const auto* column : cascades ? world.all(ObjectKind::column) : std::vector<const DatabaseObject*>{}) {
    const auto of_column = printed_type(column->property("type"));
    const bool is_of_it = of_column.name == printed(*type) || base_of(of_column, world).name == printed(*type);
    if (!is_of_it) continue;
    const auto table = table_of(*column);
    analysis.lock(table, LockMode::access_exclusive, "its column " + column->name + " is dropped");
    world.erase(ObjectKind::column, table, column->name);
  }
  drop_relations(analysis, {*type}, cascades);
}

void drop_schema(Analysis& analysis, const std::string& schema, bool cascades) {
  if (!cascades) return;
  std::vector<RelationName> relations;
  for (const auto kind : {ObjectKind::table, ObjectKind::view, ObjectKind::materialized_view, ObjectKind::sequence}) {
    for (const auto* object : analysis.world.all(kind)) {
      if (object->schema == schema) relations.push_back(name_of(*object));
    }
  }
  drop_relations(analysis, relations, true);
}

void drop_function(Analysis& analysis, const RelationName& written, bool cascades) {
  auto& world = analysis.world;
  for (const auto* function : world.functions_named(written)) {
    const auto name = function->schema + "." + written.name;
    for (const auto* trigger : cascades ? world.all(ObjectKind::trigger) : std::vector<const DatabaseObject*>{}) {
      const auto& called = trigger->property("function");
      if (called.substr(0, called.find('(')) != name) continue;
      analysis.lock(table_of(*trigger), LockMode::access_exclusive, "its trigger " + trigger->name + " is dropped");
    }
  }
  if (cascades) analysis.cannot_tell("what else depends on function " + written.name);
}

void drop_statistics(Analysis& analysis, const RelationName& written) {
  for (const auto* statistics : analysis.world.all(ObjectKind::statistics)) {
    const bool is_it =
        statistics->name == written.name && (written.schema.empty() || statistics->schema == written.schema);
    if (is_it)
      analysis.lock(table_of(*statistics), LockMode::share_update_exclusive,
                    "statistics " + written.name + " are dropped");
  }
}

}  // namespace

void drop_objects(Analysis& analysis, const Node& statement) {
  const auto& type = statement.text("removeType");
  const bool cascades = statement.text("behavior") == "DROP_CASCADE";
  for (const auto& node : statement["objects"].items) {
    const auto parts = node.is("TypeName")         ? strings_of(node["names"])
                       : node.is("ObjectWithArgs") ? strings_of(node["objname"])
                       : node.is("String")         ? std::vector{string_of(node)}
                                                   : strings_of(node);
    const auto written = written_name(parts);
    if (type == "OBJECT_TABLE" || type == "OBJECT_VIEW" || type == "OBJECT_MATVIEW" || type == "OBJECT_SEQUENCE" ||
        type == "OBJECT_FOREIGN_TABLE") {
      drop_named_relation(analysis, written, cascades);
    } else if (type == "OBJECT_INDEX") {
      drop_index(analysis, written, statement.flag("concurrent"));
    } else if (type == "OBJECT_TRIGGER") {
      drop_part(analysis, ObjectKind::trigger, parts);
    } else if (type == "OBJECT_RULE") {
      drop_part(analysis, ObjectKind::rule, parts);
    } else if (type == "OBJECT_POLICY") {
      drop_part(analysis, ObjectKind::policy, parts);
    } else if (type == "OBJECT_TYPE" || type == "OBJECT_DOMAIN") {
      drop_type(analysis, written, cascades);
    } else if (type == "OBJECT_SCHEMA") {
      drop_schema(analysis, string_of(node), cascades);
    } else if (type == "OBJECT_STATISTIC_EXT") {
      drop_statistics(analysis, written);
    } else if (type == "OBJECT_FUNCTION" || type == "OBJECT_PROCEDURE" || type == "OBJECT_ROUTINE") {
      drop_function(analysis, written, cascades);
    } else if (cascades) {
      analysis.cannot_tell("what depends on " + printed(written));
    }
  }
}

}  // namespace strata
