#include "core/cli/progress.h"
#include "core/cli/run_result.h"

#include <unistd.h>
#include <CLI/CLI.hpp>

namespace strata {

namespace {

// Only what strata.toml itself calls disposable, where the address stands as well: a URL from elsewhere could lead to
// any database.
Result<void> check_disposable(const Workbench& bench, const Config& config) {
  const auto found = config.targets.find(bench.options.target);
  if (found != config.targets.end() && found->second.disposable && !found->second.url.empty() &&
      bench.options.url.empty())
    return {};
  return fail(ErrorCode::refused,
              bench.options.url.empty()
                  ? "target '" + bench.options.target + "' is not marked as disposable: nothing was dropped"
                  : "--url leads to a database that strata.toml knows nothing of: nothing was dropped",
              "reset drops everything in a database; to allow it write url = … and disposable = true into [target." +
                  bench.options.target + "] of strata.toml");
}

Result<int> run_reset(const Workbench& bench) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_CHECK(check_disposable(bench, config));
  if (!bench.options.yes && isatty(STDIN_FILENO) != 1)
    return fail(ErrorCode::usage, "reset drops everything, and there is no terminal to ask on", "give --yes");
  return run_and_report(bench, [&](const Site& site, const Catalog& catalog) -> Result<RunReport> {
    STRATA_CHECK(reset(site, [&](const std::vector<std::string>& schemas) {
      std::string question = "This drops everything in " + site.address.described() + ", in the schemas:";
      for (const auto& schema : schemas) question += "\n  " + schema;
      return bench.confirm(question + "\nGo on?");
    }));
    site.say("everything is dropped; applying all migrations");
    Progress progress(bench, "applied");
    auto watcher = progress.watcher();
    watcher.on_planned = [&progress](std::size_t total) { progress.set_total(total); };
    return deploy(site, catalog, {}, watcher);
  });
}

}  // namespace

void add_reset(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("reset", "Drop everything in a disposable database, then apply all migrations");
  sub->footer(
      "Works only on a target that strata.toml marks with disposable = true, and asks first (--yes answers). The\n"
      "ledger keeps what was there before.\n\nExample:  strata reset --target dev");
  sub->callback([&bench] {
    bench.chosen = [&bench] {
      const auto done = run_reset(bench);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
