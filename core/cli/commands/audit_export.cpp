#include "core/cli/commands/audit.h"

#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/cli/new_folder.h"
#include "core/cli/plan_keys.h"
#include "core/evidence.h"
#include "core/report/evidence_html.h"
#include "core/report/evidence_readme.h"
#include "core/report/evidence_tables.h"
#include "core/report/json_report.h"
#include "core/report/pack/texts.h"

#include <CLI/CLI.hpp>

namespace strata {

namespace {

struct ExportCommand {
  std::string folder;
  std::vector<std::string> sign;
  std::vector<std::string> checkpoints;
};

// The folder of a pack: keeps the SHA-256 of each file, and is whole once these are in it.
class Pack {
 public:
  static Result<Pack> begin(const std::string& path) {
    STRATA_TRY(auto folder, NewFolder::begin(path));
    // Under its own name only when all the others are there: without it, no pack verifies.
    STRATA_TRY(auto sums, folder.open(unfinished));
    return Pack(std::move(folder), std::move(sums));
  }

  // The ledger as it is now. Read several times over it would move, where a run goes on beside; and reading it would
  // keep that run waiting.
  Result<Ledger> hold(const Ledger& ledger) {
    STRATA_CHECK(ledger.copy_to(folder_.spare_path()));
    return Ledger::open(folder_.spare_path(), Ledger::Access::examine);
  }

  Result<void> write(const std::string& name, std::string_view text) {
    STRATA_TRY(const auto digest, folder_.write(name, text));
    return note(name, digest);
  }

  // `fill` hands the file's text to what it is given, piece by piece.
  Result<void> write_with(const std::string& name, const std::function<Result<void>(const TakeText&)>& fill) {
    STRATA_TRY(auto file, folder_.open(name));
    STRATA_CHECK(fill([&](std::string_view text) { file.add(text); }));
    STRATA_TRY(const auto digest, file.close());
    return note(name, digest);
  }

  // Returns SHA-256 of SHA256SUMS: whoever knows it can tell this pack from any other.
  Result<Digest> commit() {
    STRATA_TRY(const auto digest, sums_.close());
    STRATA_CHECK(folder_.rename(unfinished, "SHA256SUMS"));
    STRATA_CHECK(folder_.commit());
    return digest;
  }

 private:
  static constexpr const char* unfinished = "SHA256SUMS.unfinished";

  Pack(NewFolder folder, NewFile sums) : folder_(std::move(folder)), sums_(std::move(sums)) {}

  Result<void> note(const std::string& name, const Digest& digest) {
    if (interrupt::signal_number() != 0) return fail(interrupt::error());
    sums_.add(hex(digest) + "  " + name + "\n");
    return {};
  }

