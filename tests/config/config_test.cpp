#include "core/config/config.h"

#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

using namespace strata;
using namespace strata::test;
using namespace std::chrono_literals;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

Config config_of(std::string_view toml) {
  const TempDir folder;
  folder.write("strata.toml", toml);
  return value_of(load_config("", folder.path()));
}

Error error_in(std::string_view toml) {
  const TempDir folder;
  const auto file = folder.write("strata.toml", toml);
  const auto error = error_of(load_config("", folder.path()));
  CHECK(error.code == ErrorCode::bad_config);
  CHECK(error.where.file == file);
  return error;
}

}  // namespace

TEST_CASE("config: every key of strata.toml is read", "[config]") {
  const auto config = config_of(R"(
[project]
name = "casebook"
modules = ["modules", "more/modules"]
plugins = ["plugins"]
migrations = "sql"

[target.default]
url = "local:"
disposable = true

[target.prod]
url = "env:DATABASE_URL"

[deploy]
lock_timeout = "2s"
lock_wait = "7min"
statement_timeout = "250ms"
open_schema = "warn"

[history]
schema = "migrations"
prisma = "off"
)");
  CHECK(config.project == "casebook");
  CHECK(config.module_folders == std::vector<std::string>{"modules", "more/modules"});
  CHECK(config.plugin_folders == std::vector<std::string>{"plugins"});
  CHECK(config.base_migrations == "sql");
  CHECK(config.targets.size() == 2);
  CHECK(config.targets.at("default").url == "local:");
  CHECK(config.targets.at("default").disposable);
  CHECK(config.targets.at("prod").url == "env:DATABASE_URL");
  CHECK_FALSE(config.targets.at("prod").disposable);
  CHECK(config.lock_timeout == 2s);
  CHECK(config.lock_wait == 7min);
  CHECK(config.statement_timeout == 250ms);
  CHECK_FALSE(config.refuse_open_schema);
  CHECK(config.history_schema == "migrations");
  CHECK(config.prisma == PrismaHistory::off);
}

TEST_CASE("config: what is not said has the design's defaults", "[config]") {
  const auto config = config_of("");
  CHECK(config.module_folders == std::vector<std::string>{"modules"});
  CHECK(config.plugin_folders.empty());  // closed by default
  CHECK(config.base_migrations == "migrations");
  REQUIRE(config.targets.count("default") == 1);
  CHECK(config.targets.at("default").url.empty());
  CHECK_FALSE(config.targets.at("default").disposable);
  CHECK(config.lock_timeout == 3s);
  CHECK(config.lock_wait == 5min);
  CHECK(config.statement_timeout == 0s);
  CHECK(config.history_schema == "strata");
  CHECK(config.prisma == PrismaHistory::automatic);
}

