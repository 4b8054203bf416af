#include "core/cli/scaffold.h"
#include "core/cli/workbench.h"

#include "core/sql/script.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

// What was written, for people and for programs.
void tell(const Workbench& bench, const NewFiles& files, const std::string& next) {
  if (bench.options.json) {
    nlohmann::ordered_json out = {{"format", 1}, {"created", nlohmann::json::array()}};
    for (const auto& [path, text] : files) out["created"].push_back(path);
    bench.print(out.dump(2) + "\n");
    return;
  }
  for (const auto& [path, text] : files) bench.print("created  " + path + "\n");
  bench.print("next: " + next + "\n");
}

// "pg_…" belongs to Postgres, and a word of SQL would have to be quoted wherever the schema of that name is written.
Result<void> check_new_module(const std::string& id) {
  if (!is_module_id(id) || id == base_module_id) {
    return fail(ErrorCode::usage, "'" + id + "' is no module id",
                "an id is a-z, 0-9 and _, begins with a letter, and is not 'base'");
  }
  const auto script = read_script("CREATE SCHEMA " + id, "", false);
  if (id.substr(0, 3) == "pg_" || !script || !script->statements.front().analysed) {
    return fail(ErrorCode::usage, "'" + id + "' cannot be the name of a schema without quotes", "choose another word");
  }
  return {};
}

// With the file that marks it, or at least one migration.
bool is_migrations_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (std::filesystem::exists(folder / "migration_lock.toml", ignored)) return true;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (std::filesystem::is_regular_file(entry.path() / "migration.sql", ignored)) return true;
  }
  return false;
}

// Where Prisma's migrations are, from the folder that somebody named: that itself, or what lies in it.
Result<int> run_init_from_prisma(const Workbench& bench, const std::string& named) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  for (const std::string inside : {".", "migrations", "prisma/migrations"}) {
    const auto migrations = (fs::path(named) / inside).lexically_normal();
    if (!is_migrations_folder(migrations)) continue;
    const auto shown = [](const fs::path& path) {
      auto text = path.lexically_relative(fs::path(".")).lexically_normal().string();
      while (!text.empty() && text.back() == '/') text.pop_back();
      return text;
    };
    std::string schema;
    const auto parent = fs::path(shown(migrations)).parent_path();
    for (const std::string place : {"schema.prisma", "schema"}) {
      if (schema.empty() && fs::exists(parent / place, ignored)) schema = (parent / place).string();
    }
    auto files = new_prisma_project_files(fs::current_path().filename().string(), shown(migrations), schema);
    if (!fs::exists(".gitignore", ignored)) files.push_back({".gitignore", ".strata/\n"});
    STRATA_CHECK(write_new_files(files));
    tell(bench, files, "set DATABASE_URL, then strata status: nothing is written before strata deploy");
    return 0;
  }
  return fail(ErrorCode::usage,
              "there are no migrations of Prisma's in " + named + ", " + named + "/migrations or " + named +
                  "/prisma/migrations",
              "name the folder that prisma migrate uses, for example: strata init --from-prisma prisma/migrations");
}

Result<int> run_init(const Workbench& bench, const std::string& folder, const std::string& module) {
  STRATA_CHECK(check_new_module(module));
  const auto root = (std::filesystem::current_path() / folder).lexically_normal();
  auto name = root.filename().string();
  if (name.empty()) name = root.parent_path().filename().string();
  const auto files = new_project_files(folder == "." ? "." : folder, name, module, timestamp14(bench.clock().now_ms()));
  STRATA_CHECK(write_new_files(files));
  tell(bench, files, (folder == "." ? std::string() : "cd " + folder + " && ") + "strata deploy");
  return 0;
}

Result<int> run_module_new(const Workbench& bench, const std::string& id) {
  STRATA_CHECK(check_new_module(id));
  STRATA_TRY(const auto config, bench.config());
  const auto parent = config.module_folders.empty() ? std::string("modules") : config.module_folders.front();
  const auto files = new_module_files(parent + "/" + id, id, timestamp14(bench.clock().now_ms()));
  STRATA_CHECK(write_new_files(files));
  tell(bench, files, "strata plan");
  return 0;
}

