#include "core/prisma/validate_names.h"

#include "core/prisma/refusal.h"

#include <algorithm>
#include <iterator>
#include <map>

namespace strata::prisma {

namespace {

// Prisma's generated client could not have a class of this name.
constexpr std::string_view reserved[] = {
    "PrismaClient", "async",      "await",     "break",  "case",     "catch", "class",      "const",
    "continue",     "debugger",   "default",   "delete", "do",       "else",  "enum",       "export",
    "extends",      "false",      "finally",   "for",    "function", "if",    "implements", "import",
    "in",           "instanceof", "interface", "let",    "new",      "null",  "package",    "private",
    "protected",    "public",     "return",    "super",  "switch",   "this",  "throw",      "true",
    "try",          "typeof",     "using",     "var",    "void",     "while", "with",       "yield"};

Result<void> check_form(const SchemaFile& file, const std::string& name, Place at, const std::string& what) {
  if (name[0] >= '0' && name[0] <= '9') {
    return refuse(file, at, "the name of " + what + " " + name + " begins with a digit",
                  "begin it with a letter, and use @map for the database's name");
  }
  if (name.find('-') != std::string::npos) {
    return refuse(file, at, "the name of " + what + " " + name + " has a \"-\"",
                  "write _ instead, and use @map for the database's name");
  }
  return {};
}

Result<void> check_block_name(const Declaration& declaration) {
  const auto& [file, block] = declaration;
  const std::string noun(keyword_of(block->kind));
  STRATA_CHECK(check_form(*file, block->name, block->name_place, noun));
  if (is_scalar_type(block->name)) {
    return refuse(*file, block->name_place, block->name + " is a scalar type: no " + noun + " can have this name",
                  "rename it");
  }
  if (std::find(std::begin(reserved), std::end(reserved), block->name) != std::end(reserved)) {
    return refuse(*file, block->name_place, block->name + " is a reserved name: no " + noun + " can have it",
                  "rename it, and use @@map for the database's name");
  }
  return {};
}

bool names_something(const Entry& entry) {
  return entry.kind == Entry::Kind::field || entry.kind == Entry::Kind::enum_value;
}

}  // namespace

Result<void> validate_names(const Declaration& declaration) {
  STRATA_CHECK(check_block_name(declaration));
  const auto& [file, block] = declaration;
  std::map<std::string, const Entry*> names;
  std::map<std::string, const Entry*> database_names;
  for (const auto& entry : block->entries) {
    if (!names_something(entry)) continue;
    const bool is_field = entry.kind == Entry::Kind::field;
    const std::string what = is_field ? "field" : "enum value";
    STRATA_CHECK(check_form(*file, entry.name, entry.place, what));
    const auto [known, is_new] = names.emplace(entry.name, &entry);
    if (!is_new) {
      return refuse(*file, entry.place,
                    what + " " + entry.name + " is defined twice in " + block->name + ": first in line " +
                        std::to_string(known->second->place.line),
                    "rename or remove one of them");
    }
    const auto database = database_name(entry);
    const auto [mapped, is_new_there] = database_names.emplace(database, &entry);
    if (!is_new_there) {
      return refuse(*file, entry.place,
                    what + "s " + mapped->second->name + " and " + entry.name + " of " + block->name + " are both \"" +
                        database + "\" in the database",
                    "change the @map of one of them");
    }
  }
  if (block->kind == Block::Kind::enumeration && names.empty()) {
    return refuse(*file, block->place, "enum " + block->name + " has no values", "write at least one");
  }
  return {};
}

Result<void> validate_database_names(const SchemaIndex& index, const Configuration& configuration) {
  std::map<std::pair<std::string, std::string>, Declaration> known;  // by schema and name
  for (const auto& declaration : index.declarations()) {
    const auto& [file, block] = declaration;
    const std::string what = std::string(keyword_of(block->kind)) + " " + block->name;
    const auto schema = schema_of(*block);
    const auto& schemas = configuration.schemas;
    if (schema.empty() && !schemas.empty()) {
      return refuse(*file, block->place, what + " has no @@schema, and the datasource lists schemas",
                    "write @@schema(\"" + schemas.front() + "\") in it");
    }
    if (!schema.empty() && std::find(schemas.begin(), schemas.end(), schema) == schemas.end()) {
      return refuse(*file, attribute_named(*block, "schema")->place,
                    "schema \"" + schema + "\" is none of the datasource's", "add it to schemas of the datasource");
    }
    const auto name = database_name(*block);
    const auto [first, is_new] = known.emplace(std::pair(schema, name), declaration);
    if (is_new) continue;
    const auto& [other_file, other] = first->second;
    return refuse(*file, block->place,
                  "\"" + name + "\" in the database is both " + std::string(keyword_of(other->kind)) + " " +
                      other->name + " of " + whose(*other_file, other->place) + " and " + what + " of " +
                      whose(*file, block->place),
                  "change the @@map of one of them");
  }
  return {};
}

}  // namespace strata::prisma
