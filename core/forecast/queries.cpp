// What queries read and write.
#include "core/forecast/analysis.h"
#include "core/forecast/condition.h"
#include "core/forecast/foreign_key.h"
#include "core/sql/parse_tree.h"

#include <algorithm>
#include <map>
#include <set>

namespace strata {

namespace {

constexpr int most_views = 16;  // one made of the other, that are followed

std::string event_of(const Node& statement) {
  if (statement.is("MergeStmt")) return "";
  return statement.is("InsertStmt") ? "INSERT" : statement.is("UpdateStmt") ? "UPDATE" : "DELETE";
}

// Whether a trigger or rule as the server prints it speaks of the event; where none is said, of any.
bool reacts(const DatabaseObject& part, const std::string& event) {
  const auto& definition = part.property("definition");
  const auto end = definition.find(part.kind == ObjectKind::rule ? " TO " : " ON ");
  return definition.substr(0, end).find(event) != std::string::npos || definition.empty();
}

// What the database does by itself when rows are written, nobody knows.
void note_reactions(Analysis& analysis, const RelationName& table, const std::string& event) {
  for (const auto kind : {ObjectKind::trigger, ObjectKind::rule}) {
    for (const auto* part : analysis.world.parts_of(table, kind)) {
      if (reacts(*part, event))
        analysis.cannot_tell("what " + std::string(name_of(kind)) + " " + part->name + " of " + table.name + " does");
    }
  }
  const auto* relation = analysis.world.relation(table);
  if (relation != nullptr && relation->kind == ObjectKind::view)
    analysis.cannot_tell("which table is written through view " + table.name);
}

// Walks through one query, with all that it has inside.
class QueryReader {
 public:
  QueryReader(Analysis& analysis, bool runs, std::string because, int views)
      : analysis_(analysis), runs_(runs), because_(std::move(because)), views_(views) {}

  void read(const Node& query) {
    note_names(query);
    walk(query);
  }

 private:
  // Names that WITH gives to queries: no tables.
  void note_names(const Node& node) {
    if (node.is("CommonTableExpr")) queries_.insert(node.text("ctename"));
    for (const auto& [name, member] : node.members) note_names(member);
    for (const auto& item : node.items) note_names(item);
  }

  void walk(const Node& node) {
    if (node.is("RangeVar")) return read_relation(node, LockMode::access_share, nullptr);
    if (node.is("SelectStmt")) return walk_select(node);
    if (node.is("InsertStmt") || node.is("UpdateStmt") || node.is("DeleteStmt") || node.is("MergeStmt")) write(node);
    if (node.is("FuncCall")) call(node);
    walk_into(node);
  }

  void walk_into(const Node& node) {
    for (const auto& [name, member] : node.members) walk(member);
    for (const auto& item : node.items) walk(item);
  }

  void walk_select(const Node& select) {
    const auto& from = select["fromClause"].items;
    const bool locks_rows = select.has("lockingClause");
    const bool is_single = from.size() == 1 && from[0].is("RangeVar");
    for (const auto& source : from) {
      if (source.is("RangeVar")) {
        read_relation(source, locks_rows ? LockMode::row_share : LockMode::access_share,
                      is_single ? &select["whereClause"] : nullptr);
      } else {
        walk(source);
      }
    }
    for (const auto& [name, member] : select.members) {
      if (name != "fromClause") walk(member);
    }
  }

  void read_relation(const Node& range_var, LockMode mode, const Node* where) {
    const auto written = written_name(range_var);
    if (written.schema.empty() && queries_.count(written.name) == 1) return;
    const auto relation = analysis_.world.relation_named(written);
    if (!relation) return;
    const auto* object = analysis_.world.relation(*relation);
    for (const auto& member : analysis_.family_of(*relation, range_var)) {
      analysis_.lock(member, mode, because_);
      if (runs_ && (where == nullptr || !finds_by_index(member, *where))) analysis_.scan(member, because_);
    }
    // A view that is not run is not looked into.
    if (runs_ && object->kind == ObjectKind::view && views_ < most_views) follow(*object);
  }

  void follow(const DatabaseObject& view) {
    const auto json = parse_tree_of(view.property("definition"));
    const auto tree = json ? read_tree(*json) : std::nullopt;
    if (tree) QueryReader(analysis_, runs_, because_, views_ + 1).read(*tree);
  }

  // Whether an equality leads to the rows: one on the first column of an index.
  bool finds_by_index(const RelationName& table, const Node& where) const {
    const auto conditions = conditions_of(where);
    const auto has = [&](const std::string& columns) {
      const auto names = split_list(columns);
      return !names.empty() && std::any_of(conditions.begin(), conditions.end(), [&](const Condition& one) {
        return one.column == names.front() && one.comparison == "=";
      });
    };
    const auto indexes = analysis_.world.indexes_of(table);
    return std::any_of(indexes.begin(), indexes.end(), [&](const auto* index) {
      return index->property("partial").empty() && has(index->property("columns"));
    });
  }

