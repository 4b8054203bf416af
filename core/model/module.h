// A module: one team's part of the schema and the migrations that got it there.
#pragma once

#include "core/model/migration.h"
#include "core/model/semver.h"

#include <optional>
#include <string>
#include <vector>

namespace strata {

struct Requirement {
  std::string module;
  VersionRange range;
};

// A piece of the desired schema.
struct Fragment {
  std::string path;   // relative to the module: "schema/cases.sql", "schema/cases.prisma"
  std::string shown;  // for messages: where it lies, as the user would write it
  std::string text;
};

enum class ModuleOrigin { folder, plugin };

struct Module {
  std::string id;
  Version version;
  std::vector<Requirement> requirements;
  std::vector<std::string> owned_schemas;
  std::string team;
  std::vector<Fragment> fragments;     // by path, a folder's files in its place
  std::vector<Migration> migrations;   // in the order they run in: by name
  std::vector<Migration> repeatables;  // by name
  bool is_prisma = false;              // its migrations are a folder of Prisma's: migration_lock.toml lies in it
  bool offers_code = false;            // a plugin that has capabilities; always false for a folder

  Digest digest{};                // of the canonical bundle: the same for a folder and the plugin made of it
  std::optional<Digest> library;  // SHA-256 of the plugin's file
  ModuleOrigin origin = ModuleOrigin::folder;
  std::string path;  // the folder or library, for messages
};

// The project's own migrations/ folder: no manifest, no version, needs nothing, may be needed by all.
inline constexpr std::string_view base_module_id = "base";

}  // namespace strata
