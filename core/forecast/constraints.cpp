// Constraints of tables.
#include "core/forecast/analysis.h"
#include "core/forecast/condition.h"
#include "core/forecast/foreign_key.h"

#include <algorithm>

namespace strata {

namespace {

std::string joined(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + quoted({"", name});
  return list;
}

std::string name_or(const Node& constraint, const std::string& otherwise) {
  const auto& name = constraint.text("conname");
  return name.empty() ? otherwise : name;
}

// As the server names what the statement does not.
std::string usual_name(const RelationName& table, const std::vector<std::string>& columns, const std::string& ending) {
  auto name = table.name;
  for (const auto& column : columns) name += "_" + column;
  return name + "_" + ending;
}

DatabaseObject constraint_of(const RelationName& table, const std::string& name, const std::string& form,
                             const std::vector<std::string>& columns) {
  DatabaseObject object{.kind = ObjectKind::constraint, .schema = table.schema, .parent = table.name, .name = name};
  object.properties["form"] = form;
  object.properties["columns"] = joined(columns);
  return object;
}

void set_key_not_null(Analysis& analysis, const RelationName& table, const std::vector<std::string>& columns) {
  auto& world = analysis.world;
  for (const auto& name : columns) {
    const auto* column = world.find(ObjectKind::column, table, name);
    if (column == nullptr) continue;
    auto changed = *column;
    changed.properties["not_null"] = "true";
    world.put(std::move(changed));
  }
}

// An index becomes a key. The index itself is good already; rows are read only to prove NOT NULL.
void adopt_index(Analysis& analysis, const RelationName& table, const Node& constraint) {
  auto& world = analysis.world;
  const auto& index_name = constraint.text("indexname");
  const auto* index = world.find(ObjectKind::index, table, index_name);
  if (index == nullptr) return;
  const bool is_primary = constraint.text("contype") == "CONSTR_PRIMARY";
  const auto columns = split_list(index->property("columns"));
  const auto known = known_of(world, table);
  for (const auto& column : columns) {
    if (is_primary && !is_known_not_null(known, column))
      analysis.scan(table, "every row is checked for NULL in " + column);
  }
  world.erase(ObjectKind::index, table, index_name);
  world.put(constraint_of(table, name_or(constraint, index_name), is_primary ? "primary key" : "unique", columns));
  if (is_primary) set_key_not_null(analysis, table, columns);
}

// NOT NULL of a key goes down to heirs and partitions.
void prove_not_null_below(Analysis& analysis, const RelationName& table, const std::vector<std::string>& columns) {
  const auto known_above = known_of(analysis.world, table);
  const bool is_known = std::all_of(columns.begin(), columns.end(),
                                    [&](const auto& column) { return is_known_not_null(known_above, column); });
  if (is_known) return;
  for (const auto& heir : analysis.world.descendants_of(table)) {
    analysis.lock(heir, LockMode::access_exclusive, "columns of a primary key are NOT NULL in it as well");
    const auto known = known_of(analysis.world, heir);
    for (const auto& column : columns) {
      if (!is_known_not_null(known, column)) analysis.scan(heir, "every row is checked for NULL in " + column);
    }
    set_key_not_null(analysis, heir, columns);
  }
}

std::vector<std::string> excluded_columns(const Node& constraint) {
  std::vector<std::string> columns;
  for (const auto& pair : constraint["exclusions"].items) {
    const auto& items = pair["items"].items;
    if (!items.empty()) columns.push_back(items.front().has("name") ? items.front().text("name") : "(expression)");
  }
  return columns;
}

}  // namespace

void add_check(Analysis& analysis, const RelationName& table, const Node& constraint, const std::string& column) {
  const auto& expression = constraint["raw_expr"];
  const bool checks_rows = !constraint.flag("skip_validation");
  const auto columns = columns_in(expression);
  const auto name = name_or(constraint, usual_name(table, {columns.size() == 1 ? *columns.begin() : column}, "check"));
  if (checks_rows) analysis.scan(table, "every row is checked by " + name);
  auto object = constraint_of(table, name, "check", {columns.begin(), columns.end()});
  object.properties["definition"] = printed_check(conditions_of(expression));
  if (!checks_rows) object.properties["not_valid"] = "true";
  analysis.world.put(std::move(object));
}

void add_key(Analysis& analysis, const RelationName& table, const Node& constraint,
             const std::vector<std::string>& columns) {
  const auto& type = constraint.text("contype");
  const bool is_primary = type == "CONSTR_PRIMARY";
  const auto form = is_primary ? "primary key" : type == "CONSTR_UNIQUE" ? "unique" : "exclusion";
  const auto name =
      name_or(constraint,
              is_primary ? table.name + "_pkey" : usual_name(table, columns, type == "CONSTR_UNIQUE" ? "key" : "excl"));
  analysis.scan(table, "the index of " + name + " is built");
  analysis.world.put(constraint_of(table, name, form, columns));
  if (is_primary) set_key_not_null(analysis, table, columns);
}

void add_foreign_key(Analysis& analysis, const RelationName& table, const Node& constraint,
                     const std::vector<std::string>& columns, bool checks_rows) {
  auto& world = analysis.world;
  const auto referenced = world.relation_named(written_name(constraint["pktable"]));
  if (!referenced) return;
  const auto name = name_or(constraint, usual_name(table, columns, "fkey"));
  const auto add_side = [&](const RelationName& side) {
    for (const auto& member : analysis.with_partitions(side)) {
      analysis.lock(member, LockMode::share_row_exclusive, "foreign key " + name);
      if (checks_rows && !world.is_empty(table)) analysis.scan(member, "every row is checked by foreign key " + name);
    }
  };
  add_side(table);
  add_side(*referenced);
  auto object = constraint_of(table, name, "foreign key", columns);
  object.properties["references"] = quoted(*referenced);
  object.properties["definition"] = printed_foreign_key(
      {table, *referenced, columns, strings_of(constraint["pk_attrs"]), constraint.text("fk_del_action")});
  if (constraint.flag("skip_validation")) object.properties["not_valid"] = "true";
  world.put(std::move(object));
}

void add_constraint(Analysis& analysis, const Alteration& alteration) {
  const auto& constraint = alteration.command["def"];
  const auto& type = constraint.text("contype");
  if (type == "CONSTR_CHECK") {
    for (const auto& member : alteration.family) add_check(analysis, member, constraint, "");
  } else if (type == "CONSTR_FOREIGN") {
    const bool checks_rows = !constraint.flag("skip_validation");
    add_foreign_key(analysis, alteration.table(), constraint, strings_of(constraint["fk_attrs"]), checks_rows);
  } else if (constraint.has("indexname")) {
    adopt_index(analysis, alteration.table(), constraint);
  } else {
    const auto columns = type == "CONSTR_EXCLUSION" ? excluded_columns(constraint) : strings_of(constraint["keys"]);
    if (type == "CONSTR_PRIMARY") prove_not_null_below(analysis, alteration.table(), columns);
    for (const auto& member : analysis.with_partitions(alteration.table())) {
      analysis.lock(member, LockMode::share, "the index of a key is built");
      analysis.scan(member, "the index of a key is built");
    }
    // Since 18 the command itself goes down to heirs and partitions.
    if (analysis.server >= 18)
      analysis.lock_all(analysis.world.descendants_of(alteration.table()), LockMode::access_exclusive,
                        "a key is added");
    add_key(analysis, alteration.table(), constraint, columns);
  }
}

void validate_constraint(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& name = alteration.command.text("name");
  for (const auto& member : alteration.family) {
    const auto* constraint = world.find(ObjectKind::constraint, member, name);
    if (constraint == nullptr || constraint->property("not_valid").empty()) continue;
    analysis.scan(member, "every row is checked by " + name);
    if (constraint->property("form") == "foreign key") {
      const auto referenced = qualified_name(constraint->property("references"));
      analysis.lock(referenced, LockMode::row_share, "foreign key " + name + " is validated");
      analysis.scan(referenced, "every row of " + member.name + " is looked for in it");
    }
    auto changed = *constraint;
    changed.properties.erase("not_valid");
    world.put(std::move(changed));
  }
}

void drop_one_constraint(Analysis& analysis, const RelationName& table, const std::string& name, bool cascades) {
  auto& world = analysis.world;
  const auto* constraint = world.find(ObjectKind::constraint, table, name);
  if (constraint == nullptr) return;
  if (constraint->property("form") == "foreign key")
    analysis.lock(qualified_name(constraint->property("references")), LockMode::access_exclusive,
                  "foreign key " + name + " of " + table.name + " is dropped");
  if (cascades && makes_index(*constraint)) {
    const auto columns = split_list(constraint->property("columns"));
    for (const auto* reference : world.references_to(table)) {
      if (read_foreign_key(*reference, world).referenced_columns != columns) continue;
      analysis.lock_all(analysis.with_partitions(table_of(*reference)), LockMode::access_exclusive,
                        "its foreign key " + reference->name + " is dropped");
      world.erase(ObjectKind::constraint, table_of(*reference), reference->name);
    }
  }
  world.erase(ObjectKind::constraint, table, name);
}

void drop_constraint(Analysis& analysis, const Alteration& alteration) {
  const bool cascades = alteration.command.text("behavior") == "DROP_CASCADE";
  for (const auto& member : alteration.family)
    drop_one_constraint(analysis, member, alteration.command.text("name"), cascades);
}

}  // namespace strata
