#include "core/discovery/discover.h"

#include "core/discovery/bundle.h"
#include "core/discovery/folder_source.h"
#include "plugins/host/plugin_library.h"

#include <algorithm>
#include <boost/filesystem.hpp>

namespace strata {

namespace {

namespace fs = boost::filesystem;

Result<void> add_folder_modules(const std::string& folder, bool must_be_there, std::vector<Module>& modules) {
  boost::system::error_code failed;
  if (!fs::exists(folder, failed)) {
    if (!must_be_there) return {};
    return fail(ErrorCode::bad_config,
                "[project] modules in strata.toml names the folder " + folder + ", which is not there",
                "mend the name, make the folder, or write modules = [] where all modules come as plugins");
  }
  std::vector<std::string> paths;
  for (fs::directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    const auto name = at->path().filename().string();
    boost::system::error_code ignored;
    if (name[0] == '.') continue;
    if (!fs::exists(at->path(), ignored)) {
      return fail(ErrorCode::bad_module, at->path().string() + " is a symbolic link that leads nowhere");
    }
    if (!fs::is_directory(at->path(), ignored)) continue;
    if (!fs::exists(at->path() / "module.toml", ignored)) {
      return fail(ErrorCode::bad_module, at->path().string() + " lies among the modules but has no module.toml",
                  "add module.toml (strata module new " + name + " makes a module), or move the folder away");
    }
    paths.push_back(at->path().string());
  }
  if (failed) return fail(ErrorCode::bad_module, folder + " cannot be read: " + failed.message());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    STRATA_TRY(auto parts, read_module_folder(path));
    STRATA_TRY(auto module, assemble_module(std::move(parts)));
    modules.push_back(std::move(module));
  }
  return {};
}

}  // namespace

Result<std::vector<Module>> discover(const Config& config) {
  std::vector<Module> modules;
  boost::system::error_code failed;
  if (fs::exists(config.base_migrations, failed) || fs::exists(config.base_schema, failed)) {
    STRATA_TRY(auto parts, read_base_folder(config.base_migrations, config.base_schema,
                                            config.migrations_are_prismas || config.prisma == PrismaHistory::on));
    STRATA_TRY(auto module, assemble_module(std::move(parts)));
    modules.push_back(std::move(module));
  }
  for (const auto& folder : config.module_folders)
    STRATA_CHECK(add_folder_modules(folder, config.modules_are_named, modules));
  for (const auto& folder : config.plugin_folders) {
    STRATA_TRY(const auto paths, list_plugin_files(folder));
    for (const auto& path : paths) {
      STRATA_TRY(const auto library, read_plugin_library(path));
      STRATA_TRY(auto parts, read_bundle(library.bundle, path));
      STRATA_TRY(auto module, assemble_module(std::move(parts)));
      module.library = sha256(library.bytes);
      modules.push_back(std::move(module));
    }
  }
  if (modules.empty()) {
    return fail(ErrorCode::bad_config,
                "no module was found: there is neither " + config.base_migrations +
                    " nor a module or plugin in the configured folders",
                "run strata init for a new project, or name the folders in [project] of strata.toml");
  }
  return modules;
}

}  // namespace strata
