#include "core/cli/workbench.h"

#include "core/report/json_report.h"

#include <CLI/CLI.hpp>

#include <algorithm>

namespace strata {

namespace {

Result<int> run_status(const Workbench& bench, bool offline, bool exit_code) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  AppliedView view;
  if (offline) {
    STRATA_TRY(const auto ledger, bench.ledger(config, Ledger::Access::read_only));
    if (!ledger) return fail(ErrorCode::usage, "--offline reads the ledger, and --ledger none says that there is none");
    STRATA_TRY(view, look_offline(*ledger, bench.options.target, bench.clock(), {}));
  } else {
    STRATA_TRY(auto ledger, bench.ledger_for_looking(config));
    STRATA_TRY(const auto site, bench.site(config, ledger ? &*ledger : nullptr));
    STRATA_TRY(view, look(site, catalog));
  }
  const auto all = status_for(catalog, view);
  bench.print(bench.options.json ? json_of_status(catalog, all, view, bench.options.target)
                                 : describe_status(catalog, all, view, bench.options.target, bench.clock().now_ms(),
                                                   bench.out_palette()));
  // A row of Prisma's whose folder is gone asks for nothing.
  const auto is_level = [&](const MigrationStatus& status) {
    const auto& gone = view.prisma ? view.prisma->unknown : std::vector<std::string>();
    return status.status == StatusOfMigration::applied ||
           (status.status == StatusOfMigration::unknown &&
            status.id.module == (view.prisma ? view.prisma->owner : "") &&
            std::find(gone.begin(), gone.end(), status.id.name) != gone.end());
  };
  const bool level = std::all_of(all.begin(), all.end(), is_level);
  return exit_code && !level ? 2 : 0;
}

}  // namespace

void add_status(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("status", "Applied, pending, failed, changed, unknown: by module");
  auto offline = std::make_shared<bool>(false);
  auto exit_code = std::make_shared<bool>(false);
  sub->add_flag("--offline", *offline, "From the ledger, with no database in reach");
  sub->add_flag("--exit-code", *exit_code, "Exit 2 unless everything is applied");
  sub->footer("Example:  strata status --target prod --exit-code");
  sub->callback([&bench, offline, exit_code] {
    bench.chosen = [&bench, offline, exit_code] {
      const auto done = run_status(bench, *offline, *exit_code);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
