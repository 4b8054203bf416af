// Views, sequences, types, functions, and what is attached to tables.
#include "core/forecast/analysis.h"
#include "core/forecast/type_name.h"

namespace strata {

namespace {

// Column "lk.t.a" of OWNED BY.
std::optional<RelationName> owner_in(const World& world, const Node& options) {
  for (const auto& option : options.items) {
    if (option.text("defname") != "owned_by") continue;
    auto parts = strings_of(option["arg"]);
    if (parts.size() < 2) return std::nullopt;  // NONE
    parts.pop_back();
    return world.relation_named(written_name(parts));
  }
  return std::nullopt;
}

std::string owned_by(const RelationName& table, const Node& options) {
  for (const auto& option : options.items) {
    if (option.text("defname") == "owned_by")
      return quoted(table) + "." + quoted({"", strings_of(option["arg"]).back()});
  }
  return "";
}

// CHECK and NOT NULL of a domain.
void constrain(DatabaseObject& domain, const Node& constraint) {
  if (constraint.text("contype") == "CONSTR_CHECK") domain.properties["checks"] += "CHECK";
  if (constraint.text("contype") == "CONSTR_NOTNULL") domain.properties["not_null"] = "true";
}

}  // namespace

void create_view(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  const auto name = world.place_for(written_name(statement["view"]));
  read_query(analysis, statement["query"], false, "view " + name.name + " is made of it");
  if (world.relation(name) != nullptr) return analysis.lock(name, LockMode::access_exclusive, "it is replaced");
  world.create({.kind = ObjectKind::view, .schema = name.schema, .name = name.name});
}

void refresh_view(Analysis& analysis, const Node& statement) {
  const auto view = analysis.world.relation_named(written_name(statement["relation"]));
  if (!view) return;
  const bool concurrently = statement.flag("concurrent");
  analysis.lock(*view, concurrently ? LockMode::exclusive : LockMode::access_exclusive, "REFRESH");
  if (concurrently) analysis.scan(*view, "its rows are compared with new ones");
  if (!concurrently) analysis.rewrite(*view, "REFRESH");
  if (!analysis.world.is_new(*view) || !analysis.world.relation(*view)->property("definition").empty())
    read_view(analysis, *analysis.world.relation(*view), !statement.flag("skipData"),
              "materialized view " + view->name + " is made of it");
}

void change_sequence(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  const auto owner = owner_in(world, statement["options"]);
  const auto written = written_name(statement["sequence"]);
  const bool is_new = statement.is("CreateSeqStmt");
  const auto name = is_new ? std::optional(world.place_for(written)) : world.relation_named(written);
  if (!name) return;
  if (is_new && world.relation(*name) == nullptr)
    world.create({.kind = ObjectKind::sequence, .schema = name->schema, .name = name->name});
  if (!is_new) analysis.lock(*name, LockMode::share_row_exclusive, "ALTER SEQUENCE");
  if (!owner) return;
  analysis.lock(*owner, LockMode::access_share, "sequence " + name->name + " is to be its own");
  auto changed = *world.relation(*name);
  changed.properties["owned_by"] = owned_by(*owner, statement["options"]);
  world.put(std::move(changed));
}

void create_type(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  const bool is_composite = statement.is("CompositeTypeStmt");
  const bool is_domain = statement.is("CreateDomainStmt");
  const auto written = is_composite ? written_name(statement["typevar"])
                                    : written_name(strings_of(statement[is_domain ? "domainname" : "typeName"]));
  const auto name = world.place_for(written);
  DatabaseObject type{.kind = ObjectKind::type, .schema = name.schema, .name = name.name};
  type.properties["form"] = is_composite ? "composite" : is_domain ? "domain" : "enum";
  if (is_domain) type.properties["base"] = printed(written_type(statement["typeName"], world));
  for (const auto& constraint : statement["constraints"].items) constrain(type, constraint);
  world.create(std::move(type));
}

void alter_domain(Analysis& analysis, const Node& statement) {
  auto& world = analysis.world;
  const auto domain = world.type_named(written_name(strings_of(statement["typeName"])));
  if (!domain) return;
  const auto& subtype = statement.text("subtype");  // C: add a constraint, O: SET NOT NULL, V: validate
  const bool checks_rows =
      (subtype == "C" && !statement["def"].flag("skip_validation")) || subtype == "O" || subtype == "V";
  for (const auto* column : checks_rows ? world.all(ObjectKind::column) : std::vector<const DatabaseObject*>{}) {
    auto type = printed_type(column->property("type"));
    bool is_of_it = false;
    for (int i = 0; i < 32 && !is_of_it; ++i) {
      is_of_it = qualified_name(type.name) == *domain && !type.is_array;
      const auto* other = world.type(qualified_name(type.name));
      if (other == nullptr || other->property("form") != "domain") break;
      type = printed_type(other->property("base"));
    }
    const auto* table = world.relation(table_of(*column));
    if (!is_of_it || table == nullptr || table->kind == ObjectKind::view) continue;
    analysis.lock(table_of(*column), LockMode::share, "column " + column->name + " is of domain " + domain->name);
    analysis.scan(table_of(*column), "every row is checked: column " + column->name + " is of domain " + domain->name);
  }
  auto changed = *world.type(*domain);
  if (subtype == "C") constrain(changed, statement["def"]);
  if (subtype == "O") changed.properties["not_null"] = "true";
  if (subtype == "N") changed.properties.erase("not_null");
  world.put(std::move(changed));
}

void create_function(Analysis& analysis, const Node& statement) {
  const auto name = analysis.world.place_for(written_name(strings_of(statement["funcname"])));
  DatabaseObject function{.kind = ObjectKind::function, .schema = name.schema, .name = name.name + "("};
  std::string types;
  for (const auto& parameter : statement["parameters"].items) {
    const auto& mode = parameter.text("mode");
    if (mode == "FUNC_PARAM_OUT" || mode == "FUNC_PARAM_TABLE") continue;
    auto type = written_type(parameter["argType"], analysis.world);
    type.modifiers.clear();
    types += (types.empty() ? "" : ", ") + printed(type);
  }
  function.name += types + ")";
  function.properties["volatility"] = "volatile";
  for (const auto& option : statement["options"].items) {
    if (option.text("defname") == "volatility") function.properties["volatility"] = string_of(option["arg"]);
    if (option.text("defname") == "language") function.properties["language"] = string_of(option["arg"]);
  }
  analysis.world.put(std::move(function));
}

void attach_to_table(Analysis& analysis, const Node& statement) {
  const auto lock = [&](const Node& range_var, LockMode mode, const std::string& because, bool partitions) {
    const auto table = analysis.world.relation_named(written_name(range_var));
    if (!table) return;
    analysis.lock(*table, mode, because);
    if (partitions && analysis.is_partitioned(*table))
      analysis.lock_all(analysis.world.descendants_of(*table), mode, because);
  };
  if (statement.is("CreateTrigStmt")) {
    lock(statement["relation"], LockMode::share_row_exclusive, "CREATE TRIGGER " + statement.text("trigname"),
         statement.flag("row"));
    lock(statement["constrrel"], LockMode::access_share, "trigger " + statement.text("trigname"), false);
    const auto table = analysis.world.relation_named(written_name(statement["relation"]));
    if (table)
      analysis.world.put({.kind = ObjectKind::trigger,
                          .schema = table->schema,
                          .parent = table->name,
                          .name = statement.text("trigname")});
  } else if (statement.is("RuleStmt")) {
    lock(statement["relation"], LockMode::access_exclusive, "CREATE RULE " + statement.text("rulename"), false);
    for (const auto& action : statement["actions"].items)
      read_query(analysis, action, false, "rule " + statement.text("rulename") + " speaks of it");
  } else if (statement.is("CreatePolicyStmt") || statement.is("AlterPolicyStmt")) {
    lock(statement["table"], LockMode::access_exclusive, "policy " + statement.text("policy_name"), false);
    for (const auto* expression : {&statement["qual"], &statement["with_check"]})
      read_query(analysis, *expression, false, "policy " + statement.text("policy_name") + " asks it");
  } else if (statement.is("CreateStatsStmt")) {
    for (const auto& table : statement["relations"].items)
      lock(table, LockMode::share_update_exclusive, "CREATE STATISTICS", false);
  } else {
    for (const auto& object : statement["pubobjects"].items)
      lock(object["pubtable"]["relation"], LockMode::share_update_exclusive, "publication " + statement.text("pubname"),
           false);
  }
}

}  // namespace strata