// The time of now, or one second after the newest migration of the folder where that is not older: a new one comes
// last.
std::string next_timestamp(const std::string& migrations, const Clock& clock) {
  std::string newest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(migrations, ignored)) {
    const auto name = entry.path().filename().string();
    if (is_migration_name(name)) newest = std::max(newest, name.substr(0, 14));
  }
  auto now_ms = clock.now_ms();
  while (timestamp14(now_ms) <= newest) now_ms += 1'000;
  return timestamp14(now_ms);
}

Result<int> run_migration_new(const Workbench& bench, const std::string& name, const std::string& module) {
  STRATA_TRY(const auto config, bench.config());
  if (!is_migration_name("20260101000000_" + name)) {
    return fail(ErrorCode::usage, "'" + name + "' is no name for a migration",
                "use a-z, 0-9 and _, for example add_priority_to_cases");
  }
  std::string migrations;
  if (module == base_module_id) {
    migrations = config.base_migrations;
  } else {
    for (const auto& folder : config.module_folders) {
      if (std::filesystem::exists(folder + "/" + module + "/module.toml"))
        migrations = folder + "/" + module + "/migrations";
    }
  }
  if (migrations.empty()) {
    return fail(ErrorCode::usage, "there is no module '" + module + "' in the project's folders",
                "strata module list shows them; strata module new " + module + " makes it");
  }
  const auto files = new_migration_files(migrations, next_timestamp(migrations, bench.clock()) + "_" + name, module);
  STRATA_CHECK(write_new_files(files));
  tell(bench, files, "write the SQL, then strata plan");
  return 0;
}

}  // namespace

void add_init(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("init", "A new project: strata.toml, a first module, .gitignore");
  auto folder = std::make_shared<std::string>(".");
  auto module = std::make_shared<std::string>("app");
  sub->add_option("FOLDER", *folder, "Where (default: here)");
  sub->add_option("--module", *module, "Id of the first module")->capture_default_str();
  auto prisma = std::make_shared<std::string>();
  sub->add_option("--from-prisma", *prisma, "Only a strata.toml, for the migrations of prisma migrate in this folder");
  sub->footer(
      "Nothing that exists is overwritten.\n\nExample:  strata init myproject --module orders\n"
      "          strata init --from-prisma prisma/migrations");
  sub->callback([&bench, folder, module, prisma] {
    bench.chosen = [&bench, folder, module, prisma] {
      const auto done = prisma->empty() ? run_init(bench, *folder, *module) : run_init_from_prisma(bench, *prisma);
      return done ? *done : bench.report(done.error());
    };
  });
}

void add_module_new(CLI::App& group, Workbench& bench) {
  auto* sub = group.add_subcommand("new", "A new module: manifest, first migration, README, CMakeLists.txt");
  auto id = std::make_shared<std::string>();
  sub->add_option("NAME", *id, "The module's id")->required();
  sub->footer("Example:  strata module new orders");
  sub->callback([&bench, id] {
    bench.chosen = [&bench, id] {
      const auto done = run_module_new(bench, *id);
      return done ? *done : bench.report(done.error());
    };
  });
}

void add_migration(CLI::App& app, Workbench& bench) {
  auto* group = app.add_subcommand("migration", "Make migrations");
  group->require_subcommand(1);
  group->fallthrough();
  auto* sub = group->add_subcommand("new", "An empty migration, named with the time of now (UTC)");
  auto name = std::make_shared<std::string>();
  auto module = std::make_shared<std::string>();
  sub->add_option("NAME", *name, "What it does: a-z, 0-9 and _")->required();
  sub->add_option("--module", *module, "The module that it belongs to; base for the project's own")->required();
  sub->footer("Example:  strata migration new add_priority --module cases");
  sub->callback([&bench, name, module] {
    bench.chosen = [&bench, name, module] {
      const auto done = run_migration_new(bench, *name, *module);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
