#include "core/cli/run_result.h"

#include <CLI/CLI.hpp>

namespace strata {

void add_baseline(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand(
      "baseline", "Record migrations as applied without running them: for a database that exists already");
  auto to = std::make_shared<std::string>();
  sub->add_option("--to", *to, "The last one that the database already has: module/name (default: all)");
  sub->footer(
      "Repeatables are never recorded: the next deploy runs them.\n\nExample:  strata baseline --target prod --to "
      "cases/20260309112000_status_withdrawn");
  sub->callback([&bench, to] {
    bench.chosen = [&bench, to] {
      const auto id = parse_id_option(*to, "--to");
      if (!id) return bench.report(id.error());
      const auto done =
          run_and_report(bench, [&](const Site& site, const Catalog& catalog) { return baseline(site, catalog, *id); });
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
