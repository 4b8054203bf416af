#include "core/sql/owners.h"

#include "core/sql/created_object.h"

namespace strata {

void add_created(Owners& owners, std::string_view text, const std::string& module) {
  const auto objects = created_objects(text, module);
  if (!objects) return;
  for (const auto& object : *objects) owners.emplace(object.name, module);
}

std::string owner_of(const DatabaseObject& object, const Owners& owners) {
  const auto name = object.schema + "." + (object.parent.empty() ? object.name : object.parent);
  if (const auto exact = owners.find(name); exact != owners.end()) return exact->second;
  // A text may write a routine's arguments otherwise than the server prints them.
  if (const auto arguments = name.find('('); arguments != std::string::npos) {
    const auto routine = name.substr(0, arguments + 1);
    const auto found = owners.lower_bound(routine);
    if (found != owners.end() && found->first.starts_with(routine)) return found->second;
  }
  const auto schema = owners.find(object.schema);
  return schema == owners.end() ? "" : schema->second;
}

}  // namespace strata
