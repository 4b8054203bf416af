#include "core/cli/commands/audit.h"

#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/cli/plan_keys.h"
#include "core/report/json_report.h"

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <filesystem>

namespace strata {

namespace {

struct VerifyCommand {
  bool offline = false;
  std::vector<std::string> checkpoints;
  std::vector<std::string> keys;
};

Result<int> run_verify(const Workbench& bench, const VerifyCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto keys, read_public_keys(command.keys));
  std::vector<Checkpoint> checkpoints;
  for (const auto& path : command.checkpoints) {
    STRATA_TRY(const auto note, open_note(path));
    if (!keys.empty()) STRATA_CHECK(require_signature(note, keys, path));
    STRATA_TRY(auto checkpoint, read_checkpoint(note.text, path));
    checkpoints.push_back(std::move(checkpoint));
  }
  STRATA_TRY(auto ledger, bench.required_ledger(config, Ledger::Access::examine));
  VerifyReport report;
  if (command.offline) {
    STRATA_TRY(report, verify(ledger, bench.options.target, nullptr, History(config.history_schema), checkpoints));
  } else {
    STRATA_TRY(const auto site, bench.site(config, &ledger));
    STRATA_TRY(report, verify_site(site, checkpoints));
  }
  if (bench.options.json) {
    bench.print(json_of_verify(report, bench.options.target));
    return report.findings.empty() ? 0 : 65;
  }
  const auto& palette = bench.out_palette();
  for (const auto& finding : report.findings) bench.print(palette.bad("finding  ") + printable(finding) + "\n");
  const auto what = counted(report.ledger_events, "event") + " in the ledger" +
                    (command.offline ? std::string() : ", " + std::to_string(report.postgres_events) + " in Postgres");
  bench.print(report.findings.empty()
                  ? palette.good("verified") + ": " + what +
                        (command.offline ? "; the chain is whole" : "; both chains are whole and agree") +
                        (checkpoints.empty() ? ""
                         : keys.empty() ? ", and go on from the checkpoint (whose signature was not looked at: --key)"
                                        : ", and go on from the checkpoint") +
                        "\n"
                  : palette.bad(counted(report.findings.size(), "finding")) + " in " + what + "\n");
  bench.print(palette.faint(describe_heads(report.postgres_head, report.ledger_head)) + "\n");
  return report.findings.empty() ? 0 : 65;
}

Result<int> run_pull(const Workbench& bench, bool replace) {
  STRATA_TRY(const auto config, bench.config());
  const auto path = bench.ledger_path(config);
  if (!path)
    return fail(ErrorCode::usage, "this command works on the ledger, and --ledger none says that there is none");
  if (replace && std::filesystem::exists(*path)) {
    const auto first_choice = *path + ".replaced-" + timestamp14(bench.clock().now_ms());
    auto kept = first_choice;
    for (int n = 2; std::filesystem::exists(kept); ++n) kept = first_choice + "-" + std::to_string(n);
    std::error_code failed;
    std::filesystem::rename(*path, kept, failed);
    if (failed) return fail(ErrorCode::io_failed, *path + " cannot be put aside: " + failed.message());
    spdlog::info("the old ledger is kept as {}", kept);
  }
  STRATA_TRY(auto ledger, Ledger::open(*path, Ledger::Access::read_write));
  STRATA_TRY(const auto site, bench.site(config, &ledger));
  // The texts of the modules at hand become blobs; a pull works without any module as well.
  const auto catalog = bench.catalog(config);
  STRATA_TRY(const auto report, pull(site, catalog ? &*catalog : nullptr));
  if (bench.options.json) {
    bench.print(json_of_pull(report, bench.options.target));
    return 0;
  }
  for (const auto& line : report.settled) bench.print("settled  " + line + "\n");
  bench.print((report.imported == 0 ? "the ledger is level with Postgres"
                                    : counted(report.imported, "event") + " fetched from Postgres into " + *path) +
              std::string("\n") + bench.out_palette().faint(describe_heads(report.postgres_head, report.ledger_head)) +
              "\n");
  return 0;
}

}  // namespace

CLI::App* add_audit_command(CLI::App& group, Workbench& bench, const char* name, const char* what,
                            const std::function<Result<int>()>& run) {
  auto* sub = group.add_subcommand(name, what);
  sub->callback([&bench, run] {
    bench.chosen = [&bench, run] {
      const auto done = run();
      return done ? *done : bench.report(done.error());
    };
  });
  return sub;
}

void add_audit(CLI::App& app, Workbench& bench) {
  auto* group = app.add_subcommand("audit", "The ledger: what happened, and whether both sides still prove it");
  group->require_subcommand(1);
  group->fallthrough();
  add_audit_log(*group, bench);
  auto command = std::make_shared<VerifyCommand>();
  auto* verify = add_audit_command(*group, bench, "verify",
                                   "Check chains, heads, rows and texts on both sides; exit 65 on any finding",
                                   [&bench, command] { return run_verify(bench, *command); });
  verify->add_flag("--offline", command->offline, "The ledger alone, with no database in reach");
  auto* checkpoint = verify
                         ->add_option("--checkpoint", command->checkpoints,
                                      "Both sides must go on from this checkpoint; may be repeated")
                         ->expected(1)
                         ->take_all();
  verify
      ->add_option("--key", command->keys,
                   "The checkpoint must be signed with this public key (PEM; exit 77 unless it is); may be repeated")
      ->expected(1)
      ->take_all()
      ->needs(checkpoint);
  verify->footer("Example:  strata audit verify --checkpoint 2026-11-26.note --key auditor.pub.pem");
  add_audit_checkpoint(*group, bench);
  add_audit_export(app, *group, bench);
  auto replace = std::make_shared<bool>(false);
  auto* pull = add_audit_command(*group, bench, "pull", "Fetch into the ledger what Postgres knows and it does not",
                                 [&bench, replace] { return run_pull(bench, *replace); });
  pull->add_flag("--replace", *replace, "Begin a new ledger; the old file is kept beside it");
  pull->footer("Example:  strata audit pull --target prod");
  group->footer("What the chain proves and what it cannot: state/README.md\n\nExample:  strata audit verify");
}

}  // namespace strata
