#include "core/cli/workbench.h"

#include "core/report/replay_report.h"

#include <CLI/CLI.hpp>

namespace strata {

namespace {

struct DriftCommand {
  bool exit_code = false;
};

Result<int> run_drift(const Workbench& bench, const DriftCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(auto ledger, bench.ledger_for_looking(config));
  if (!ledger)
    return fail(ErrorCode::usage, "drift is found by replaying what the ledger recorded, and there is no ledger",
                "strata audit pull --target " + bench.options.target + " makes one from Postgres");
  STRATA_TRY(const auto site, bench.site(config, &*ledger));
  const auto catalog = bench.catalog(config);  // for texts that the ledger lacks; drift is found without any module too
  STRATA_TRY(const auto report, find_drift(site, catalog ? &*catalog : nullptr, config.root + "/.strata"));
  bench.print(bench.options.json ? drift_json(report) : describe_drift(report, bench.out_palette()));
  return bench.after_output(command.exit_code && !report.findings.empty() ? 2 : 0);
}

}  // namespace

void add_drift(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("drift", "What was changed in the database by other hands than migrations");
  auto command = std::make_shared<DriftCommand>();
  sub->add_flag("--exit-code", command->exit_code, "Exit with 2 where there is a difference");
  sub->footer(
      "Compares what the database holds with a replay of all that was recorded, in the embedded Postgres, by module, "
      "and\n"
      "names the migration that made or changed each object. What is not looked at (owners, privileges, …): "
      "docs/offline.md.\n\nExample:  strata drift --target prod --exit-code");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      const auto done = run_drift(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
