#include "core/prisma/validate_modules.h"

#include "core/prisma/refusal.h"
#include "core/prisma/relation_side.h"

namespace strata::prisma {

namespace {

bool sees(const Visibility& visibility, const std::string& owner, const std::string& other) {
  if (owner == other || other == "base") return true;
  const auto required = visibility.find(owner);
  return required != visibility.end() && required->second.count(other) == 1;
}

tl::unexpected<Error> refuse_use(const Declaration& user, const Entry& field, const Declaration& used) {
  const auto& owner = user.file->owner;
  const auto who = owner == "base" ? std::string("the base module") : "module " + owner;
  return refuse(*user.file, field.type_place,
                "field " + field.name + " of " + user.block->name + " refers to " +
                    std::string(keyword_of(used.block->kind)) + " " + used.block->name + " of " +
                    whose(*used.file, used.block->place) + ", and " + who + " does not require that module",
                "add \"" + used.file->owner + "\" to requires in the module.toml of " + who);
}

// Columns and foreign keys depend on what they use.
Result<void> check_uses(const SchemaIndex& index, const Declaration& user, const Visibility& visibility) {
  for (const auto& entry : user.block->entries) {
    if (entry.kind != Entry::Kind::field) continue;
    const auto kind = index.kind_of(entry);
    const bool has_key = kind == FieldKind::relation && relation_argument(entry, "fields") != nullptr;
    if (!has_key && kind != FieldKind::enumeration) continue;
    const auto& used = *index.find(entry.type);
    if (!sees(visibility, user.file->owner, used.file->owner)) return refuse_use(user, entry, used);
  }
  return {};
}

// A relation field without a key: one of the two modules has to know the other.
Result<void> check_other_ends(const SchemaIndex& index, const Declaration& user, const Visibility& visibility) {
  for (const auto& entry : user.block->entries) {
    if (entry.kind != Entry::Kind::field || index.kind_of(entry) != FieldKind::relation) continue;
    const auto& used = *index.find(entry.type);
    const auto& owner = user.file->owner;
    const auto& other = used.file->owner;
    if (!sees(visibility, owner, other) && !sees(visibility, other, owner)) return refuse_use(user, entry, used);
  }
  return {};
}

}  // namespace

Result<void> validate_modules(const SchemaIndex& index, const Visibility& visibility) {
  for (const auto& declaration : index.declarations()) STRATA_CHECK(check_uses(index, declaration, visibility));
  for (const auto& declaration : index.declarations()) STRATA_CHECK(check_other_ends(index, declaration, visibility));
  return {};
}

}  // namespace strata::prisma