  void write(const Node& statement) {
    const auto& range_var = statement["relation"];
    const auto table = analysis_.world.relation_named(written_name(range_var));
    if (!table) return analysis_.cannot_find(written_name(range_var));
    const bool changes_rows = !statement.is("InsertStmt");  // that are there
    if (!changes_rows) analysis_.world.fill(*table);
    const auto family = changes_rows ? analysis_.family_of(*table, range_var) : std::vector{*table};
    const bool has_other_sources =
        !statement["fromClause"].items.empty() || !statement["usingClause"].items.empty() || statement.is("MergeStmt");
    for (const auto& member : family) {
      analysis_.lock(member, LockMode::row_exclusive, because_);
      if (changes_rows && runs_ && (has_other_sources || !finds_by_index(member, statement["whereClause"])))
        analysis_.scan(member, because_);
      if (runs_) follow_keys(member, statement);
      if (runs_) note_reactions(analysis_, member, event_of(statement));
    }
  }

  // Rows of the other side of foreign keys are looked for, and by ON DELETE changed.
  void follow_keys(const RelationName& table, const Node& statement) {
    const auto& world = analysis_.world;
    std::set<std::string> changed;
    for (const auto& target : statement["targetList"].items) changed.insert(target.text("name"));
    for (const auto* constraint : world.foreign_keys_of(table)) {
      if (statement.is("DeleteStmt")) break;
      const auto key = read_foreign_key(*constraint, world);
      const bool is_touched =
          !statement.is("UpdateStmt") || std::any_of(key.columns.begin(), key.columns.end(),
                                                     [&](const auto& column) { return changed.count(column) == 1; });
      if (is_touched) analysis_.lock(key.referenced, LockMode::row_share, "foreign key " + constraint->name);
    }
    if (!statement.is("DeleteStmt")) return;
    for (const auto* reference : world.references_to(table)) {
      const auto key = read_foreign_key(*reference, world);
      const bool follows = key.on_delete == "c" || key.on_delete == "n" || key.on_delete == "d";
      analysis_.lock(key.table, follows ? LockMode::row_exclusive : LockMode::row_share,
                     "foreign key " + reference->name);
      if (!has_index_on(key.table, key.columns.front()))
        analysis_.scan(key.table, "for every row, since no index helps foreign key " + reference->name);
    }
  }

  bool has_index_on(const RelationName& table, const std::string& column) const {
    const auto indexes = analysis_.world.indexes_of(table);
    return std::any_of(indexes.begin(), indexes.end(),
                       [&](const auto* index) { return split_list(index->property("columns")).front() == column; });
  }

  void call(const Node& function) {
    if (!runs_) return;
    const auto written = written_name(strings_of(function["funcname"]));
    const auto& arguments = function["args"].items;
    const auto own = analysis_.world.functions_named(written);
    const bool changes =
        std::any_of(own.begin(), own.end(), [](const auto* one) { return one->property("volatility") != "immutable"; });
    if (changes && written.schema != "pg_catalog")
      return analysis_.cannot_tell("what function " + printed(written) + " does");
    const bool of_sequence = written.name == "setval" || written.name == "nextval";
    if (of_sequence && !arguments.empty()) lock_sequence(constant_of(arguments[0]));
    if (written.name == "set_config" && arguments.size() == 3)
      set_config(constant_of(arguments[0]), constant_of(arguments[1]));
  }

  void lock_sequence(const std::string& name) {
    if (name.empty()) return;
    const auto sequence = analysis_.world.relation_named(qualified_name(name));
    if (sequence) analysis_.lock(*sequence, LockMode::row_exclusive, "its value is moved");
  }

  void set_config(const std::string& name, const std::string& value) {
    if (name == "search_path") analysis_.world.set_search_path(split_list(value));
    if (name == "TimeZone" || name == "timezone") analysis_.world.set_time_zone(value);
  }

  Analysis& analysis_;
  bool runs_;
  std::string because_;
  int views_;
  std::set<std::string> queries_;
};

void copy(Analysis& analysis, const Node& statement) {
  if (statement.has("query")) return read_query(analysis, statement["query"], true, "COPY reads it");
  const auto table = analysis.world.relation_named(written_name(statement["relation"]));
  if (!table) return analysis.cannot_find(written_name(statement["relation"]));
  const bool writes = statement.flag("is_from");
  analysis.lock(*table, writes ? LockMode::row_exclusive : LockMode::access_share,
                writes ? "COPY writes to it" : "COPY reads it");
  if (!writes) analysis.scan(*table, "COPY reads it");
  if (writes) analysis.world.fill(*table);
  if (writes) note_reactions(analysis, *table, "INSERT");
}

}  // namespace

void read_query(Analysis& analysis, const Node& query, bool runs, const std::string& because) {
  QueryReader(analysis, runs, because, 0).read(query);
}

void read_view(Analysis& analysis, const DatabaseObject& view, bool runs, const std::string& because) {
  const auto json = parse_tree_of(view.property("definition"));
  const auto tree = json ? read_tree(*json) : std::nullopt;
  if (!tree) return analysis.cannot_tell("what view " + view.name + " reads");
  read_query(analysis, *tree, runs, because);
}

void query(Analysis& analysis, const Node& statement) {
  static const std::map<std::string_view, std::string> words = {{"SelectStmt", "SELECT"},
                                                                {"InsertStmt", "INSERT"},
                                                                {"UpdateStmt", "UPDATE"},
                                                                {"DeleteStmt", "DELETE"},
                                                                {"MergeStmt", "MERGE"}};
  if (statement.is("CopyStmt")) return copy(analysis, statement);
  read_query(analysis, statement, true, words.at(statement.kind));
}

}  // namespace strata
