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
  STRATA_TRY(const auto schema, bench.target_schema(config, &ledger));
  const ReplayRequest request{bench.options.target, command.at, schema, config.history_schema};
  STRATA_TRY(auto place, [&]() -> Result<ReplayPlace> {
    if (command.into.empty()) return ReplayPlace::scratch(config.root + "/.strata");
    STRATA_TRY(const auto address, bench.database_at(config, command.into, "--into"));
    return ReplayPlace::empty(address, config.history_schema);
  }());
  STRATA_TRY(const auto report, replay(ledger, request, place, [](const RecordedAction& action) {
               spdlog::debug("{}{}", action.id.text(), action.is_undo ? " is undone" : "");
             }));
  bench.print(bench.options.json ? json_of_replay(report) : describe_replay(report, bench.out_palette()));
  return bench.after_output(report.first_difference ? 65 : 0);
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

}  // namespace strata
