#include "core/discovery/bundle.h"

#include "core/base/escape.h"

#include <nlohmann/json.hpp>

namespace strata {

namespace {

using nlohmann::json;

constexpr int bundle_format = 1;

bool is_plain_relative_path(std::string_view path) {
  if (path.empty() || path.size() > 500 || path.front() == '/' || path.back() == '/') return false;
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto part = path.substr(0, slash);
    if (part.empty() || part.front() == '.' ||
        part.find_first_of(std::string_view("\\\0", 2)) != std::string_view::npos)
      return false;
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  }
  return true;
}

json to_json(const ModuleParts& parts) {
  json files = json::array();
  for (const auto& file : parts.files) {
    files.push_back({{"path", file.path}, {"sha256", hex(file.sha256)}, {"text", file.bytes}});
  }
  return {{"format", bundle_format},
          {"id", parts.manifest.id},
          {"version", parts.manifest.version},
          {"requires", parts.manifest.requirements},
          {"owns", {{"schemas", parts.manifest.owned_schemas}}},
          {"team", {{"name", parts.manifest.team}}},
          {"code", parts.offers_code},
          {"files", std::move(files)},
          {"digest", hex(module_digest(parts))}};
}

}  // namespace

Result<std::string> write_bundle(const ModuleParts& parts) {
  for (const auto& file : parts.files) {
    if (const auto at = find_invalid_utf8(file.bytes); at != std::string_view::npos) {
      return fail(ErrorCode::bad_module,
                  parts.shown(file.path) + ": byte " + std::to_string(at) + " is not valid UTF-8",
                  "save the file as UTF-8");
    }
  }
  return to_json(parts).dump();
}

Result<ModuleParts> read_bundle(std::string_view text, const std::string& path) {
  const auto bad = [&](const std::string& what) {
    return fail(ErrorCode::bad_module, path + ": its bundle " + what,
                "rebuild the plugin with this version's strata_add_module()");
  };
  const auto document = json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object()) return bad("is not JSON: it is damaged");
  try {
    // Only a number is shown: to print what else may stand there could take any amount of stack.
    if (const auto& format = document.at("format"); format != bundle_format) {
      return bad("has format " + (format.is_number() ? format.dump() : std::string("?")) +
                 "; this strata reads format 1");
    }
    ModuleParts parts;
    parts.manifest.id = document.at("id");
    parts.manifest.version = document.at("version");
    parts.manifest.requirements = document.at("requires").get<std::vector<std::string>>();
    parts.manifest.owned_schemas = document.at("owns").at("schemas").get<std::vector<std::string>>();
    parts.manifest.team = document.at("team").at("name");
    parts.offers_code = document.at("code");
    parts.origin = ModuleOrigin::plugin;
    parts.path = path;
    for (const auto& item : document.at("files")) {
      SourceFile file{item.at("path"), item.at("text"), {}};
      file.sha256 = sha256(file.bytes);
      if (!is_plain_relative_path(file.path))
        return bad("names a file '" + printable(file.path) + "', which is no plain relative path");
      if (!parts.files.empty() && parts.files.back().path >= file.path)
        return bad("lists its files out of order or twice");
      if (item.at("sha256") != hex(file.sha256))
        return bad("has another text for " + file.path + " than its sha256 says: it was changed");
      parts.files.push_back(std::move(file));
    }
    if (document.at("digest") != hex(module_digest(parts))) return bad("does not match its own digest: it was changed");
    if (to_json(parts).dump() != text) return bad("is not in canonical form");
    return parts;
  } catch (const json::exception& error) {
    return bad(std::string("lacks something or has it in the wrong type: ") + error.what());
  }
}

}  // namespace strata
