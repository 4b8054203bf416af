#include "core/base/files.h"
#include "core/cli/workbench.h"

#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/discovery/bundle.h"
#include "core/discovery/folder_source.h"
#include "core/discovery/lock_file.h"
#include "core/report/json_report.h"
#include "plugins/host/plugin_library.h"
#include "strata/plugin.h"

#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace strata {

void add_module_new(CLI::App& group, Workbench& bench);

namespace {

std::string describe_module(const Module& module, const Palette& palette, bool with_migrations) {
  std::ostringstream out;
  out << palette.strong(module.id) << " " << (module.id == base_module_id ? "" : module.version.text()) << "  "
      << palette.faint(printable(module.path)) << "\n";
  if (!module.team.empty()) out << "  team        " << printable(module.team) << "\n";
  for (const auto& requirement : module.requirements)
    out << "  requires    " << requirement.module << " " << requirement.range.text() << "\n";
  for (const auto& schema : module.owned_schemas) out << "  owns        schema " << printable(schema) << "\n";
  out << "  contributes " << counted(module.migrations.size(), "migration") << ", "
      << counted(module.repeatables.size(), "repeatable") << ", " << counted(module.fragments.size(), "fragment")
      << "\n";
  out << palette.faint("  digest      " + hex(module.digest)) << "\n";
  if (with_migrations) {
    for (const auto* list : {&module.migrations, &module.repeatables}) {
      for (const auto& migration : *list) {
        out << "    " << migration.id.name << (migration.kind == MigrationKind::repeatable ? "  (repeatable)" : "")
            << (migration.down_sql ? "  down" : "") << (migration.verify_sql ? "  verify" : "")
            << palette.faint("  " + hex(migration.sha256).substr(0, 16)) << "\n";
      }
    }
  }
  return out.str();
}

Result<int> run_list(const Workbench& bench, bool with_migrations) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  if (bench.options.json) {
    bench.print(json_of_modules(catalog));
    return 0;
  }
  for (const auto& module : catalog.modules())
    bench.print(describe_module(module, bench.out_palette(), with_migrations));
  return 0;
}

Result<int> run_lock(const Workbench& bench, bool check) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  const auto path = lock_path(config);
  if (check) {
    STRATA_TRY(const auto there, read_file(path, "strata module lock writes it"));
    STRATA_TRY(const auto pins, read_lock_file(there, path));
    STRATA_CHECK(check_pins(catalog.modules(), pins, path));
  } else {
    STRATA_CHECK(write_file(path, write_lock_file(catalog.modules())));
  }
  const auto count = counted(catalog.modules().size(), "module");
  bench.print(bench.options.json ? json_of_modules(catalog)
                                 : path + (check ? " pins the " + count + " that are there\n"
                                                 : ": " + count + " pinned; commit it\n"));
  return 0;
}

Result<int> run_graph(const Workbench& bench) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  if (bench.options.json) {
    bench.print(json_of_modules(catalog));
    return 0;
  }
  // Graphviz's language: readable as it is, and `strata module graph | dot -Tsvg` draws it.
  std::ostringstream out;
  out << "digraph modules {\n  rankdir = BT;\n  node [shape = box];\n";
  for (const auto& module : catalog.modules()) {
    out << "  " << module.id << " [label = \"" << module.id
        << (module.id == base_module_id ? "" : " " + module.version.text()) << "\\n"
        << counted(module.migrations.size(), "migration") << "\"];\n";
  }
  for (const auto& module : catalog.modules()) {
    for (const auto& requirement : module.requirements)
      out << "  " << module.id << " -> " << requirement.module << " [label = \"" << requirement.range.text()
          << "\"];\n";
  }
  out << "}\n";
  bench.print(out.str());
  return 0;
}

Result<int> run_inspect(const Workbench& bench, const std::string& path) {
  STRATA_TRY(const auto library, read_plugin_library(path));
  STRATA_TRY(auto parts, read_bundle(library.bundle, path));
  STRATA_TRY(const auto module, assemble_module(std::move(parts)));
  bench.print(bench.options.json
                  ? json_of_module(module)
                  : describe_module(module, bench.out_palette(), true) + "  built for   " + library.machine + "\n");
  return 0;
}

