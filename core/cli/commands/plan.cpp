#include "core/base/files.h"
#include "core/cli/plan_keys.h"
#include "core/cli/workbench.h"

#include "core/report/json_report.h"
#include "core/report/replay_report.h"

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

namespace strata {

namespace {

struct PlanCommand {
  std::string to;
  std::string max_age;
  std::string out;
  std::vector<std::string> sign;
  bool offline = false;
  bool exit_code = false;
  bool allow_out_of_order = false;
  bool verify = false;
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
  // Before anything is asked: a key that is refused should not cost a look at the database.
  STRATA_TRY(const auto keys, read_private_keys(command.sign));
  AppliedView view;
  std::optional<Ledger> ledger;
  std::optional<Site> site;
  if (command.offline) {
    STRATA_TRY(ledger, bench.ledger(config, Ledger::Access::read_only));
    if (!ledger) return fail(ErrorCode::usage, "--offline reads the ledger, and --ledger none says that there is none");
    STRATA_TRY(view, look_offline(*ledger, bench.options.target, bench.clock(), max_age));
  } else {
    STRATA_TRY(ledger, bench.ledger_for_looking(config));
    STRATA_TRY(auto reachable, bench.site(config, ledger ? &*ledger : nullptr));
    site.emplace(std::move(reachable));
    STRATA_TRY(view, look(*site, catalog));
  }
  STRATA_TRY(const auto plan, plan_for(catalog, view, options, ledger ? &*ledger : nullptr));
  std::optional<PlanForecast> forecast;
  if (site) {
    forecast = forecast_now(*site, plan);
  } else {
    STRATA_TRY(const auto schema, bench.target_schema(config, &*ledger));
    STRATA_TRY(forecast, forecast_recorded(*ledger, bench.options.target, plan, schema));
  }
  std::optional<PlanRehearsal> rehearsal;
  if (command.verify) {
    const auto* recorded = ledger ? &*ledger : nullptr;
    STRATA_TRY(const auto schema, bench.target_schema(config, recorded));
    const ReplayRequest request{bench.options.target, "", schema, config.history_schema};
    STRATA_TRY(rehearsal, rehearse_plan(recorded, request, catalog, plan, !options.to, config.root + "/.strata"));
  }
  const bool is_sound = !rehearsal || rehearsal->is_sound();
  std::optional<PlanFile> file;
  if (!command.out.empty() && is_sound) {
    file = plan_file_for(plan, catalog, view, options, bench.options.target);
    file->path = command.out;
    for (const auto& key : keys) sign(*file, key);
    STRATA_TRY(const auto text, write_plan_file(*file));
    STRATA_CHECK(write_file(command.out, text));
  }
  const auto* told = forecast ? &*forecast : nullptr;
  bench.print(bench.options.json
                  ? json_of_plan(plan, view, bench.options.target,
                                 {file ? &*file : nullptr, told, rehearsal ? &*rehearsal : nullptr})
                  : describe_plan(plan, view, bench.options.target, bench.clock().now_ms(), bench.out_palette(), told));
  if (rehearsal && !bench.options.json) bench.print(describe_rehearsal(*rehearsal, bench.out_palette()));
  if (file && !bench.options.json) bench.print(describe_written(*file, bench.out_palette()));
  if (rehearsal && rehearsal->stopped_by) {
    bench.tell(*rehearsal->stopped_by);
    return exit_code_of(*rehearsal->stopped_by);
  }
  if (!is_sound) return 65;
  return command.exit_code && !plan.steps.empty() ? 2 : 0;
}

// What a plan file says, and what its signatures are worth by these keys. With keys, exits 77 unless one of them
// signed.
Result<int> run_show(const Workbench& bench, const std::string& path, const std::vector<std::string>& key_paths) {
  STRATA_TRY(const auto keys, read_public_keys(key_paths));
  STRATA_TRY(const auto file, open_plan_file(path));
  bench.print(bench.options.json ? json_of_plan_file(file, keys) : describe_plan_file(file, keys, bench.out_palette()));
  if (keys.empty()) return 0;
  const auto signature = require_signature(file, keys);
  if (signature) return 0;
  bench.tell(signature.error());
  return exit_code_of(signature.error());
}

void add_show(CLI::App& plan, Workbench& bench) {
  auto* show = plan.add_subcommand("show", "What a plan file does, for which target and state, and who signed it");
  auto path = std::make_shared<std::string>();
  auto keys = std::make_shared<std::vector<std::string>>();
  show->add_option("FILE", *path, "A file that strata plan --out wrote")->required();
  show->add_option("--key", *keys,
                   "Check its signature with this public key (PEM; exit 77 unless it is good); may be repeated")
      ->expected(1)
      ->take_all();
  show->footer(
      "Reads the file alone: no project, ledger or database.\n\nExample:  strata plan show prod.plan --key "
      "alice.pub.pem");
  for (auto* option : plan.get_options()) {
    if (option->get_name() != "--help") show->excludes(option);
  }
  show->callback([&bench, path, keys] {
    bench.chosen = [&bench, path, keys] {
      const auto done = run_show(bench, *path, *keys);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace

void add_plan(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("plan", "What would run, in which order, and why");
  auto command = std::make_shared<PlanCommand>();
  sub->add_flag("--offline", command->offline, "From the ledger, with no database in reach");
  sub->add_option("--max-age", command->max_age, "With --offline: refuse (exit 2) what is older, for example 12h");
  sub->add_option("--to", command->to, "Plan up to this migration, inclusive: module/name");
  sub->add_flag("--exit-code", command->exit_code, "Exit 2 when something is pending");
  sub->add_flag(
      "--verify", command->verify,
      "Try it: run it on an embedded Postgres that is brought to the target's recorded state, and compare the "
      "result with the fragments (exit 1 or 65; then no --out)");
  sub->add_flag("--allow-out-of-order", command->allow_out_of_order,
                "Accept migrations older than one applied in their module");
  auto* out = sub->add_option("--out", command->out, "Write the plan to this file, for strata deploy --plan");
  sub->add_option("--sign", command->sign, "With --out: sign it with this Ed25519 private key (PEM); may be repeated")
      ->expected(1)
      ->take_all()
      ->needs(out);
  sub->footer(
      "With --out the plan can be carried out elsewhere: exactly it, or nothing (docs/offline.md).\n\n"
      "Example:  strata plan --offline --target prod --max-age 12h --exit-code\n"
      "          strata plan --offline --target prod --out prod.plan --sign alice.pem\n"
      "          strata plan show prod.plan");
  add_show(*sub, bench);
  sub->callback([&bench, command, sub] {
    if (!sub->get_subcommands().empty()) return;  // show has chosen already
    bench.chosen = [&bench, command] {
      const auto done = run_plan(bench, *command);
      return done ? *done : bench.report(done.error());
    };
  });
}

}  // namespace strata
