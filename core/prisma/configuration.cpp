#include "core/prisma/configuration.h"

#include "core/prisma/refusal.h"
#include "core/prisma/schema_index.h"

#include <map>

namespace strata::prisma {

namespace {

using Properties = std::map<std::string, const Entry*>;

Result<Properties> properties_of(const SchemaFile& file, const Block& block) {
  if (is_scalar_type(block.name)) {
    return refuse(file, block.name_place,
                  block.name + " is a scalar type: no " + std::string(keyword_of(block.kind)) + " can have this name",
                  "rename it");
  }
  Properties properties;
  for (const auto& entry : block.entries) {
    if (entry.kind != Entry::Kind::property) continue;
    if (!properties.emplace(entry.name, &entry).second) {
      return refuse(file, entry.place, "property \"" + entry.name + "\" is given twice", "remove one of them");
    }
  }
  return properties;
}

Result<std::vector<std::string>> texts_of(const SchemaFile& file, const Entry& property) {
  std::vector<std::string> texts;
  const auto refused = [&](Place at) {
    return refuse(file, at, "property \"" + property.name + "\" is a list of strings",
                  "write " + property.name + " = [\"a\", \"b\"]");
  };
  for (const auto* item : items_of(property.value)) {
    if (item->kind != Value::Kind::text) return refused(item->place);
    texts.push_back(item->text);
  }
  return texts;
}

Result<void> check_provider(const SchemaFile& file, const Block& block, const Properties& properties) {
  const auto provider = properties.find("provider");
  constexpr auto next = "write provider = \"postgresql\"";
  if (provider == properties.end()) return refuse(file, block.place, "the datasource has no provider", next);
  const auto& value = provider->second->value;
  if (value.kind != Value::Kind::text) return refuse(file, value.place, "the provider is no string", next);
  if (value.text != "postgresql" && value.text != "postgres") {
    return refuse(file, value.place, "the provider is \"" + value.text + "\"; strata knows \"postgresql\" only", next);
  }
  return {};
}

bool is_text_or_env(const Value& value) {
  return value.kind == Value::Kind::text || (value.kind == Value::Kind::call && value.text == "env");
}

Result<void> check_extensions(const SchemaFile& file, const Entry& property) {
  const auto refused = [&](Place at) {
    return refuse(file, at, "extensions is a list of names, each with map, schema and version or without",
                  "write extensions = [pgcrypto, uuidOssp(map: \"uuid-ossp\")]");
  };
  for (const auto* item : items_of(property.value)) {
    if (item->kind != Value::Kind::constant && item->kind != Value::Kind::call) return refused(item->place);
    for (const auto& argument : item->arguments) {
      const bool known = argument.name == "map" || argument.name == "schema" || argument.name == "version";
      if (!known || argument.value.kind != Value::Kind::text) return refused(argument.place);
    }
  }
  return {};
}

Result<void> check_relation_mode(const SchemaFile& file, const Entry& property) {
  const auto& value = property.value;
  if (value.kind == Value::Kind::text && (value.text == "prisma" || value.text == "foreignKeys")) return {};
  return refuse(file, value.place, "relationMode is neither \"foreignKeys\" nor \"prisma\"",
                "write relationMode = \"foreignKeys\", or remove the line: it is the default");
}

Result<std::vector<std::string>> read_schemas(const SchemaFile& file, const Entry& property) {
  STRATA_TRY(auto schemas, texts_of(file, property));
  if (schemas.empty()) return refuse(file, property.value.place, "schemas is an empty list", "name one, or remove it");
  std::set<std::string> seen;
  for (std::size_t i = 0; i < schemas.size(); ++i) {
    if (!seen.insert(schemas[i]).second) {
      return refuse(file, property.value.items[i].place, "schema \"" + schemas[i] + "\" is named twice",
                    "remove one of them");
    }
  }
  return schemas;
}

Result<void> read_datasource(const SchemaFile& file, const Block& block, Configuration& configuration) {
  STRATA_TRY(const auto properties, properties_of(file, block));
  STRATA_CHECK(check_provider(file, block, properties));
  static const std::set<std::string> known = {"provider",     "url",        "directUrl", "shadowDatabaseUrl",
                                              "relationMode", "extensions", "schemas"};
  configuration.datasource = block.name;
  for (const auto& [name, property] : properties) {
    if (known.count(name) == 0) {
      return refuse(file, property->place, "the datasource has no property \"" + name + "\"",
                    "it knows provider, url, directUrl, shadowDatabaseUrl, relationMode, extensions and schemas");
    }
    if (name == "relationMode") {
      STRATA_CHECK(check_relation_mode(file, *property));
      configuration.has_foreign_keys = property->value.text != "prisma";
    }
    if (name == "extensions") STRATA_CHECK(check_extensions(file, *property));
    if (name == "schemas") {
      STRATA_TRY(configuration.schemas, read_schemas(file, *property));
    }
  }
  return {};
}

Result<void> read_generator(const SchemaFile& file, const Block& block, Configuration& configuration) {
  STRATA_TRY(const auto properties, properties_of(file, block));
  configuration.has_generator = true;
  const auto provider = properties.find("provider");
  constexpr auto next = "write provider = \"prisma-client\"";
  if (provider == properties.end()) {
    return refuse(file, block.place, "generator " + block.name + " has no provider", next);
  }
  for (const auto* name : {"provider", "output"}) {
    const auto property = properties.find(name);
    if (property == properties.end() || is_text_or_env(property->second->value)) continue;
    return refuse(file, property->second->value.place,
                  "property \"" + std::string(name) + "\" of generator " + block.name + " is no string", next);
  }
  const auto features = properties.find("previewFeatures");
  if (features == properties.end()) return {};
  STRATA_TRY(const auto names, texts_of(file, *features->second));
  for (const auto& name : names) {
    if (!is_preview_feature(name)) {
      return refuse(file, features->second->value.place, "there is no preview feature \"" + name + "\"", "remove it");
    }
    configuration.preview_features.insert(normal_feature(name));
  }
  return {};
}

Result<void> check_preview_features(const Declaration& datasource, const Configuration& configuration) {
  for (const auto& entry : datasource.block->entries) {
    if (entry.kind == Entry::Kind::property && entry.name == "extensions" &&
        !configuration.allows("postgresqlExtensions")) {
      return refuse(*datasource.file, entry.place, "extensions is a preview feature that no generator asks for",
                    "add \"postgresqlExtensions\" to previewFeatures of the generator");
    }
  }
  return {};
}

}  // namespace

Result<Configuration> read_configuration(const std::vector<SchemaFile>& files, bool demands_datasource) {
  Configuration configuration;
  Declaration datasource;
  std::map<std::string, Declaration> generators;
  for (const auto& file : files) {
    for (const auto& block : file.blocks) {
      if (block.kind == Block::Kind::generator) {
        const auto [known, is_new] = generators.emplace(block.name, Declaration{&file, &block});
        if (!is_new) {
          return refuse(file, block.place,
                        "generator " + block.name + " is defined by " +
                            whose(*known->second.file, known->second.block->place) + " and by " +
                            whose(file, block.place),
                        "rename one of them");
        }
        STRATA_CHECK(read_generator(file, block, configuration));
      }
      if (block.kind != Block::Kind::datasource) continue;
      if (datasource.block != nullptr) {
        return refuse(file, block.place,
                      "a datasource is defined by " + whose(*datasource.file, datasource.block->place) + " and by " +
                          whose(file, block.place),
                      "one database has one datasource: keep it in the base module");
      }
      datasource = {&file, &block};
      STRATA_CHECK(read_datasource(file, block, configuration));
    }
  }
  if (datasource.block != nullptr) {
    STRATA_CHECK(check_preview_features(datasource, configuration));
  } else if (demands_datasource && !files.empty()) {
    return refuse(files.front(), {0, 0}, "no schema file has a datasource",
                  "write datasource db { provider = \"postgresql\" } in the base module, on three lines");
  }
  return configuration;
}

}  // namespace strata::prisma
