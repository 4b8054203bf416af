// Tables as a whole: made, emptied, renamed, looked after.
#include "core/forecast/analysis.h"
#include "core/forecast/type_name.h"

#include <algorithm>

namespace strata {

namespace {

bool has_option(const Node& options, std::string_view name) {
  return std::any_of(options.items.begin(), options.items.end(), [&](const Node& option) {
    const auto& value = option["arg"];
    const bool is_off =
        string_of(value) == "false" || string_of(value) == "off" || (value.is("Integer") && value.text("ival").empty());
    return option.text("defname") == name && !is_off;
  });
}

void look_at_parents(Analysis& analysis, const Node& statement) {
  for (const auto& node : statement["inhRelations"].items) {
    const auto parent = analysis.world.relation_named(written_name(node));
    if (!parent) continue;
    if (!statement.has("partbound")) {
      analysis.lock(*parent, LockMode::share_update_exclusive, "a table inherits from it");
      continue;
    }
    analysis.lock(*parent, LockMode::access_exclusive, "it gets a partition");
    join_partitions(analysis, *parent, false);
  }
}

// Of a new table only what points to others matters: its partitions' parent and its foreign keys.
DatabaseObject new_table(Analysis& analysis, const RelationName& name, const Node& statement) {
  DatabaseObject table{.kind = ObjectKind::table, .schema = name.schema, .name = name.name};
  table.properties["form"] = statement.has("partspec") ? "partitioned" : "table";
  std::string parents;
  for (const auto& node : statement["inhRelations"].items) {
    const auto parent = analysis.world.relation_named(written_name(node));
    if (parent) parents += (parents.empty() ? "" : ", ") + quoted(*parent);
  }
  if (!parents.empty()) table.properties[statement.has("partbound") ? "partition_of" : "inherits"] = parents;
  if (statement["partbound"].flag("is_default")) table.properties["bound"] = "DEFAULT";
  return table;
}

void look_at_element(Analysis& analysis, const RelationName& table, const Node& element) {
  if (element.is("TableLikeClause")) {
    const auto like = analysis.world.relation_named(written_name(element["relation"]));
    if (like) analysis.lock(*like, LockMode::access_share, "a table is made like it");
  } else if (element.is("Constraint") && element.text("contype") == "CONSTR_FOREIGN") {
    add_foreign_key(analysis, table, element, strings_of(element["fk_attrs"]), false);
  } else if (element.is("ColumnDef")) {
    for (const auto& constraint : element["constraints"].items) {
      if (constraint.text("contype") == "CONSTR_FOREIGN")
        add_foreign_key(analysis, table, constraint, {element.text("colname")}, false);
    }
  }
}

}  // namespace

void create_table(Analysis& analysis, const Node& statement) {
  // CREATE FOREIGN TABLE has all of it one level deeper.
  const auto& create = statement.is("CreateForeignTableStmt") ? statement["base"] : statement;
  const auto name = analysis.world.place_for(written_name(create["relation"]));
  if (analysis.world.relation(name) != nullptr) return;  // IF NOT EXISTS, or refused
  look_at_parents(analysis, create);
  analysis.world.create(new_table(analysis, name, create));
  for (const auto& element : create["tableElts"].items) look_at_element(analysis, name, element);
}

void create_table_as(Analysis& analysis, const Node& statement) {
  const auto& into = statement["into"];
  const auto name = analysis.world.place_for(written_name(into["rel"]));
  if (analysis.world.relation(name) != nullptr) return;
  const bool is_view = statement.text("objtype") == "OBJECT_MATVIEW";
  read_query(analysis, statement["query"], !into.flag("skipData"),
             is_view ? "a materialized view is made of it" : "a table is made of it");
  DatabaseObject made{
      .kind = is_view ? ObjectKind::materialized_view : ObjectKind::table, .schema = name.schema, .name = name.name};
  if (!is_view) made.properties["form"] = "table";
  analysis.world.create(std::move(made));
  analysis.world.fill(name);
}

void truncate(Analysis& analysis, const Node& statement) {
  std::vector<RelationName> tables;
  const auto add = [&](const RelationName& table) {
    if (std::find(tables.begin(), tables.end(), table) == tables.end()) tables.push_back(table);
  };
  for (const auto& node : statement["relations"].items) {
    const auto table = analysis.world.relation_named(written_name(node));
    if (!table) continue;
    for (const auto& member : analysis.family_of(*table, node)) add(member);
  }
  const bool cascades = statement.text("behavior") == "DROP_CASCADE";
  for (std::size_t i = 0; i < tables.size(); ++i) {
    analysis.lock(tables[i], LockMode::access_exclusive, "TRUNCATE");
    analysis.empty(tables[i], "TRUNCATE");
    if (statement.flag("restart_seqs"))
      analysis.lock_all(analysis.world.sequences_of(tables[i]), LockMode::access_exclusive, "it begins again");
    if (!cascades) continue;
    for (const auto* reference : analysis.world.references_to(tables[i])) {
      for (const auto& member : analysis.with_partitions(table_of(*reference))) add(member);
    }
  }
}

void set_schema(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  const auto& range_var = statement["relation"];
  const auto relation = world.relation_named(written_name(range_var));
  const auto& schema = statement.text("newschema");
  if (!range_var.is_there() || !relation) return;
  analysis.lock(*relation, LockMode::access_exclusive, "it moves to schema " + schema);
  const auto sequences = world.sequences_of(*relation);
  analysis.lock_all(sequences, LockMode::access_exclusive, "it moves with its table");
  for (const auto& sequence : sequences) world.rename(sequence, {schema, sequence.name});
  world.rename(*relation, {schema, relation->name});
}

void comment(Analysis& analysis, const Node& statement) {
  const auto& type = statement.text("objtype");
  auto parts = strings_of(statement["object"]);
  const bool of_part =
      type == "OBJECT_TABCONSTRAINT" || type == "OBJECT_TRIGGER" || type == "OBJECT_RULE" || type == "OBJECT_POLICY";
  const bool of_column = type == "OBJECT_COLUMN";
  const bool of_relation = type == "OBJECT_TABLE" || type == "OBJECT_VIEW" || type == "OBJECT_MATVIEW" ||
                           type == "OBJECT_SEQUENCE" || type == "OBJECT_FOREIGN_TABLE";
  if (parts.empty() || (!of_part && !of_column && !of_relation)) return;
  if (!of_relation) parts.pop_back();
  const auto relation = analysis.world.relation_named(written_name(parts));
  if (relation)
    analysis.lock(*relation, of_part ? LockMode::access_share : LockMode::share_update_exclusive, "COMMENT");
}

void grant(Analysis& analysis, const Node& statement) {
  // Since 18 the table is kept from being dropped meanwhile.
  if (analysis.server < 18 || statement.text("objtype") != "OBJECT_TABLE") return;
  for (const auto& node : statement["objects"].items) {
    const auto relation = analysis.world.relation_named(written_name(node));
    if (relation) analysis.lock(*relation, LockMode::access_share, statement.flag("is_grant") ? "GRANT" : "REVOKE");
  }
}

void maintain(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  if (statement.is("LockStmt")) {
    const auto mode = static_cast<LockMode>(std::clamp<std::int64_t>(std::atoll(statement.text("mode").c_str()), 0, 8));
    for (const auto& node : statement["relations"].items) {
      const auto table = world.relation_named(written_name(node));
      if (table) analysis.lock_all(analysis.family_of(*table, node), mode, "LOCK TABLE");
    }
    return;
  }
  if (statement.is("ClusterStmt")) {
    const auto table = world.relation_named(written_name(statement["relation"]));
    if (!table) return analysis.cannot_tell("CLUSTER of every table that was clustered before");
    analysis.lock(*table, LockMode::access_exclusive, "CLUSTER");
    return analysis.rewrite(*table, "CLUSTER");
  }
  const bool is_full = has_option(statement["options"], "full");
  const std::string what = statement.flag("is_vacuumcmd") ? (is_full ? "VACUUM FULL" : "VACUUM") : "ANALYZE";
  if (statement["rels"].items.empty()) return analysis.cannot_tell(what + " of every table");
  for (const auto& node : statement["rels"].items) {
    const auto table = world.relation_named(written_name(node["relation"]));
    if (!table) continue;
    for (const auto& member : analysis.family_of(*table, node["relation"])) {
      analysis.lock(member, is_full ? LockMode::access_exclusive : LockMode::share_update_exclusive, what);
      if (is_full) analysis.rewrite(member, what);
      if (!is_full && what == "VACUUM") analysis.scan(member, what);
    }
  }
}

}  // namespace strata
