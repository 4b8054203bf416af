#include "core/inventory/inventory.h"

#include <algorithm>
#include <array>
#include <utility>

namespace strata {

namespace {

constexpr std::array<std::pair<ObjectKind, std::string_view>, 17> printed_by_server = {{
    {ObjectKind::extension, "version"},
    {ObjectKind::type, "default"},
    {ObjectKind::type, "checks"},
    {ObjectKind::function, "arguments"},
    {ObjectKind::function, "sql_body"},
    {ObjectKind::table, "bound"},
    {ObjectKind::table, "partition_key"},
    {ObjectKind::view, "definition"},
    {ObjectKind::materialized_view, "definition"},
    {ObjectKind::column, "default"},
    {ObjectKind::column, "generated"},
    {ObjectKind::index, "definition"},
    {ObjectKind::statistics, "definition"},
    {ObjectKind::trigger, "definition"},
    {ObjectKind::rule, "definition"},
    {ObjectKind::policy, "using"},
    {ObjectKind::policy, "check"},
}};

}  // namespace

const char* name_of(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::schema:
      return "schema";
    case ObjectKind::extension:
      return "extension";
    case ObjectKind::type:
      return "type";
    case ObjectKind::function:
      return "function";
    case ObjectKind::sequence:
      return "sequence";
    case ObjectKind::table:
      return "table";
    case ObjectKind::view:
      return "view";
    case ObjectKind::materialized_view:
      return "materialized view";
    case ObjectKind::column:
      return "column";
    case ObjectKind::constraint:
      return "constraint";
    case ObjectKind::index:
      return "index";
    case ObjectKind::statistics:
      return "statistics";
    case ObjectKind::trigger:
      return "trigger";
    case ObjectKind::rule:
      return "rule";
    case ObjectKind::policy:
      return "policy";
  }
  return "";
}

const std::string& DatabaseObject::property(const std::string& key) const {
  static const std::string absent;
  const auto found = properties.find(key);
  return found == properties.end() ? absent : found->second;
}

bool is_printed_by_server(const DatabaseObject& object, std::string_view property) {
  if (object.kind == ObjectKind::constraint && property == "definition")
    return object.property("form") == "check" || object.property("form") == "exclusion";
  return std::find(printed_by_server.begin(), printed_by_server.end(), std::pair{object.kind, property}) !=
         printed_by_server.end();
}

std::string described(const DatabaseObject& object) {
  std::string text = name_of(object.kind);
  text += " ";
  for (const auto* part : {&object.schema, &object.parent, &object.name}) {
    if (part->empty()) continue;
    if (text.back() != ' ') text += ".";
    text += *part;
  }
  return text;
}

const DatabaseObject* Inventory::find(ObjectKind kind, std::string_view schema, std::string_view parent,
                                      std::string_view name) const {
  const auto key = std::tie(schema, parent, kind, name);
  const auto found =
      std::lower_bound(objects.begin(), objects.end(), key, [](const DatabaseObject& object, const auto& wanted) {
        return std::tuple<std::string_view, std::string_view, ObjectKind, std::string_view>(
                   object.schema, object.parent, object.kind, object.name) < wanted;
      });
  const bool is_there = found != objects.end() && found->schema == schema && found->parent == parent &&
                        found->kind == kind && found->name == name;
  return is_there ? &*found : nullptr;
}

}  // namespace strata