  NewFolder folder_;
  NewFile sums_;
};

// The events' bytes, the chain, and the tables of all events: one pass for each file, so that the ledger may be of any
// length.
Result<void> write_events(Pack& pack, const Ledger& ledger) {
  STRATA_CHECK(pack.write("events/ledger", ledger.id()));
  STRATA_CHECK(ledger.each_event([&](const StoredEvent& stored) {
    return pack.write(event_path(stored.seq), std::string(1, '\0') + std::string(stored.body));
  }));
  STRATA_CHECK(pack.write_with("events/chain", [&](const TakeText& out) {
    return ledger.each_event([&](const StoredEvent& stored) -> Result<void> {
      out(event_path(stored.seq).substr(13) + " " + hex(stored.leaf) + " " + hex(stored.chain) + "\n");
      return {};
    });
  }));
  STRATA_CHECK(pack.write_with("events.csv", [&](const TakeText& out) {
    out(events_csv_header());
    return ledger.each_event([&](const StoredEvent& stored) -> Result<void> {
      out(event_csv_row(stored, decode(stored.body)));
      return {};
    });
  }));
  return pack.write_with("events.json", [&](const TakeText& out) -> Result<void> {
    out("{\"format\":1,\"ledger\":\"" + ledger.id() + "\",\"events\":[");
    const char* separator = "\n";
    STRATA_CHECK(ledger.each_event([&](const StoredEvent& stored) -> Result<void> {
      out(separator + event_json_object(stored, decode(stored.body)));
      separator = ",\n";
      return {};
    }));
    out("\n]}\n");
    return {};
  });
}

Result<void> write_texts(Pack& pack, const Ledger& ledger, const Evidence& evidence) {
  STRATA_CHECK(ledger.each_blob([&](const Digest& digest, const Result<std::string>& text) -> Result<void> {
    return text ? pack.write(evidence.texts.at(digest).path, *text) : Result<void>();
  }));
  return pack.write_with("texts", [&](const TakeText& out) -> Result<void> {
    for (const auto& [digest, text] : evidence.texts) {
      if (text.is_kept)
        out((text.event > 0 ? event_path(text.event) : "-") + " " + hex(digest) + " " + text.path + "\n");
    }
    return {};
  });
}

Result<void> write_tables(Pack& pack, const Evidence& evidence) {
  using Write = void (*)(const Evidence&, const TakeText&);
  for (const auto& [name, write] : {std::pair<const char*, Write>{"runs.csv", write_runs_csv},
                                    {"runs.json", write_runs_json},
                                    {"migrations.csv", write_migrations_csv},
                                    {"migrations.json", write_migrations_json}}) {
    STRATA_CHECK(pack.write_with(name, [&, write = write](const TakeText& out) -> Result<void> {
      write(evidence, out);
      return {};
    }));
  }
  return pack.write("verification.json", verification_json(evidence));
}

Result<int> run_export(const Workbench& bench, const ExportCommand& command, const std::vector<std::string>& targets) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto keys, read_private_keys(command.sign));
  std::vector<Note> notes;
  std::vector<Checkpoint> earlier;
  for (const auto& path : command.checkpoints) {
    STRATA_TRY(auto note, open_note(path));
    STRATA_TRY(auto checkpoint, read_checkpoint(note.text, path));
    notes.push_back(std::move(note));
    earlier.push_back(std::move(checkpoint));
  }
  STRATA_TRY(const auto moving, bench.required_ledger(config, Ledger::Access::examine));
  STRATA_TRY(auto pack, Pack::begin(command.folder));
  STRATA_TRY(const auto ledger, pack.hold(moving));
  STRATA_TRY(const auto evidence, gather_evidence(ledger, targets, std::move(earlier), bench.clock()));
  STRATA_STOP_POINT("pack-gathered");
  STRATA_CHECK(write_events(pack, ledger));
  STRATA_STOP_POINT("pack-events");
  STRATA_CHECK(write_texts(pack, ledger, evidence));
  STRATA_CHECK(write_tables(pack, evidence));
  STRATA_CHECK(pack.write("README.md", evidence_readme(evidence)));
  STRATA_CHECK(pack.write("verify.sh", pack_verify));
  STRATA_CHECK(pack.write_with("index.html", [&](const TakeText& out) -> Result<void> {
    const auto find_text = [&](const Digest& digest) -> std::optional<std::string> {
      auto text = ledger.blob(digest);
      return text ? std::move(*text) : std::nullopt;
    };
    write_evidence_html(evidence, find_text, out);
    return {};
  }));
  if (!keys.empty()) STRATA_CHECK(pack.write("checkpoint", write_note(note_of(evidence.checkpoint, keys))));
  for (std::size_t i = 0; i < notes.size(); ++i)
    STRATA_CHECK(pack.write("earlier-checkpoint-" + std::to_string(i + 1), write_note(notes[i])));
  STRATA_TRY(const auto digest, pack.commit());

  if (bench.options.json) {
    bench.print(json_of_export(evidence, command.folder, digest));
    return evidence.findings.empty() ? 0 : 65;
  }
  const auto& palette = bench.out_palette();
  for (const auto& finding : evidence.findings) bench.print(palette.bad("finding  ") + printable(finding) + "\n");
  bench.print(printable(command.folder) + ": " + counted(static_cast<std::size_t>(evidence.head.seq), "event") + ", " +
              counted(evidence.runs.size(), "run") + ", " + counted(evidence.migrations.size(), "migration") + "\n" +
              palette.faint("head: event " + std::to_string(evidence.head.seq) + " " + hex(evidence.head.chain) +
                            "\nSHA-256 of SHA256SUMS: " + hex(digest)) +
              "\n");
  if (evidence.findings.empty()) return 0;
  bench.print(palette.bad("NOT VERIFIED") + ": the ledger is damaged or was changed, and the pack says so\n");
  return 65;
}

}  // namespace

void add_audit_export(CLI::App& app, CLI::App& group, Workbench& bench) {
  auto command = std::make_shared<ExportCommand>();
  auto* sub = add_audit_command(group, bench, "export", "The ledger as a folder for an auditor, which stands alone",
                                [&bench, command, &app] {
                                  std::vector<std::string> targets;
                                  if (app.count("--target") > 0) targets.push_back(bench.options.target);
                                  return run_export(bench, *command, targets);
                                });
  sub->add_option("DIR", command->folder, "The folder: new, or empty")->required();
  sub->add_option("--sign", command->sign,
                  "Put a checkpoint into it, signed with this Ed25519 private key (PEM); may be repeated")
      ->expected(1)
      ->take_all();
  sub->add_option("--checkpoint", command->checkpoints,
                  "The ledger must go on from this checkpoint, which goes into the folder; may be repeated")
      ->expected(1)
      ->take_all();
  sub->footer(
      "From the ledger alone, with no database in reach. Runs and migrations of all its targets, or of --target.\n"
      "Exits 65 where the ledger does not verify; the folder says so then. docs/evidence.md is for who reads it.\n\n"
      "Example:  strata audit export evidence --target prod --sign auditor.pem");
}

}  // namespace strata
