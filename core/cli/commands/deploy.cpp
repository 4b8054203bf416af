#include "core/cli/commands/deploy_fleet.h"
#include "core/base/files.h"
#include "core/cli/plan_keys.h"
#include "core/cli/progress.h"
#include "core/cli/run_result.h"
#include "core/cli/workbench.h"

#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/report/json_report.h"
#include "core/report/metrics.h"

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

namespace strata {

namespace {

struct DeployCommand {
  std::string to;
  std::string lock_wait;
  std::string plan;
  std::vector<std::string> signers;
  bool dry_run = false;
  bool atomic = false;
  bool fsync_each = false;
  bool snapshot_each = false;
  bool allow_out_of_order = false;
  std::string metrics_file;
  FleetCommand fleet;
};

// Of a fleet's every target.
std::vector<std::string> own_arguments(const DeployCommand& command) {
  std::vector<std::string> arguments;
  if (!command.to.empty()) arguments.insert(arguments.end(), {"--to", command.to});
  if (!command.lock_wait.empty()) arguments.insert(arguments.end(), {"--lock-wait", command.lock_wait});
  for (const auto& [name, is_set] : {std::pair<const char*, bool>{"--atomic", command.atomic},
                                     {"--fsync-each", command.fsync_each},
                                     {"--snapshot-each", command.snapshot_each},
                                     {"--allow-out-of-order", command.allow_out_of_order}}) {
    if (is_set) arguments.emplace_back(name);
  }
  return arguments;
}

// What would run, with its SQL; nothing is touched.
Result<int> dry_run(const Workbench& bench, const Config& config, const Catalog& catalog,
                    const DeployOptions& options) {
  STRATA_TRY(const auto site, bench.site(config, nullptr));
  STRATA_TRY(const auto view, look(site, catalog, options.file));
  // The ledger only answers for missing files here: where there is none, that is no reason to stop.
  const auto path = bench.ledger_path(config);
  const Result<Ledger> ledger =
      path ? Ledger::open(*path, Ledger::Access::read_only) : Result<Ledger>(fail(ErrorCode::bad_ledger, "none"));
  const auto* texts = ledger ? &*ledger : nullptr;
  STRATA_TRY(const auto plan, options.file != nullptr ? plan_for_file(site, catalog, view, *options.file, texts)
                                                      : plan_for(catalog, view, options.plan, texts));
  if (bench.options.json) {
    bench.print(json_of_plan(plan, view, bench.options.target));
    return 0;
  }
  bench.print(describe_plan(plan, view, bench.options.target, bench.clock().now_ms(), bench.out_palette()));
  for (const auto& step : plan.steps) {
    bench.print("\n-- " + step.migration->id.text() + (step.runs_in_transaction() ? "" : " (no transaction)") + "\n");
    for (auto i = step.resume_at; i < step.script.statements.size(); ++i) {
      const auto& statement = step.script.statements[i];
      bench.print(printable(statement.text) + ";\n");
      if (statement.copy_data) bench.print(printable(*statement.copy_data) + "\\.\n");
    }
  }
  bench.print("\n" + bench.out_palette().faint("dry run: nothing was changed") + "\n");
  return 0;
}

Result<int> run_deploy(const Workbench& bench, const DeployCommand& command, RunMetrics& metrics) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  DeployOptions options;
  STRATA_TRY(options.plan.to, parse_id_option(command.to, "--to"));
  options.plan.allow_out_of_order = command.allow_out_of_order;
  options.atomic = command.atomic;
  options.fsync_each = command.fsync_each;
  options.snapshot_each = command.snapshot_each;
  std::optional<PlanFile> file;
  if (!command.plan.empty()) {
    STRATA_TRY(const auto keys, read_public_keys(command.signers));
    STRATA_TRY(file, open_plan_file(command.plan));
    if (!keys.empty()) STRATA_CHECK(require_signature(*file, keys));
    options.file = &*file;
  }
  if (command.dry_run) return dry_run(bench, config, catalog, options);

  STRATA_TRY(auto ledger, bench.ledger(config, Ledger::Access::read_write));
  STRATA_TRY(auto site, bench.site(config, ledger ? &*ledger : nullptr));
  if (!command.lock_wait.empty()) {
    STRATA_TRY(site.lock_wait, parse_duration_option(command.lock_wait, "--lock-wait"));
  }
  const auto began = std::chrono::steady_clock::now();
  RunReport report;
  {
    Progress progress(bench, "applied");
    auto watcher = progress.watcher();
    watcher.on_planned = [&progress](std::size_t total) { progress.set_total(total); };
    STRATA_TRY(report, deploy(site, catalog, options, watcher));
  }
  metrics.elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  metrics.outcome = report.outcome;
  metrics.report = report;
  if (const auto known = ledger ? ledger->target(bench.options.target) : std::nullopt)
    metrics.ledger_seen_ms = known->last_seen_ms;
  const auto code = conclude(bench, report, metrics.elapsed);
  write_termination_message(report.outcome + ", " + std::to_string(report.applied.size()) + " of " +
                            counted(report.planned, "step") + "\n" +
                            describe_heads(report.postgres_head, report.ledger_head) + "\n" +
                            (report.stopped_by ? last_words(*report.stopped_by) : ""));
  return code;
}

// Says so where it cannot be written, and leaves the exit code to the run.
void write_metrics(const Workbench& bench, const std::string& path, const std::string& text) {
  if (path.empty()) return;
  if (auto written = write_file(path, text); !written) bench.tell(written.error());
}

}  // namespace

