#include "core/forecast/foreign_key.h"

#include "core/sql/parse_tree.h"

namespace strata {

namespace {

std::string list_of(const std::vector<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + quoted({"", name});
  return list;
}

}  // namespace

ForeignKey read_foreign_key(const DatabaseObject& constraint, const World& world) {
  ForeignKey key{.table = table_of(constraint),
                 .referenced = qualified_name(constraint.property("references")),
                 .columns = split_list(constraint.property("columns"))};
  const auto json = parse_tree_of("ALTER TABLE t ADD " + constraint.property("definition"));
  const auto tree = json ? read_tree(*json) : std::nullopt;
  if (tree && !(*tree)["cmds"].items.empty()) {
    const auto& definition = (*tree)["cmds"].items.front()["def"];
    key.referenced_columns = strings_of(definition["pk_attrs"]);
    key.on_delete = definition.text("fk_del_action");
  }
  if (key.referenced_columns.empty()) key.referenced_columns = primary_key_of(world, key.referenced);
  return key;
}

std::vector<std::string> primary_key_of(const World& world, const RelationName& table) {
  for (const auto* constraint : world.parts_of(table, ObjectKind::constraint)) {
    if (constraint->property("form") == "primary key") return split_list(constraint->property("columns"));
  }
  return {};
}

std::string printed_foreign_key(const ForeignKey& key) {
  static const std::map<std::string, std::string> actions = {
      {"r", "RESTRICT"}, {"c", "CASCADE"}, {"n", "SET NULL"}, {"d", "SET DEFAULT"}};
  const auto action = actions.find(key.on_delete);
  const auto referenced = key.referenced_columns.empty() ? "" : " (" + list_of(key.referenced_columns) + ")";
  return "FOREIGN KEY (" + list_of(key.columns) + ") REFERENCES " + quoted(key.referenced) + referenced +
         (action == actions.end() ? "" : " ON DELETE " + action->second);
}

}  // namespace strata
