#include "core/cli/workbench.h"

#include "core/base/escape.h"
#include "core/report/json_report.h"

#include <CLI/CLI.hpp>

namespace strata {

namespace {

Result<int> run_wait(const Workbench& bench, const std::optional<std::string>& module, const std::string& timeout) {
  STRATA_TRY(const auto config, bench.config());
  WaitFor what;
  STRATA_TRY(what.timeout, parse_duration_option(timeout, "--timeout"));
  std::optional<Catalog> catalog;
  if (!module) {
    STRATA_TRY(catalog, bench.catalog(config));
    what.catalog = &*catalog;
  } else {
    const auto end = module->find_first_of(" <>=^~");
    what.module = module->substr(0, end);
    if (end != std::string::npos) what.version = VersionRange::parse(module->substr(end));
    if (!is_module_id(what.module) || (end != std::string::npos && !what.version)) {
      return fail(ErrorCode::usage,
                  "--module: '" + printable(*module) + "' is neither a module nor a module with a version",
                  "write for example --module 'cases>=1.4'");
    }
  }
  STRATA_TRY(auto site, bench.site(config, nullptr));
  site.connect_budget = std::chrono::milliseconds(0);  // to wait is to try again
  STRATA_TRY(const auto found, wait_for(site, what));
  bench.print(bench.options.json ? json_of_wait(found) : found + "\n");
  return 0;
}

}  // namespace

void add_wait(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("wait", "Until everything, or one module, is applied: the gate for pods");
  auto module = std::make_shared<std::optional<std::string>>();
  auto timeout = std::make_shared<std::string>("5min");
  sub->add_option("--module", *module, "Only this module, in this version: 'cases>=1.4' (needs no module files here)");
  sub->add_option("--timeout", *timeout, "Then exit 75")->capture_default_str();
  sub->footer(
      "Needs USAGE on the schema strata and SELECT on its tables, nothing else.\n\nExample:  strata wait --module "
      "'cases>=1.4' --timeout 10min");
  sub->callback([&bench, module, timeout] {
    bench.chosen = [&bench, module, timeout] {
      const auto done = run_wait(bench, *module, *timeout);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
