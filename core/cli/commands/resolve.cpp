#include "core/cli/run_result.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace strata {

namespace {

struct ResolveCommand {
  std::string id;
  bool applied = false;
  bool rolled_back = false;
  bool retry = false;
  int step = 0;
};

// As Prisma takes it, the folder's name alone will do, where there is a folder of Prisma's.
Result<MigrationId> id_of_folder(const std::string& name, const Catalog& catalog) {
  const auto& modules = catalog.modules();
  const auto prismas =
      std::find_if(modules.begin(), modules.end(), [](const auto& module) { return module.is_prisma; });
  if (prismas != modules.end()) return MigrationId{prismas->id, name};
  STRATA_TRY(const auto id, parse_id_option(name, "ID"));
  return *id;
}

Result<int> run_resolve(const Workbench& bench, const ResolveCommand& command) {
  const bool is_full = command.id.find('/') != std::string::npos;
  STRATA_TRY(const auto full, parse_id_option(is_full ? command.id : "", "ID"));
  if (static_cast<int>(command.applied) + static_cast<int>(command.rolled_back) + static_cast<int>(command.retry) !=
      1) {
    return fail(ErrorCode::usage, "say what became of it: exactly one of --applied, --rolled-back, --retry",
                "strata resolve --help explains them");
  }
  const auto resolution = command.applied       ? Resolution::applied
                          : command.rolled_back ? Resolution::rolled_back
                                                : Resolution::retry;
  const auto step = command.step > 0 ? std::optional<int>(command.step) : std::nullopt;
  return run_and_report(bench, [&](const Site& site, const Catalog& catalog) -> Result<RunReport> {
    STRATA_TRY(const auto id, full ? Result<MigrationId>(*full) : id_of_folder(command.id, catalog));
    return resolve_migration(site, catalog, id, resolution, step);
  });
}

}  // namespace

void add_resolve(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("resolve", "Settle a migration that failed half way or is in doubt");
  auto command = std::make_shared<ResolveCommand>();
  sub->add_option("ID", command->id, "module/name, as strata status shows it")->required();
  sub->add_flag("--applied", command->applied, "It is done: record it, run nothing");
  sub->add_flag("--rolled-back", command->rolled_back, "Nothing of it is left: it runs again from its beginning");
  sub->add_flag("--retry", command->retry, "Its open statement was not done: go on at it");
  sub->add_option("--step", command->step,
                  "With --applied: the statements up to this one are done, the rest still runs")
      ->check(CLI::Range(1, 1000000));
  sub->footer(
      "Look at the database first: strata asks because the catalogs cannot tell.\n\nExample:  strata resolve "
      "cases/20260520050000_case_list_indexes --step 2 --applied");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      const auto done = run_resolve(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