// The one C source of a plugin: the bundle's bytes in their own read-only section, and the table that points at them.
std::string plugin_source(const Module& module, const std::string& bundle_path, std::size_t bundle_size) {
  const auto text = [](const std::string& value) {
    return "{\"" + value + "\", " + std::to_string(value.size()) + "}";
  };
  return "#include <strata/plugin.h>\n\n"
         "__asm__(\".section " STRATA_BUNDLE_SECTION
         ",\\\"a\\\",%progbits\\n\"\n"
         "        \".balign 16\\nstrata_bundle:\\n\"\n"
         "        \".incbin \\\"" +
         bundle_path +
         "\\\"\\n.previous\\n\");\n\n"
         "extern const char strata_bundle[] __attribute__((visibility(\"hidden\")));\n\n"
         "STRATA_EXPORT const strata_plugin strata_plugin_v1 = {\n"
         "    sizeof(strata_plugin), " +
         text(module.id) + ", " + text(module.version.text()) + ", {strata_bundle, " + std::to_string(bundle_size) +
         "}, 0};\n";
}

Result<int> run_pack(const Workbench& bench, const std::string& folder, const std::string& output,
                     const std::string& source) {
  const bool is_module = std::filesystem::exists(folder + "/module.toml");
  STRATA_TRY(auto parts,
             is_module ? read_module_folder(folder) : read_base_folder(folder, bench.options.schema, false));
  STRATA_TRY(const auto bundle, write_bundle(parts));
  // What would be refused later is refused here: ids, names, directives, and every text as strata will split it.
  STRATA_TRY(const auto module, assemble_module(std::move(parts)));
  for (const auto* list : {&module.migrations, &module.repeatables}) {
    for (const auto& migration : *list)
      STRATA_CHECK(read_script(migration.sql, migration.path, migration.directives.no_transaction));
  }
  if (output == "-") {
    bench.print(bundle);
    return 0;
  }
  STRATA_CHECK(write_file(output, bundle));
  if (!source.empty()) {
    STRATA_CHECK(write_file(source, plugin_source(module, std::filesystem::absolute(output).string(), bundle.size())));
  }
  if (bench.options.json) {
    bench.print(json_of_module(module));
  } else {
    bench.print("packed " + module.id + " " + module.version.text() + " into " + output + " (" +
                std::to_string(bundle.size()) + " bytes)\n");
  }
  return 0;
}

}  // namespace

void add_module(CLI::App& app, Workbench& bench) {
  auto* group = app.add_subcommand("module", "The module team's kit");
  group->require_subcommand(1);
  group->fallthrough();
  add_module_new(*group, bench);
  const auto on = [&bench](CLI::App* sub, std::function<Result<int>()> work) {
    sub->callback([&bench, work = std::move(work)] {
      bench.chosen = [&bench, work] {
        const auto done = work();
        return done ? *done : bench.report(done.error());
      };
    });
  };
  auto* list = group->add_subcommand("list", "The modules of this project, in the order of what they require");
  auto with_migrations = std::make_shared<bool>(false);
  list->add_flag("--migrations", *with_migrations, "With their migrations");
  list->footer("Example:  strata module list --migrations");
  on(list, [&bench, with_migrations] { return run_list(bench, *with_migrations); });

  auto* inspect = group->add_subcommand(
      "inspect", "What a plugin carries; none of its code runs, also if it was built for another machine");
  auto library = std::make_shared<std::string>();
  inspect->add_option("FILE", *library, "A plugin: *.so")->required();
  inspect->footer("Example:  strata module inspect plugins/cases.so");
  on(inspect, [&bench, library] { return run_inspect(bench, *library); });

  auto* pack = group->add_subcommand(
      "pack", "Pack a module's folder into a bundle: what strata_add_module() puts into a plugin");
  auto folder = std::make_shared<std::string>();
  auto output = std::make_shared<std::string>("-");
  pack->add_option("FOLDER", *folder, "A folder with module.toml, or a base migrations folder")->required();
  pack->add_option("-o,--output", *output, "File (default: standard output)");
  auto source = std::make_shared<std::string>();
  pack->add_option("--plugin-source", *source, "Also write the C source of a plugin that carries the bundle");
  pack->footer("Example:  strata module pack modules/cases -o cases.bundle");
  on(pack, [&bench, folder, output, source] { return run_pack(bench, *folder, *output, *source); });

  auto* lock = group->add_subcommand("lock", "Pin the modules as they are now, by digest, in strata.lock");
  auto check = std::make_shared<bool>(false);
  lock->add_flag("--check", *check, "Write nothing; exit 77 when a module is not as it is pinned");
  lock->footer(
      "strata --locked (or STRATA_LOCKED=1) then takes these modules and no others. A module has the same digest as\n"
      "folder and as plugin; written from plugins, the file pins each library's bytes as well.\n\n"
      "Example:  strata module lock && git add strata.lock");
  on(lock, [&bench, check] { return run_lock(bench, *check); });

  auto* graph = group->add_subcommand("graph", "Who requires whom, for Graphviz");
  graph->footer("Example:  strata module graph | dot -Tsvg > modules.svg");
  on(graph, [&bench] { return run_graph(bench); });
}

}  // namespace strata
