#include "core/prisma/lower_extension.h"

#include "core/prisma/look_up.h"

#include <map>

namespace strata::prisma {

namespace {

// pg_trgm, or uuid(map: "uuid-ossp", schema: "s", version: "1.1").
Extension lower_extension(const SchemaFile& file, const Value& value) {
  const auto text_or = [&](std::string_view argument, const std::string& otherwise) {
    const auto* found = find_argument(value.arguments, argument);
    return found ? found->text : otherwise;
  };
  return {.name = text_or("map", value.text),
          .schema = text_or("schema", ""),
          .version = text_or("version", ""),
          .definition = defined_at(file, value.place)};
}

}  // namespace

std::vector<Extension> lower_extensions(const Declared& datasource) {
  const auto* list = find_property(*datasource.block, "extensions");
  if (!list) return {};
  std::map<std::string, Extension> by_name;
  for (const auto& item : list->items) by_name.emplace(item.text, lower_extension(*datasource.file, item));
  std::vector<Extension> extensions;
  for (auto& [name, extension] : by_name) extensions.push_back(std::move(extension));
  return extensions;
}

}  // namespace strata::prisma
