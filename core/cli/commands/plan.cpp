#include "core/cli/workbench.h"

#include "core/report/json_report.h"

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

namespace strata {

namespace {

struct PlanCommand {
  std::string to;
  std::string max_age;
  bool offline = false;
  bool exit_code = false;
  bool allow_out_of_order = false;
};

Result<int> run_plan(const Workbench& bench, const PlanCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  PlanOptions options;
  STRATA_TRY(options.to, parse_id_option(command.to, "--to"));
  options.allow_out_of_order = command.allow_out_of_order;
  std::optional<std::chrono::milliseconds> max_age;
  if (!command.max_age.empty()) {
    STRATA_TRY(max_age, parse_duration_option(command.max_age, "--max-age"));
  }
  AppliedView view;
  std::optional<Ledger> ledger;
  if (command.offline) {
    STRATA_TRY(ledger, bench.ledger(config, Ledger::Access::read_only));
    if (!ledger) return fail(ErrorCode::usage, "--offline reads the ledger, and --ledger none says that there is none");
    STRATA_TRY(view, look_offline(*ledger, bench.options.target, bench.clock(), max_age));
  } else {
    STRATA_TRY(ledger, bench.ledger_for_looking(config));
    STRATA_TRY(const auto site, bench.site(config, ledger ? &*ledger : nullptr));
    STRATA_TRY(view, look(site, catalog));
  }
  STRATA_TRY(const auto plan, plan_for(catalog, view, options, ledger ? &*ledger : nullptr));
  bench.print(bench.options.json
                  ? json_of_plan(plan, view, bench.options.target)
                  : describe_plan(plan, view, bench.options.target, bench.clock().now_ms(), bench.out_palette()));
  return command.exit_code && !plan.steps.empty() ? 2 : 0;
}

}  // namespace

void add_plan(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("plan", "What would run, in which order, and why");
  auto command = std::make_shared<PlanCommand>();
  sub->add_flag("--offline", command->offline, "From the ledger, with no database in reach");
  sub->add_option("--max-age", command->max_age, "With --offline: refuse (exit 2) what is older, for example 12h");
  sub->add_option("--to", command->to, "Plan up to this migration, inclusive: module/name");
  sub->add_flag("--exit-code", command->exit_code, "Exit 2 when something is pending");
  sub->add_flag("--allow-out-of-order", command->allow_out_of_order,
                "Accept migrations older than one applied in their module");
  sub->footer("Example:  strata plan --offline --target prod --max-age 12h --exit-code");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      const auto done = run_plan(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
