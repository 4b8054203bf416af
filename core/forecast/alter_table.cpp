// ALTER TABLE: each of its commands has a lock of its own, and all of them run under the strongest.
#include "core/forecast/analysis.h"

#include <algorithm>
#include <map>
#include <set>

namespace strata {

namespace {

using Alter = void (*)(Analysis&, const Alteration&);

const std::map<std::string_view, Alter> parts = {
    {"AT_AddColumn", add_column},
    {"AT_DropColumn", drop_column},
    {"AT_SetNotNull", set_not_null},
    {"AT_AlterColumnType", change_type},
    {"AT_AddConstraint", add_constraint},
    {"AT_ValidateConstraint", validate_constraint},
    {"AT_DropConstraint", drop_constraint},
    {"AT_AttachPartition", attach_partition},
    {"AT_DetachPartition", detach_partition},
    {"AT_ColumnDefault", change_column},
    {"AT_DropNotNull", change_column},
    {"AT_DropExpression", change_column},
    {"AT_AddIdentity", change_column},
    {"AT_SetIdentity", change_column},
    {"AT_DropIdentity", change_column},
};

// They let everybody read and write meanwhile.
const std::set<std::string_view> gentle = {"AT_SetStatistics",  "AT_SetOptions",  "AT_ResetOptions",
                                           "AT_ClusterOn",      "AT_DropCluster", "AT_ValidateConstraint",
                                           "AT_AttachPartition"};

const std::set<std::string_view> of_triggers = {"AT_EnableTrig",     "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig",
                                                "AT_DisableTrig",    "AT_EnableTrigAll",    "AT_DisableTrigAll",
                                                "AT_EnableTrigUser", "AT_DisableTrigUser"};

// What children have as well; the rest is of the table alone.
const std::set<std::string_view> recursive = {"AT_AddColumn",       "AT_DropColumn",        "AT_ColumnDefault",
                                              "AT_SetNotNull",      "AT_DropNotNull",       "AT_DropExpression",
                                              "AT_SetStorage",      "AT_SetCompression",    "AT_SetStatistics",
                                              "AT_AlterColumnType", "AT_ValidateConstraint"};

// Storage parameters of tables that can change while others write.
bool is_gentle_option(const std::string& name) {
  static const std::set<std::string_view> others = {"fillfactor",
                                                    "toast_tuple_target",
                                                    "parallel_workers",
                                                    "log_autovacuum_min_duration",
                                                    "vacuum_index_cleanup",
                                                    "vacuum_truncate",
                                                    "vacuum_max_eager_freeze_failure_rate"};
  return name.starts_with("autovacuum_") || others.count(name) == 1;
}

LockMode lock_of(const Node& command) {
  const auto& type = command.text("subtype");
  if (gentle.count(type) == 1) return LockMode::share_update_exclusive;
  if (of_triggers.count(type) == 1) return LockMode::share_row_exclusive;
  if (type == "AT_AddConstraint" && command["def"].text("contype") == "CONSTR_FOREIGN")
    return LockMode::share_row_exclusive;
  if (type == "AT_DetachPartition" && command["def"].flag("concurrent")) return LockMode::share_update_exclusive;
  if (type != "AT_SetRelOptions" && type != "AT_ResetRelOptions") return LockMode::access_exclusive;
  const auto& options = command["def"]["items"].items;
  const bool all_gentle = std::all_of(options.begin(), options.end(),
                                      [](const Node& option) { return is_gentle_option(option.text("defname")); });
  return all_gentle ? LockMode::share_update_exclusive : LockMode::access_exclusive;
}

bool recurses(const Analysis& analysis, const RelationName& table, const Node& command) {
  const auto& type = command.text("subtype");
  if (recursive.count(type) == 1) return true;
  const auto& contype = command["def"].text("contype");
  if (type == "AT_AddConstraint" && contype == "CONSTR_CHECK") return !command["def"].flag("is_no_inherit");
  if (type == "AT_DropConstraint") {
    const auto* constraint = analysis.world.find(ObjectKind::constraint, table, command.text("name"));
    if (constraint != nullptr && constraint->property("form") == "check") return true;
  }
  const bool is_key = contype == "CONSTR_UNIQUE" || contype == "CONSTR_PRIMARY";  // partitions have a lock of their own
  const bool is_shared =
      of_triggers.count(type) == 1 || (type == "AT_AddConstraint" && !is_key) || type == "AT_DropConstraint";
  return is_shared && analysis.is_partitioned(table);
}

// "AT_SetNotNull" for people: "SET NOT NULL"
std::string words_of(const Node& command) {
  std::string words;
  for (const char c : command.text("subtype").substr(3)) {
    if (c >= 'A' && c <= 'Z' && !words.empty()) words += ' ';
    words += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  const auto& name = command.text("name");
  return words + (name.empty() ? "" : " " + name);
}

void set_logged(Analysis& analysis, const RelationName& table, bool logged) {
  auto changed = *analysis.world.relation(table);
  const bool was_logged = changed.property("persistence") != "unlogged";
  if (was_logged == logged) return;
  analysis.rewrite(table, logged ? "SET LOGGED" : "SET UNLOGGED");
  // Since 15 sequences go with their table.
  if (analysis.server >= 15)
    analysis.lock_all(analysis.world.sequences_of(table), LockMode::access_exclusive, "it goes with its table");
  if (logged) {
    changed.properties.erase("persistence");
  } else {
    changed.properties["persistence"] = "unlogged";
  }
  analysis.world.put(std::move(changed));
}

void set_inheritance(Analysis& analysis, const RelationName& table, const Node& command, bool inherits) {
  const auto parent = analysis.world.relation_named(written_name(command["def"]));
  if (!parent) return;
  analysis.lock(*parent, inherits ? LockMode::share_update_exclusive : LockMode::access_share,
                table.name + (inherits ? " inherits from it" : " inherits from it no more"));
  auto changed = *analysis.world.relation(table);
  std::string parents = inherits ? quoted(*parent) : "";
  for (const auto& other : qualified_names(changed.property("inherits"))) {
    if (!(other == *parent)) parents += (parents.empty() ? "" : ", ") + quoted(other);
  }
  changed.properties["inherits"] = parents;
  analysis.world.put(std::move(changed));
}

// What is of the table as a whole, and has more than a lock.
void alter_whole(Analysis& analysis, const RelationName& table, const Node& command) {
  const auto& type = command.text("subtype");
  const auto& name = command.text("name");
  const auto* object = analysis.world.relation(table);
  if (type == "AT_SetLogged" || type == "AT_SetUnLogged") {
    set_logged(analysis, table, type == "AT_SetLogged");
  } else if (type == "AT_AddInherit" || type == "AT_DropInherit") {
    set_inheritance(analysis, table, command, type == "AT_AddInherit");
  } else if (type == "AT_AddOf") {
    const auto composite = analysis.world.type_named(written_name(strings_of(command["def"]["names"])));
    if (composite) analysis.lock(*composite, LockMode::access_share, "a table is of it");
  } else if (type == "AT_SetTableSpace" && name != "pg_default") {
    analysis.rewrite(table, "its file is copied to tablespace " + name + ", unless it lies there");
  } else if (type == "AT_SetAccessMethod") {
    const auto& now = object->property("access_method");
    if ((now.empty() ? "heap" : now) != name) analysis.rewrite(table, "SET ACCESS METHOD " + name);
  } else if (type == "AT_ChangeOwner" && command["newowner"].text("roletype") == "ROLESPEC_CSTRING") {
    analysis.lock_all(analysis.world.sequences_of(table), LockMode::access_exclusive, "it goes with its table");
  }
}

// ALTER INDEX, and ALTER TABLE of an index: nothing of the table, except where one joins another.
void alter_index(Analysis& analysis, const Node& statement) {
  for (const auto& command : statement["cmds"].items) {
    if (command.text("subtype") != "AT_AttachPartition") continue;
    for (const auto* range_var : {&statement["relation"], &command["def"]["name"]}) {
      const auto index = analysis.world.index_named(written_name(*range_var));
      if (index)
        analysis.lock(*analysis.world.table_of_index(*index), LockMode::access_share, "an index of it is attached");
    }
  }
}

}  // namespace

void alter_table(Analysis& analysis, const Node& statement) {
  const auto& range_var = statement["relation"];
  const auto written = written_name(range_var);
  const auto table =
      statement.text("objtype") == "OBJECT_INDEX" ? std::nullopt : analysis.world.relation_named(written);
  if (!table && statement.text("objtype") == "OBJECT_TABLE" && !analysis.world.index_named(written))
    analysis.cannot_find(written);
  if (!table) return alter_index(analysis, statement);
  auto strongest = LockMode::none;
  for (const auto& command : statement["cmds"].items) strongest = std::max(strongest, lock_of(command));
  for (const auto& command : statement["cmds"].items) {
    const auto family =
        recurses(analysis, *table, command) ? analysis.family_of(*table, range_var) : std::vector{*table};
    analysis.lock_all(family, strongest, words_of(command));
    const auto part = parts.find(command.text("subtype"));
    if (part != parts.end()) {
      part->second(analysis, {command, family});
    } else {
      alter_whole(analysis, *table, command);
    }
  }
}

}  // namespace strata
