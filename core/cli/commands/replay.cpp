#include "core/cli/workbench.h"

#include "core/report/replay_report.h"

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

namespace strata {

namespace {

struct ReplayCommand {
  std::string at;
  std::string into;
};

Result<int> run_replay(const Workbench& bench, const ReplayCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto ledger, bench.required_ledger(config, Ledger::Access::read_only));
  ReplayRequest request{bench.options.target, command.at, bench.target_schema(config), config.history_schema};
  STRATA_TRY(auto place, [&]() -> Result<ReplayPlace> {
    if (command.into.empty()) return ReplayPlace::scratch(config.root + "/.strata");
    STRATA_TRY(const auto address, bench.database_at(config, command.into));
    return ReplayPlace::empty(address, config.history_schema);
  }());
  STRATA_TRY(const auto report, replay(ledger, request, place, [](const RecordedAction& action) {
               spdlog::debug("{}{}", action.id.text(), action.is_undo ? " is undone" : "");
             }));
  bench.print(bench.options.json ? json_of_replay(report) : describe_replay(report, bench.out_palette()));
  return bench.after_output(report.first_difference ? 65 : 0);
}

struct DriftCommand {
  bool exit_code = false;
};

Result<int> run_drift(const Workbench& bench, const DriftCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(auto ledger, bench.required_ledger(config, Ledger::Access::read_write));
  STRATA_TRY(const auto site, bench.site(config, &ledger));
  const auto catalog = bench.catalog(config);  // for texts that the ledger lacks; drift is found without any module too
  STRATA_TRY(const auto report, find_drift(site, catalog ? &*catalog : nullptr, config.root + "/.strata"));
  bench.print(bench.options.json ? drift_json(report) : describe_drift(report, bench.out_palette()));
  return bench.after_output(command.exit_code && !report.findings.empty() ? 2 : 0);
}

}  // namespace

void add_replay(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("replay", "Rebuild a recorded state from the ledger alone, and compare");
  auto command = std::make_shared<ReplayCommand>();
  sub->add_option("--at", command->at,
                  "Up to here: an event's number in the ledger, a time (UTC, as far as is wanted: 2026-11-26T09), or "
                  "the id of a migration");
  sub->add_option("--into", command->into,
                  "An empty database, by URL, that keeps the result; else a throw-away one in the embedded Postgres");
  sub->footer(
      "Runs every recorded text in its order. Wherever a run had recorded what the database held, the two are "
      "compared;\n"
      "the first difference is named (exit 65). No connection to the target is needed.\n\n"
      "Example:  strata replay --target prod --at cases/20260107103000_create_cases");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      const auto done = run_replay(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

void add_drift(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("drift", "What was changed in the database by other hands than migrations");
  auto command = std::make_shared<DriftCommand>();
  sub->add_flag("--exit-code", command->exit_code, "Exit with 2 where there is a difference");
  sub->footer(
      "Compares what the database holds with a replay of all that was recorded, in the embedded Postgres, by module, "
      "and\n"
      "names the migration that made or changed each object. Owners, privileges and the order of columns are not "
      "looked "
      "at.\n\nExample:  strata drift --target prod --exit-code");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      const auto done = run_drift(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
