#include "core/prisma/validate_modules.h"

#include "core/prisma/foreign_key.h"
#include "core/prisma/refusal.h"

namespace strata::prisma {

namespace {

bool sees(const Visibility& visibility, const std::string& owner, const std::string& other) {
  if (owner == other || other == "base") return true;
  const auto required = visibility.find(owner);
  return required != visibility.end() && required->second.count(other) == 1;
}

}  // namespace

Result<void> validate_modules(const SchemaIndex& index, const Declaration& declaration, const Visibility& visibility) {
  const auto& [file, block] = declaration;
  for (const auto& entry : block->entries) {
    if (entry.kind != Entry::Kind::field) continue;
    const auto kind = index.kind_of(entry);
    if (kind != FieldKind::relation && kind != FieldKind::enumeration) continue;
    const auto& used = *index.find(entry.type);
    if (sees(visibility, file->owner, used.file->owner)) continue;
    const bool has_key = relation_argument(entry, "fields") != nullptr;
    if (kind == FieldKind::relation && !has_key && sees(visibility, used.file->owner, file->owner)) continue;
    const auto who = file->owner == "base" ? std::string("the base module") : "module " + file->owner;
    return refuse(*file, entry.type_place,
                  "field " + entry.name + " of " + block->name + " refers to " +
                      std::string(noun_of(used.block->kind)) + " " + used.block->name + " of " +
                      whose(*used.file, used.block->place) + ", and " + who + " does not require that module",
                  "add \"" + used.file->owner + "\" to requires in the module.toml of " + who);
  }
  return {};
}

}  // namespace strata::prisma
