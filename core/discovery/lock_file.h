// strata.lock: which modules a release was made of, by digest. Committed beside strata.toml; with --locked nothing else
// is taken.
#pragma once

#include "core/base/result.h"
#include "core/model/module.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct ModulePin {
  std::string version;            // for whoever reads the file; the digest covers it
  Digest digest{};                // Module::digest: the same for a folder and the plugin made of it
  std::optional<Digest> library;  // SHA-256 of the plugin's file, where the file was written from a plugin
};
using ModulePins = std::map<std::string, ModulePin, std::less<>>;  // by module id

// The text of the file: canonical, so that writing it again for the same modules changes no byte.
std::string write_lock_file(const std::vector<Module>& modules);

// Fails with bad_config at line and column: for what is no TOML, an unknown key or format, a digest that is none.
Result<ModulePins> read_lock_file(std::string_view text, const std::string& path);

// Fails with not_permitted, naming each module that is not pinned, differs from its pin (expected and found), or is
// pinned and not there. `path` of the lock file is for the message.
Result<void> check_pins(const std::vector<Module>& modules, const ModulePins& pins, const std::string& path);

}  // namespace strata
