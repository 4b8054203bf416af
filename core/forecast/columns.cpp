// Columns of a table: added, dropped, made NOT NULL.
#include "core/forecast/analysis.h"
#include "core/forecast/condition.h"
#include "core/forecast/type_name.h"
#include "core/forecast/volatility.h"

#include <algorithm>

namespace strata {

namespace {

// What ADD COLUMN says of its column, in one place.
struct NewColumn {
  std::string name;
  TypeName type;
  bool is_serial = false;
  bool is_not_null = false;
  const Node* default_value = nullptr;  // an expression
  bool is_identity = false;
  bool is_generated = false;
};

NewColumn read_column(const Node& definition, const World& world) {
  NewColumn column{.name = definition.text("colname")};
  column.type = written_type(definition["typeName"], world);
  column.is_serial = is_serial(definition["typeName"]);
  for (const auto& constraint : definition["constraints"].items) {
    const auto& type = constraint.text("contype");
    if (type == "CONSTR_DEFAULT") column.default_value = &constraint["raw_expr"];
    column.is_not_null |= type == "CONSTR_NOTNULL" || type == "CONSTR_PRIMARY";
    column.is_identity |= type == "CONSTR_IDENTITY";
    column.is_generated |= type == "CONSTR_GENERATED";
  }
  const bool is_null = column.default_value != nullptr && (*column.default_value).flag("isnull");
  if (is_null) column.default_value = nullptr;
  column.is_not_null |= column.is_serial || column.is_identity;
  return column;
}

// Why every row is written; "" where none is.
std::string why_rewritten(const NewColumn& column, const World& world) {
  const auto of = "column " + column.name;
  if (column.is_serial || column.is_identity) return of + " takes a value from a sequence for every row";
  if (column.is_generated) return of + " is computed for every row";
  if (is_constrained_domain(column.type, world))
    return of + " is of domain " + column.type.name + ", which checks every row";
  if (column.default_value == nullptr) return "";
  const auto volatility = volatility_of(*column.default_value, world);
  if (!volatility.changing.empty()) return of + " is given a value of " + volatility.changing + "() for every row";
  if (!volatility.not_known.empty())
    return of + " is given a value for every row, unless " + volatility.not_known + "() is not volatile";
  return "";
}

void put_column(World& world, const RelationName& table, const NewColumn& column) {
  DatabaseObject object{.kind = ObjectKind::column, .schema = table.schema, .parent = table.name, .name = column.name};
  object.properties["type"] = printed(column.type);
  if (column.is_not_null) object.properties["not_null"] = "true";
  world.put(std::move(object));
}

void add_column_constraint(Analysis& analysis, const Alteration& alteration, const NewColumn& column,
                           const Node& constraint, bool rewritten) {
  const auto& type = constraint.text("contype");
  if (type == "CONSTR_CHECK") {
    for (const auto& member : alteration.family) add_check(analysis, member, constraint, column.name);
  } else if (type == "CONSTR_FOREIGN") {
    // Without a value there is no row to look for.
    add_foreign_key(analysis, alteration.table(), constraint, {column.name},
                    rewritten || column.default_value != nullptr);
  } else if (type == "CONSTR_UNIQUE" || type == "CONSTR_PRIMARY") {
    add_key(analysis, alteration.table(), constraint, {column.name});
  }
}

std::optional<RelationName> sequence_of(const World& world, const RelationName& table, const std::string& column) {
  for (const auto& sequence : world.sequences_of(table)) {
    const auto owner = split_name(world.relation(sequence)->property("owned_by"));
    if (owner.size() == 3 && owner[2] == column) return sequence;
  }
  return std::nullopt;
}

}  // namespace

void add_column(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& definition = alteration.command["def"];
  const auto column = read_column(definition, world);
  if (world.find(ObjectKind::column, alteration.table(), column.name) != nullptr) return;  // IF NOT EXISTS, or refused
  const auto why = why_rewritten(column, world);
  for (const auto& member : alteration.family) {
    if (!why.empty()) {
      analysis.rewrite(member, why);
    } else if (column.is_not_null && column.default_value == nullptr) {
      analysis.scan(member,
                    "column " + column.name + " is NOT NULL without a default: only a table without rows can have it");
    }
    put_column(world, member, column);
  }
  for (const auto& constraint : definition["constraints"].items)
    add_column_constraint(analysis, alteration, column, constraint, !why.empty());
}

void drop_column(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& name = alteration.command.text("name");
  const bool cascades = alteration.command.text("behavior") == "DROP_CASCADE";
  if (const auto sequence = sequence_of(world, alteration.table(), name)) world.drop(*sequence);
  for (const auto& member : alteration.family) {
    for (const auto& constraint : names_of(parts_on(world, member, ObjectKind::constraint, name)))
      drop_one_constraint(analysis, member, constraint, cascades);
    for (const auto& index : names_of(parts_on(world, member, ObjectKind::index, name)))
      world.erase(ObjectKind::index, member, index);
    world.erase(ObjectKind::column, member, name);
  }
}

void set_not_null(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& name = alteration.command.text("name");
  for (const auto& member : alteration.family) {
    const auto* column = world.find(ObjectKind::column, member, name);
    if (column == nullptr) continue;
    // A valid CHECK (… IS NOT NULL) proves it as well.
    if (!is_known_not_null(known_of(world, member), name))
      analysis.scan(member, "every row is checked for NULL in " + name);
    auto changed = *column;
    changed.properties["not_null"] = "true";
    world.put(std::move(changed));
  }
}

void change_column(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& type = alteration.command.text("subtype");
  const auto& name = alteration.command.text("name");
  const auto sequence = sequence_of(world, alteration.table(), name);
  if (sequence && type == "AT_SetIdentity")
    analysis.lock(*sequence, LockMode::share_row_exclusive, "of identity column " + name);
  if (sequence && type == "AT_DropIdentity") world.drop(*sequence);
  for (const auto& member : alteration.family) {
    const auto* column = world.find(ObjectKind::column, member, name);
    if (column == nullptr) continue;
    auto changed = *column;
    if (type == "AT_DropNotNull") changed.properties.erase("not_null");
    if (type == "AT_DropExpression") changed.properties.erase("generated");
    world.put(std::move(changed));
  }
}

}  // namespace strata
