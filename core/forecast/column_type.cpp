// ALTER COLUMN … TYPE, with all that stands on the column.
#include "core/forecast/analysis.h"
#include "core/forecast/foreign_key.h"
#include "core/forecast/type_name.h"

#include <algorithm>
#include <cctype>

namespace strata {

namespace {

// The casts of USING around the column itself, from the inside out. Null where it is any other expression.
std::optional<std::vector<const Node*>> casts_of(const Node& expression, const std::string& column) {
  std::vector<const Node*> casts;
  const auto* node = &expression;
  for (; node->is("TypeCast"); node = &(*node)["arg"]) casts.insert(casts.begin(), &(*node)["typeName"]);
  const auto names = strings_of((*node)["fields"]);
  if (!node->is("ColumnRef") || names.empty() || names.back() != column) return std::nullopt;
  return casts;
}

TypeChange change_of_column(const World& world, const std::string& column, const TypeName& from, const TypeName& to,
                            const Node& using_clause) {
  if (!using_clause.is_there()) return change_of(from, to, world);
  const auto casts = casts_of(using_clause, column);
  if (!casts) return TypeChange::rewrites;
  auto worst = TypeChange::keeps;
  auto type = from;
  for (const auto* cast : *casts) {
    const auto next = written_type(*cast, world);
    worst = std::max(worst, change_of(type, next, world));
    type = next;
  }
  return std::max(worst, change_of(type, to, world));
}

bool mentions(const std::string& text, const std::string& word) {
  const auto is_part = [&](std::size_t at) {
    return at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) != 0 || text[at] == '_');
  };
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    if (!(at > 0 && is_part(at - 1)) && !is_part(at + word.size())) return true;
  }
  return false;
}

// Indexes are made again without being built where their columns compare as before. One with an expression or a
// condition is always built.
void rebuild_indexes(Analysis& analysis, const RelationName& table, const std::string& column, bool compares_otherwise,
                     const std::string& because) {
  for (const auto* index : analysis.world.indexes_of(table)) {
    const bool is_plain = stands_on(*index, column);
    const bool has_expression = stands_on(*index, "(expression)") || !index->property("partial").empty();
    if (has_expression ? is_plain || mentions(index->property("definition"), column) : is_plain && compares_otherwise)
      analysis.rebuild(table, index->name, because);
  }
}

// Foreign keys on the column, on either side, are dropped and made again: the other table is locked for that, and
// read where the rows are checked once more. A CHECK is always checked.
void remake_constraints(Analysis& analysis, const RelationName& table, const std::string& column, bool checks_keys) {
  const auto& world = analysis.world;
  const auto remake = [&](const RelationName& other, const DatabaseObject& key) {
    const bool checks_rows = checks_keys && key.property("not_valid").empty();
    for (const auto& member : analysis.with_partitions(other)) {
      analysis.lock(member, LockMode::access_exclusive, "foreign key " + key.name + " is made again");
      if (checks_rows) analysis.scan(member, "foreign key " + key.name + " is checked again");
    }
    if (checks_rows) analysis.scan(table, "foreign key " + key.name + " is checked again");
  };
  for (const auto* key : world.foreign_keys_of(table)) {
    if (stands_on(*key, column)) remake(qualified_name(key->property("references")), *key);
  }
  for (const auto* constraint : parts_on(world, table, ObjectKind::constraint, column)) {
    if (constraint->property("form") == "check" && constraint->property("not_valid").empty())
      analysis.scan(table, "constraint " + constraint->name + " is checked again");
  }
  for (const auto* reference : world.references_to(table)) {
    const auto key = read_foreign_key(*reference, world);
    const auto& columns = key.referenced_columns;
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) remake(key.table, *reference);
  }
}

}  // namespace

void change_type(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& name = alteration.command.text("name");
  const auto& definition = alteration.command["def"];
  const auto to = written_type(definition["typeName"], world);
  const auto collations = strings_of(definition["collClause"]["collname"]);
  const auto collation = collations.empty() ? std::string() : collations.back();
  for (const auto& member : alteration.family) {
    const auto* column = world.find(ObjectKind::column, member, name);
    if (column == nullptr) continue;
    const auto from = printed_type(column->property("type"));
    const auto change = change_of_column(world, name, from, to, definition["raw_default"]);
    const bool collates_otherwise = qualified_name(column->property("collation")).name != collation;
    const auto because = "column " + name + " from " + printed(from) + " to " + printed(to) +
                         (collation.empty() ? "" : " COLLATE " + collation);
    if (change == TypeChange::rewrites) {
      analysis.rewrite(member, because);
    } else {
      rebuild_indexes(analysis, member, name, change == TypeChange::reindexes || collates_otherwise, because);
    }
    remake_constraints(analysis, member, name, change != TypeChange::keeps);
    auto changed = *column;
    changed.properties["type"] = printed(to);
    changed.properties["collation"] = collation;
    world.put(std::move(changed));
  }
}

}  // namespace strata
