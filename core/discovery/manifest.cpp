#include "core/discovery/manifest.h"

#include <toml++/toml.h>

namespace strata {

namespace {

tl::unexpected<Error> bad(const std::string& path, const toml::source_region& region, std::string message) {
  return fail(Error{.code = ErrorCode::bad_module,
                    .message = std::move(message),
                    .next = "mend " + path,
                    .where = {path, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)}});
}

Result<void> take_string(const toml::node& node, const std::string& path, const std::string& key, std::string& value) {
  const auto found = node.value_exact<std::string>();
  if (!found) return bad(path, node.source(), key + " must be a string");
  value = *found;
  return {};
}

Result<void> take_strings(const toml::node& node, const std::string& path, const std::string& key,
                          std::vector<std::string>& values) {
  const auto* list = node.as_array();
  if (list == nullptr) return bad(path, node.source(), key + " must be a list of strings");
  for (const auto& item : *list) {
    STRATA_CHECK(take_string(item, path, "each item of " + key, values.emplace_back()));
  }
  return {};
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view text, const std::string& path) {
  Manifest manifest;
  try {
    const auto document = toml::parse(text, path);
    for (const auto& [key, node] : document) {
      const std::string name(key.str());
      if (name == "id") {
        STRATA_CHECK(take_string(node, path, name, manifest.id));
      } else if (name == "version") {
        STRATA_CHECK(take_string(node, path, name, manifest.version));
      } else if (name == "requires") {
        STRATA_CHECK(take_strings(node, path, name, manifest.requirements));
      } else if (const auto* table = node.as_table(); table != nullptr && (name == "owns" || name == "team")) {
        for (const auto& [inner_key, inner] : *table) {
          const std::string inner_name(inner_key.str());
          if (name == "owns" && inner_name == "schemas") {
            STRATA_CHECK(take_strings(inner, path, "[owns] schemas", manifest.owned_schemas));
          } else if (name == "team" && inner_name == "name") {
            STRATA_CHECK(take_string(inner, path, "[team] name", manifest.team));
          } else {
            return bad(path, inner.source(),
                       "unknown key '" + inner_name + "' in [" + name + "]; known are [owns] schemas, [team] name");
          }
        }
      } else {
        return bad(path, node.source(),
                   "unknown key '" + name + "'; known are id, version, requires, [owns] schemas, [team] name");
      }
    }
  } catch (const toml::parse_error& error) {
    return bad(path, error.source(), "not valid TOML: " + std::string(error.description()));
  }
  return manifest;
}

}  // namespace strata
