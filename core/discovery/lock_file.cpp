#include "core/discovery/lock_file.h"

#include "core/base/escape.h"

#include <toml++/toml.h>

#include <algorithm>

namespace strata {

namespace {

constexpr std::int64_t lock_format = 1;

tl::unexpected<Error> bad(const std::string& path, const toml::source_region& region, std::string message) {
  return fail(Error{.code = ErrorCode::bad_config,
                    .message = std::move(message),
                    .next = "strata module lock writes it anew",
                    .where = {path, static_cast<int>(region.begin.line), static_cast<int>(region.begin.column)}});
}

Result<Digest> digest_of(const toml::node& node, const std::string& path, std::string_view key) {
  const auto text = node.value_exact<std::string>();
  const auto digest = text ? digest_from_hex(*text) : std::nullopt;
  if (!digest) return bad(path, node.source(), std::string(key) + " must be 64 hexadecimal digits, in quotes");
  return *digest;
}

Result<ModulePin> pin_of(const toml::node& node, const std::string& path, std::string_view id) {
  const auto* table = node.as_table();
  if (table == nullptr) return bad(path, node.source(), "'" + printable(id) + "' must be a table: [module.NAME]");
  ModulePin pin;
  bool has_digest = false;
  for (const auto& [key, value] : *table) {
    if (key.str() == "version" && value.is_string()) {
      pin.version = value.as_string()->get();
    } else if (key.str() == "digest") {
      STRATA_TRY(pin.digest, digest_of(value, path, "digest"));
      has_digest = true;
    } else if (key.str() == "library") {
      STRATA_TRY(pin.library, digest_of(value, path, "library"));
    } else {
      return bad(path, value.source(),
                 "unknown key '" + printable(key.str()) + "'; known are version (a string), digest, library");
    }
  }
  if (!has_digest) return bad(path, node.source(), "[module." + printable(id) + "] has no digest");
  return pin;
}

}  // namespace

std::string write_lock_file(const std::vector<Module>& modules) {
  std::map<std::string, const Module*> sorted;
  for (const auto& module : modules) sorted.emplace(module.id, &module);
  std::string text =
      "# Made by strata module lock. With --locked strata takes these modules and no others.\nformat = " +
      std::to_string(lock_format) + "\n";
  for (const auto& [id, module] : sorted) {
    text += "\n[module." + id + "]\n";
    if (id != base_module_id) text += "version = \"" + module->version.text() + "\"\n";
    text += "digest = \"" + hex(module->digest) + "\"\n";
    if (module->library) text += "library = \"" + hex(*module->library) + "\"\n";
  }
  return text;
}

Result<ModulePins> read_lock_file(std::string_view text, const std::string& path) {
  ModulePins pins;
  try {
    const auto document = toml::parse(text, path);
    if (document["format"].value_exact<std::int64_t>() != lock_format)
      return bad(path, document.source(), "this strata reads lock files with format = " + std::to_string(lock_format));
    for (const auto& [key, node] : document) {
      if (key.str() == "format") continue;
      const auto* modules = key.str() == "module" ? node.as_table() : nullptr;
      if (modules == nullptr)
        return bad(path, node.source(), "unknown key '" + printable(key.str()) + "'; known are format, [module.NAME]");
      for (const auto& [id, pin] : *modules) {
        STRATA_TRY(pins[std::string(id.str())], pin_of(pin, path, id.str()));
      }
    }
  } catch (const toml::parse_error& error) {
    return bad(path, error.source(), "not valid TOML: " + std::string(error.description()));
  }
  return pins;
}

Result<void> check_pins(const std::vector<Module>& modules, const ModulePins& pins, const std::string& path) {
  std::string findings;
  for (const auto& module : modules) {
    const auto found = pins.find(module.id);
    const auto named = "\n  " + module.id + " (" + printable(module.path) + ")";
    if (found == pins.end()) {
      findings += named + " is not pinned";
    } else if (found->second.digest != module.digest) {
      findings += named + ": expected digest " + hex(found->second.digest) + ", found " + hex(module.digest);
    } else if (found->second.library && module.library && found->second.library != module.library) {
      findings += named + ": expected a library with SHA-256 " + hex(*found->second.library) + ", found " +
                  hex(*module.library);
    }
  }
  for (const auto& [id, pin] : pins) {
    const auto is_it = [&id = id](const Module& module) { return module.id == id; };
    if (std::none_of(modules.begin(), modules.end(), is_it))
      findings += "\n  " + printable(id) + " " + printable(pin.version) + " is pinned, but not there";
  }
  if (findings.empty()) return {};
  return fail(ErrorCode::not_permitted, "the modules are not those that " + path + " pins:" + findings,
              "bring the modules that were pinned; or, where these are meant: strata module lock, and commit " + path);
}

}  // namespace strata
