#include "core/cli/progress.h"
#include "core/cli/run_result.h"

#include <CLI/CLI.hpp>

namespace strata {

namespace {

Result<int> run_down(const Workbench& bench, const std::string& to, int steps) {
  DownOptions options;
  STRATA_TRY(options.to, parse_id_option(to, "--to"));
  options.steps = static_cast<std::size_t>(steps);
  options.confirm = [&bench](const std::vector<MigrationId>& ids) {
    std::string question = "This undoes, newest first:";
    for (const auto& id : ids) question += "\n  " + id.text();
    return bench.confirm(question + "\nGo on?");
  };
  return run_and_report(bench, [&](const Site& site, const Catalog& catalog) {
    Progress progress(bench, "reverted");
    auto watcher = progress.watcher();
    watcher.on_planned = [&progress](std::size_t total) { progress.set_total(total); };
    return down(site, catalog, options, watcher);
  });
}

}  // namespace

void add_down(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("down", "Undo the newest migrations with their down.sql, newest first across modules");
  auto to = std::make_shared<std::string>();
  auto steps = std::make_shared<int>(1);
  auto* to_option =
      sub->add_option("--to", *to, "Undo everything that was applied after this one, which stays: module/name");
  sub->add_option("--steps", *steps, "How many to undo")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str()
      ->excludes(to_option);
  sub->footer(
      "Refuses what has no down.sql, and what something applied still needs. Recorded as events; the history keeps "
      "both.\n\nExample:  strata down --steps 2");
  sub->callback([&bench, to, steps] {
    bench.chosen = [&bench, to, steps] {
      const auto done = run_down(bench, *to, *steps);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
