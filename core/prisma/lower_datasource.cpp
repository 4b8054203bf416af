#include "core/prisma/lower_datasource.h"

#include "core/prisma/definition.h"
#include "core/prisma/schema_index.h"

#include <map>

namespace strata::prisma {

namespace {

struct Property {
  const SchemaFile* file = nullptr;
  const Value* value = nullptr;  // null: the datasource does not have it
};

Property find_property(const std::vector<SchemaFile>& files, std::string_view name) {
  for (const auto& file : files) {
    for (const auto& block : file.blocks) {
      if (block.kind != Block::Kind::datasource) continue;
      for (const auto& entry : block.entries) {
        if (entry.kind == Entry::Kind::property && entry.name == name) return {&file, &entry.value};
      }
    }
  }
  return {};
}

// pg_trgm, or uuid(map: "uuid-ossp", schema: "s", version: "1.1").
Extension lower_extension(const SchemaFile& file, const Value& value) {
  Extension extension{.name = value.text, .definition = defined_at(file, value.place)};
  for (const auto& argument : value.arguments) {
    if (argument.name == "map") extension.name = argument.value.text;
    if (argument.name == "schema") extension.schema = argument.value.text;
    if (argument.name == "version") extension.version = argument.value.text;
  }
  return extension;
}

}  // namespace

std::vector<Extension> lower_extensions(const std::vector<SchemaFile>& files) {
  const auto property = find_property(files, "extensions");
  if (property.value == nullptr) return {};
  std::map<std::string, Extension> by_name;
  for (const auto* item : items_of(*property.value))
    by_name.emplace(item->text, lower_extension(*property.file, *item));
  std::vector<Extension> extensions;
  extensions.reserve(by_name.size());
  for (auto& [name, extension] : by_name) extensions.push_back(std::move(extension));
  return extensions;
}

bool has_foreign_keys(const std::vector<SchemaFile>& files) {
  const auto mode = find_property(files, "relationMode");
  return mode.value == nullptr || mode.value->text != "prisma";
}

}  // namespace strata::prisma
