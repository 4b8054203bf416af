#include "core/cli/scaffold.h"

#include "core/base/files.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace strata {

namespace {

namespace fs = std::filesystem;

std::string filled(std::string text, const std::string& id, const std::string& timestamp) {
  for (const auto& [mark, value] : {std::pair<std::string, std::string>{"{ID}", id}, {"{TIME}", timestamp}}) {
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + value.size()))
      text.replace(at, mark.size(), value);
  }
  return text;
}

constexpr const char* module_toml = R"(id = "{ID}"
version = "0.1.0"
requires = []                 # other modules, for example "identity >= 1.2"

[owns]
schemas = ["{ID}"]

[team]
name = ""
)";

constexpr const char* first_migration =
    R"(-- The first table of {ID}. Names carry their schema: every module has its own.
CREATE SCHEMA {ID};

CREATE TABLE {ID}.item (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  title text NOT NULL CHECK (title <> ''),
  created_at timestamptz NOT NULL DEFAULT now()
);
)";

constexpr const char* first_down = "DROP SCHEMA {ID} CASCADE;\n";

constexpr const char* module_readme = R"(# {ID}

What this module owns, and what it promises to others.

- `migrations/` how the schema got here: one folder each, `strata migration new NAME --module {ID}` makes the next
- `repeatable/` views and functions, run again whenever their text changes
- `schema/`     the desired schema, as one readable text

Built as a plugin: `strata_add_module({ID})` in CMakeLists.txt.
)";

constexpr const char* module_cmake = R"(cmake_minimum_required(VERSION 3.25)
project({ID} LANGUAGES C)
find_package(strata REQUIRED)
strata_add_module({ID})   # {ID}.so: this folder as one shared library
)";

constexpr const char* project_toml = R"([project]
name = "{ID}"
modules = ["modules"]          # folders with one folder for each module
plugins = []                   # folders with *.so, for modules that come built
migrations = "migrations"      # SQL that no module owns

[target.default]
url = "local:"                 # an embedded Postgres below .strata/
disposable = true

[target.prod]
url = "env:DATABASE_URL"

[deploy]
lock_timeout = "3s"            # for each lock that a statement waits for; then it is rolled back and tried again
lock_wait = "5min"             # … up to this long
statement_timeout = "0"

[history]
schema = "strata"
prisma = "auto"
)";

constexpr const char* prisma_project_toml = R"([project]
name = "{ID}"
modules = []                   # folders with one folder for each module, once there are any
plugins = []                   # folders with *.so, for modules that come built
migrations = "{MIGRATIONS}"    # prisma migrate's folder, as it is: the module "base"
{SCHEMA}
[target.default]
url = "env:DATABASE_URL"       # Prisma's URL, with its ?schema= and other parameters

[history]
schema = "strata"              # strata's own history, beside Prisma's table
prisma = "on"                  # _prisma_migrations is written as well, so that prisma migrate finds all in order
)";

}  // namespace

NewFiles new_prisma_project_files(const std::string& project, const std::string& migrations,
                                  const std::string& schema) {
  auto text = filled(prisma_project_toml, project, "");
  const auto replace = [&](const std::string& mark, const std::string& value) {
    text.replace(text.find(mark), mark.size(), value);
  };
  replace("{MIGRATIONS}", migrations);
  replace("{SCHEMA}\n",
          schema.empty() ? "" : "schema = \"" + schema + "\"    # its schema: a file, or a folder of them\n\n");
  return {{"strata.toml", text}};
}

NewFiles new_module_files(const std::string& folder, const std::string& id, const std::string& timestamp) {
  const auto migration = folder + "/migrations/" + timestamp + "_create_" + id;
  return {{folder + "/module.toml", filled(module_toml, id, timestamp)},
          {folder + "/README.md", filled(module_readme, id, timestamp)},
          {folder + "/CMakeLists.txt", filled(module_cmake, id, timestamp)},
          {folder + "/schema/" + id + ".sql", filled(first_migration, id, timestamp)},
          {migration + "/migration.sql", filled(first_migration, id, timestamp)},
          {migration + "/down.sql", filled(first_down, id, timestamp)}};
}

NewFiles new_migration_files(const std::string& migrations_folder, const std::string& folder_name,
                             const std::string& module) {
  return {{migrations_folder + "/" + folder_name + "/migration.sql",
           "-- " + module + "/" + folder_name +
               ": why this change is made.\n"
               "--\n"
               "-- Directives, where needed (before the first statement, each as a line of its own that begins with "
               "'-- strata:'):\n"
               "--   needs other/20260101090000_name     no-transaction     lock-timeout 2s     statement-timeout "
               "10min\n"}};
}

NewFiles new_project_files(const std::string& root, const std::string& project, const std::string& module,
                           const std::string& timestamp) {
  NewFiles files = {{root + "/strata.toml", filled(project_toml, project, timestamp)},
                    {root + "/.gitignore", ".strata/\n"}};
  for (auto& file : new_module_files(root + "/modules/" + module, module, timestamp)) files.push_back(std::move(file));
  return files;
}

Result<void> write_new_files(const NewFiles& files) {
  for (const auto& [path, text] : files) {
    std::error_code ignored;
    if (fs::exists(fs::symlink_status(path, ignored))) {
      return fail(ErrorCode::refused, path + " exists already; nothing was written", "choose another name or folder");
    }
  }
  for (const auto& [path, text] : files) STRATA_CHECK(write_file(path, text));
  return {};
}

}  // namespace strata
