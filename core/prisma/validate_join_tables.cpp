#include "core/prisma/validate_join_tables.h"

#include "core/prisma/refusal.h"
#include "core/prisma/relation_side.h"

#include <algorithm>
#include <map>

namespace strata::prisma {

namespace {

struct Known {
  const SchemaFile* file;
  Place place;
  std::string what;
};

// Whether this list field is a side of many to many, and the one of the two to speak for it.
bool speaks_for_join_table(const RelationSide& side, const Declaration& target) {
  const auto& block = *side.declaration.block;
  for (const auto* other : fields_to(*target.block, block, relation_name(*side.field))) {
    if (other == side.field || other->arity != Arity::list) continue;
    return std::pair(block.name, side.field->name) < std::pair(target.block->name, other->name);
  }
  return false;
}

std::string first_characters(const std::string& text, std::size_t most) {
  std::size_t size = 0;
  for (; size < text.size(); ++size) {
    const bool begins = (static_cast<unsigned char>(text[size]) & 0xc0) != 0x80;
    if (begins && most-- == 0) break;
  }
  return text.substr(0, size);
}

std::string join_table_name(const RelationSide& side, const Declaration& target) {
  const auto name = relation_name(*side.field);
  const auto& block = *side.declaration.block;
  return first_characters("_" + (name.empty() ? block.name + "To" + target.block->name : name), 63);
}

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
      if (entry.kind != Entry::Kind::field || entry.arity != Arity::list) continue;
      if (index.kind_of(entry) != FieldKind::relation) continue;
      const RelationSide side{declaration, &entry};
      const auto& target = *index.find(entry.type);
      if (!speaks_for_join_table(side, target)) continue;
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
