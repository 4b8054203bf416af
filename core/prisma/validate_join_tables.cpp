#include "core/prisma/validate_join_tables.h"

#include "core/prisma/refusal.h"
#include "core/prisma/relation_side.h"

#include <map>

namespace strata::prisma {

namespace {

struct Known {
  const SchemaFile* file;
  Place place;
  std::string what;
};

}  // namespace

Result<void> validate_join_tables(const SchemaIndex& index) {
  std::map<std::pair<std::string, std::string>, Known> names;  // by schema and name
  for (const auto& [file, block] : index.declarations()) {
    names.emplace(std::pair(schema_of(*block), database_name(*block)),
                  Known{file, block->place, std::string(keyword_of(block->kind)) + " " + block->name});
  }
  for (const auto& declaration : index.declarations()) {
    const auto& [file, block] = declaration;
    for (const auto& entry : block->entries) {
      if (entry.kind != Entry::Kind::field || index.kind_of(entry) != FieldKind::relation) continue;
      const RelationSide side{declaration, &entry};
      const auto& target = *index.find(entry.type);
      if (!is_side_a(side, target)) continue;
      const auto name = join_table_name(side, target);
      const Known own{file, entry.place, "the table of relation " + entry.name + " of " + block->name};
      const auto [known, is_new] = names.emplace(std::pair(schema_of(*block), name), own);
      if (is_new) continue;
      const auto& first = known->second;
      return refuse(*file, entry.place,
                    "\"" + name + "\" in the database is both " + first.what + " of " +
                        whose(*first.file, first.place) + " and " + own.what + " of " + whose(*file, entry.place),
                    "give the relation another name at both its sides: @relation(\"name\")");
    }
  }
  return {};
}

}  // namespace strata::prisma
