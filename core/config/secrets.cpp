#include "core/config/secrets.h"

#include "core/base/files.h"
#include "core/config/config.h"

#include <algorithm>
#include <filesystem>
#include <vector>

namespace strata {

namespace {

namespace fs = std::filesystem;

// Folders, or what is no folder: sorted, less the driver's own.
Result<std::vector<fs::path>> list(const fs::path& folder, bool folders) {
  std::vector<fs::path> paths;
  std::error_code failed;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    std::error_code ignored;
    const bool is_driver_own = at->path().filename().string().substr(0, 2) == "..";
    if (!is_driver_own && fs::is_directory(at->path(), ignored) == folders) paths.push_back(at->path());
  }
  if (failed) {
    return fail(ErrorCode::bad_config, "the secrets in " + folder.string() + " cannot be read: " + failed.message(),
                "--secrets-dir names the folder that holds a folder for each vault, such as /mnt/secrets");
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Result<std::map<std::string, std::string>> read_secrets(const std::string& folder) {
  std::map<std::string, std::string> secrets;
  STRATA_TRY(const auto vaults, list(folder, true));
  for (const auto& vault : vaults) {
    STRATA_TRY(const auto files, list(vault, false));
    for (const auto& path : files) {
      std::error_code ignored;
      if (!fs::is_regular_file(path, ignored) && fs::exists(path, ignored))
        return fail(ErrorCode::bad_config, "the secret " + path.string() + " is no file", "mount it as one");
      STRATA_TRY(auto content,
                 read_file(path.string(), "a secret: check that it is mounted, and readable for this user",
                           most_config_bytes, ErrorCode::bad_config));
      secrets[path.filename().string()] = without_line_end(std::move(content));
    }
  }
  return secrets;
}

}  // namespace strata