TEST_CASE("config: a mistake is refused at its line and column", "[config]") {
  struct Case {
    std::string toml;
    int line, column;
    std::string message;
  };
  const auto example = GENERATE(values<Case>({
      {"[project]\nname = \"a\"\ncolour = \"blue\"\n", 3, 10,
       "unknown key 'colour' in [project]; known are name, modules, plugins, migrations"},
      {"[deploy]\nlock_timeout = \"3s\"\nlock_time = \"3s\"\n", 3, 13, "unknown key 'lock_time' in [deploy]"},
      {"[history]\ntable = \"x\"\n", 2, 9, "unknown key 'table' in [history]"},
      {"[target.prod]\nuri = \"x\"\n", 2, 7, "unknown key 'uri' in [target.prod]"},
      {"\n[deployment]\n", 2, 1, "unknown section 'deployment'"},
      {"name = \"a\"\n", 1, 8, "unknown section 'name'"},
      {"project = 1\n", 1, 11, "unknown section 'project'"},
      {"[target]\nurl = \"x\"\n", 2, 7, "[target.url]"},
      {"[project]\nname = 5\n", 2, 8, "[project] name must be a string"},
      {"[project]\nmodules = \"modules\"\n", 2, 11, "[project] modules must be a list of folders"},
      {"[project]\nplugins = [\"a\", 1]\n", 2, 17, "[project] plugins must hold strings"},
      {"[target.a]\ndisposable = \"yes\"\n", 2, 14, "[target.a] disposable must be true or false"},
      {"[deploy]\nlock_timeout = 3\n", 2, 16, "[deploy] lock_timeout must be a duration in quotes"},
      {"[deploy]\nlock_wait = \"soon\"\n", 2, 13, "[deploy] lock_wait: 'soon' is no duration"},
      {"[history]\nschema = \"My Schema\"\n", 2, 10, "[history] schema: 'My Schema' is no plain schema name"},
      {"[history]\nprisma = \"maybe\"\n", 2, 10, "[history] prisma must be"},
      {"[project]\nname = \n", 2, 8, "not valid TOML"},
      {"[project]\nname = \"a\"\nname = \"b\"\n", 3, 8, "not valid TOML"},
  }));
  INFO(example.toml);
  const auto error = error_in(example.toml);
  CHECK_THAT(error.message, Contains(example.message));
  CHECK(error.where.line == example.line);
  CHECK(error.where.column == example.column);
}

TEST_CASE("config: the history's schema is a plain name that Postgres does not keep for itself", "[config]") {
  const auto name = GENERATE(as<std::string>{}, "", "Strata", "1strata", "pg_strata", "a-b", "a\\\"b", "schéma",
                             std::string(64, 'a'));
  CHECK_THAT(error_in("[history]\nschema = \"" + name + "\"\n").message, Contains("[history] schema"));
}

TEST_CASE("config: strata.toml is found upward, and its folders lie beside it", "[config]") {
  const TempDir project;
  const auto file = project.write("strata.toml", "[project]\nplugins = [\"lib/plugins/\", \"/opt/plugins\"]\n");
  const auto below = project.path() / "modules/cases";
  fs::create_directories(below);
  const auto config = value_of(load_config("", below));
  CHECK(config.file == file);
  CHECK(config.root == project.path());
  CHECK(config.project == project.path().filename());
  CHECK(config.module_folders == std::vector<std::string>{project.path() / "modules"});
  CHECK(config.base_migrations == project.path() / "migrations");
  CHECK(config.plugin_folders == std::vector<std::string>{project.path() / "lib/plugins", "/opt/plugins"});
}

TEST_CASE("config: from inside the project its folders are as somebody would type them", "[config]") {
  const TempDir project;
  project.write("strata.toml", "[project]\nmodules = [\"./a/../modules/\", \"../elsewhere\"]\n");
  const auto config = value_of(load_config("", project.path()));
  CHECK(config.module_folders == std::vector<std::string>{"modules", project.path().parent_path() / "elsewhere"});
}

TEST_CASE("config: --config names a file from the working directory", "[config]") {
  const TempDir project;
  project.write("strata.toml", "[project]\nname = \"found upward\"\n");
  project.write("ci/other.toml", "[project]\nname = \"named\"\n");
  const auto config = value_of(load_config("ci/other.toml", project.path()));
  CHECK(config.project == "named");
  CHECK(config.module_folders == std::vector<std::string>{"ci/modules"});

  const auto error = error_of(load_config("ci/none.toml", project.path()));
  CHECK(error.code == ErrorCode::bad_config);
  CHECK_THAT(error.message, Contains("ci/none.toml"));
}

TEST_CASE("config: without a strata.toml the working directory is the project", "[config]") {
  const TempDir folder;  // nobody has a strata.toml above the folder for temporary files
  const auto config = value_of(load_config("", folder.path()));
  CHECK(config.file.empty());
  CHECK(config.root == folder.path());
  CHECK(config.module_folders == std::vector<std::string>{"modules"});
}