void add_deploy(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("deploy", "Apply everything that is pending, each migration exactly once");
  auto command = std::make_shared<DeployCommand>();
  sub->add_flag("--dry-run", command->dry_run, "Show the plan and its SQL; change nothing");
  auto* to = sub->add_option("--to", command->to, "Stop after this migration: module/name");
  sub->add_flag("--atomic", command->atomic, "All transactional steps in one transaction: all or nothing");
  sub->add_flag("--fsync-each", command->fsync_each, "Wait for the disk at every COMMIT, not only at the last");
  sub->add_flag(
      "--snapshot-each", command->snapshot_each,
      "Record after each migration what the database holds, and not only at the end: strata replay then compares "
      "each of them");
  sub->add_option("--metrics-file", command->metrics_file,
                  "Write what the run did in numbers to this file, in Prometheus' text format; also where it fails")
      ->excludes("--dry-run");
  sub->add_option("--lock-wait", command->lock_wait, "How long to wait for locks in all (default 5min)");
  auto* out_of_order =
      sub->add_flag("--allow-out-of-order", command->allow_out_of_order,
                    "Accept migrations older than one applied in their module; the ledger keeps that it was said");
  auto* plan = sub->add_option("--plan", command->plan,
                               "Carry out this file of strata plan --out: exactly it, or nothing (exit 65)");
  plan->excludes(to)->excludes(out_of_order);
  sub->add_option(
         "--require-signature", command->signers,
         "With --plan: only if this Ed25519 public key (PEM) signed it, else exit 77; may be repeated: any of them")
      ->expected(1)
      ->take_all()
      ->needs(plan);
  auto* fleet = sub->add_option("--fleet", command->fleet.file,
                                "Every target that this file names ([target.NAME] url = …) or asks for ([query] url, "
                                "sql), each by a process of its own");
  fleet->excludes(plan)->excludes("--dry-run");
  sub->add_option("--parallel", command->fleet.parallel, "With --fleet: so many at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 256))
      ->needs(fleet);
  sub->add_option("--canary", command->fleet.canary, "With --fleet: so many first, one by one; one that fails ends it")
      ->check(CLI::Range(0, 1'000'000))
      ->needs(fleet);
  sub->add_option("--max-failures", command->fleet.max_failures,
                  "With --fleet: once so many have failed, no more are begun")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000))
      ->needs(fleet);
  sub->add_option("--shard", command->fleet.shard,
                  "With --fleet: only this share, 0/8 to 7/8; /8 takes the index from JOB_COMPLETION_INDEX")
      ->needs(fleet);
  sub->footer(
      "Killed anywhere, run it again, with the same --plan if there was one: nothing is lost, nothing is done twice.\n"
      "What a plan file says (--to, --allow-out-of-order) is not said again.\n\n"
      "Example:  strata deploy --target prod --lock-wait 10min\n"
      "          strata deploy --target prod --plan prod.plan --require-signature alice.pub.pem\n"
      "          strata deploy --fleet targets.toml --parallel 8 --canary 2 --max-failures 3");
  sub->callback([&bench, command] {
    bench.chosen = [&bench, command] {
      if (!command->fleet.file.empty()) {
        FleetMetrics metrics;
        const auto all = deploy_fleet(bench, command->fleet, own_arguments(*command), metrics);
        metrics.exit_code = all ? *all : exit_code_of(all.error());
        metrics.ended_ms = bench.clock().now_ms();
        write_metrics(bench, command->metrics_file, metrics_text(metrics));
        if (all) return *all;
        write_termination_message(last_words(all.error()));
        return bench.report(all.error());
      }
      RunMetrics metrics;
      const auto done = run_deploy(bench, *command, metrics);
      metrics.target = bench.options.target;
      metrics.exit_code = done ? *done : exit_code_of(done.error());
      metrics.ended_ms = bench.clock().now_ms();
      write_metrics(bench, command->metrics_file, metrics_text(metrics));
      if (done) return *done;
      if (bench.options.json) bench.print(json_of_refusal(done.error(), bench.options.target));
      bench.tell(done.error());
      write_termination_message(last_words(done.error()));
      return exit_code_of(done.error());
    };
  });
}

}  // namespace strata
