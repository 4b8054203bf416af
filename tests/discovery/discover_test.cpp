#include "core/discovery/discover.h"

#include "core/catalog/catalog.h"
#include "tests/discovery/module_files.h"

#include <set>

using namespace strata;
using namespace strata::test;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

const std::string sample_modules = STRATA_SOURCE_DIR "/modules";
const std::string sample_migrations = STRATA_SOURCE_DIR "/migrations";
const std::string sample_plugins = STRATA_BINARY_DIR "/plugins";

std::map<std::string, Module> by_id(std::vector<Module> modules) {
  std::map<std::string, Module> result;
  for (auto& module : modules) result.emplace(module.id, std::move(module));
  return result;
}

// A project's folder with its places for modules.
struct Project {
  TempDir folder;
  Config config;

  Project() {
    config.module_folders = {(folder.path() / "modules").string()};
    config.base_migrations = (folder.path() / "migrations").string();
  }
  void write_module(const std::string& id, const std::string& place = "modules") const {
    folder.write(place + "/" + id + "/module.toml", "id = \"" + id + "\"\nversion = \"1.0.0\"\n");
  }
};

Error refusal_of(const Config& config, const std::string& path) {
  const auto error = error_of(discover(config));
  CHECK_THAT(error.message, Contains(path));
  return error;
}

}  // namespace

TEST_CASE("discover: a module is the same from its folder and from its plugin", "[discovery]") {
  Config folders;
  folders.module_folders = {sample_modules};
  folders.base_migrations = sample_migrations;
  folders.base_schema = STRATA_SOURCE_DIR "/schema";
  Config plugins;
  plugins.plugin_folders = {sample_plugins};
  const auto from_folders = by_id(value_of(discover(folders)));
  const auto from_plugins = by_id(value_of(discover(plugins)));

  REQUIRE(from_folders.size() == 6);
  REQUIRE(from_plugins.size() == 6);
  for (const auto& [id, folder] : from_folders) {
    INFO(id);
    REQUIRE(from_plugins.count(id) == 1);
    const auto& plugin = from_plugins.at(id);
    CHECK(folder.origin == ModuleOrigin::folder);
    CHECK(plugin.origin == ModuleOrigin::plugin);
    CHECK(plugin.path == sample_plugins + "/" + id + ".so");
    CHECK(plugin.digest == folder.digest);
    CHECK(plugin.version == folder.version);
    CHECK(plugin.fragments.size() == folder.fragments.size());
    REQUIRE(plugin.migrations.size() == folder.migrations.size());
    for (std::size_t i = 0; i < folder.migrations.size(); ++i) {
      CHECK(plugin.migrations[i].id == folder.migrations[i].id);
      CHECK(plugin.migrations[i].sha256 == folder.migrations[i].sha256);
      CHECK(plugin.migrations[i].sql == folder.migrations[i].sql);
      CHECK(plugin.migrations[i].down_sql == folder.migrations[i].down_sql);
      CHECK(plugin.migrations[i].verify_sql == folder.migrations[i].verify_sql);
    }
    REQUIRE(plugin.repeatables.size() == folder.repeatables.size());
    for (std::size_t i = 0; i < folder.repeatables.size(); ++i)
      CHECK(plugin.repeatables[i].sha256 == folder.repeatables[i].sha256);
  }
}

TEST_CASE("discover: all configured places are read", "[discovery]") {
  Project project;
  project.config.module_folders.push_back((project.folder.path() / "more").string());
  project.write_module("a");
  project.write_module("b", "more");
  project.folder.write("migrations/20260101090000_init/migration.sql", "select 1;");
  const auto modules = by_id(value_of(discover(project.config)));
  CHECK(modules.size() == 3);
  CHECK(modules.count("a") + modules.count("b") + modules.count("base") == 3);
}

TEST_CASE("discover: a project may have no migrations of its own", "[discovery]") {
  Project project;
  project.write_module("a");
  CHECK(value_of(discover(project.config)).size() == 1);
}

TEST_CASE("discover: finding nothing at all is refused with what to type", "[discovery]") {
  Project project;
  const auto error = refusal_of(project.config, project.config.base_migrations);
  CHECK(error.code == ErrorCode::bad_config);
  CHECK_THAT(error.next, Contains("strata init"));
}

TEST_CASE("discover: a folder among the modules without module.toml is refused", "[discovery]") {
  Project project;
  project.write_module("a");
  project.folder.write("modules/b/migrations/20260101090000_x/migration.sql", "select 1;");
  project.folder.write("modules/README.md", "passed over");
  CHECK(refusal_of(project.config, (project.folder.path() / "modules/b").string()).code == ErrorCode::bad_module);
}

TEST_CASE("discover: a module's link that leads nowhere is refused", "[discovery]") {
  Project project;
  project.write_module("a");
  fs::create_directory_symlink("../gone", project.folder.path() / "modules/b");
  CHECK(refusal_of(project.config, (project.folder.path() / "modules/b").string()).code == ErrorCode::bad_module);
}

TEST_CASE("discover: base migrations that are a file are refused", "[discovery]") {
  Project project;
  project.write_module("a");
  project.folder.write("migrations", "a file");
  CHECK(refusal_of(project.config, project.config.base_migrations).code == ErrorCode::bad_module);
}

TEST_CASE("discover: a plugin folder that is not there is refused", "[discovery]") {
  Project project;
  project.write_module("a");
  project.config.plugin_folders = {(project.folder.path() / "plugins").string()};
  CHECK(refusal_of(project.config, project.config.plugin_folders[0]).code == ErrorCode::bad_config);
}

TEST_CASE("discover: a library that is no plugin of strata is refused", "[discovery]") {
  Project project;
  project.write_module("a");
  const auto file = project.folder.write("plugins/other.so", "#!/bin/sh\n").string();
  project.config.plugin_folders = {(project.folder.path() / "plugins").string()};
  CHECK(refusal_of(project.config, file).code == ErrorCode::bad_module);
}

TEST_CASE("discover: a module that is there as folder and as plugin is refused by the catalog with both paths",
          "[discovery]") {
  Config config;
  config.module_folders = {sample_modules};
  config.base_migrations = sample_migrations;
  config.plugin_folders = {sample_plugins};
  const auto error = error_of(Catalog::build(value_of(discover(config))));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_THAT(error.message, Contains("more than once"));
  CHECK((error.message.find(".so") != std::string::npos && error.message.find(STRATA_SOURCE_DIR) != std::string::npos));
}
