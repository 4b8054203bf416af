#include "core/cli/commands/audit.h"

#include "core/base/escape.h"

#include "core/base/files.h"
#include "core/cli/plan_keys.h"
#include "core/report/json_report.h"

#include <CLI/CLI.hpp>

#include <filesystem>

namespace strata {

namespace {

struct CheckpointCommand {
  std::vector<std::string> sign;
  std::string out;
};

Result<int> run_checkpoint(const Workbench& bench, const CheckpointCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto keys, read_private_keys(command.sign));
  STRATA_TRY(const auto ledger, bench.required_ledger(config, Ledger::Access::read_only));
  STRATA_TRY(const auto checkpoint, checkpoint_of(ledger));
  const auto text = write_note(note_of(checkpoint, keys));
  // One that was kept is evidence: it is not written over.
  std::error_code failed;
  if (!command.out.empty() && std::filesystem::exists(std::filesystem::symlink_status(command.out, failed)) &&
      !std::filesystem::is_character_file(command.out, failed)) {
    return fail(ErrorCode::refused, printable(command.out) + " is there already, and may be a checkpoint that was kept",
                "name another file");
  }
  if (!command.out.empty()) STRATA_CHECK(write_file(command.out, text));
  if (bench.options.json) {
    bench.print(json_of_checkpoint(checkpoint, text));
  } else if (command.out.empty()) {
    bench.print(text);
  } else {
    bench.print("event " + std::to_string(checkpoint.head.seq) + " of the ledger, written to " + command.out + "\n");
  }
  return 0;
}

}  // namespace

void add_audit_checkpoint(CLI::App& group, Workbench& bench) {
  auto command = std::make_shared<CheckpointCommand>();
  auto* checkpoint = add_audit_command(group, bench, "checkpoint",
                                       "The heads of the ledger and its databases as a text to keep elsewhere",
                                       [&bench, command] { return run_checkpoint(bench, *command); });
  checkpoint->add_option("--sign", command->sign, "Sign it with this Ed25519 private key (PEM); may be repeated")
      ->expected(1)
      ->take_all();
  checkpoint->add_option("-o,--out", command->out, "Write it to this file, and not to stdout");
  checkpoint->footer(
      "The form is C2SP's signed note (state/README.md). Keep it where nobody who can write the ledger can write:\n"
      "audit verify --checkpoint then finds a tail that was cut off, and a chain that was written anew.\n\n"
      "Example:  strata audit checkpoint --sign auditor.pem -o 2026-11-26.note");
}

}  // namespace strata
