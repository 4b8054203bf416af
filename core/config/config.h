// strata.toml as a value (design 4.3). Its folders are resolved from the file's own folder, and relative only where the
// working directory lies above them.
#pragma once

#include "core/base/result.h"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// Larger than strata.toml, a fleet's file or a secret can sensibly be: what lies there is something else.
constexpr std::size_t most_config_bytes = 16 << 20;

struct TargetConfig {
  std::string url;          // as written: "local:", "env:NAME", "file:PATH" or a URL; empty: from the environment
  bool disposable = false;  // may be dropped and rebuilt
};

enum class PrismaHistory { automatic, on, off };

struct Config {
  std::string root;  // the folder of strata.toml, or the working directory where there is none
  std::string file;  // strata.toml; empty: none was found
  std::string project;
  std::vector<std::string> module_folders;
  bool modules_are_named = false;  // in strata.toml: then the folders must be there
  std::vector<std::string> plugin_folders;
  std::string base_migrations;          // the folder of module `base`; it need not exist
  bool migrations_are_prismas = false;  // the folder of `base`, also without migration_lock.toml
  std::string base_schema;              // its fragments: a folder, or one file; it need not exist
  std::map<std::string, TargetConfig> targets;

  std::chrono::milliseconds lock_timeout{3'000};   // for each lock that a statement waits for
  std::chrono::milliseconds lock_wait{300'000};    // for the run lock, and for tries after lock_timeout, in all
  std::chrono::milliseconds statement_timeout{0};  // 0: none
  bool refuse_open_schema = true;  // other roles may create objects where migrations look up names: else a remark
  bool refuse_superuser = false;
  std::string history_schema = "strata";
  PrismaHistory prisma = PrismaHistory::automatic;
};

// Loads `file`, or, when it is empty, the strata.toml found upward from `working_directory`; with none found the
// defaults of a project in `working_directory`. Fails with bad_config at line and column, also for unknown keys.
Result<Config> load_config(const std::string& file, const std::string& working_directory);

}  // namespace strata
