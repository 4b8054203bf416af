#include "core/report/text_report.h"

#include "core/report/forecast_report.h"

#include "core/base/counted.h"
#include "core/base/escape.h"

#include <algorithm>
#include <map>
#include <sstream>

namespace strata {

namespace {

std::string padded(const std::string& text, std::size_t width) {
  const auto length = count_characters(text);
  return length >= width ? text : text + std::string(width - length, ' ');
}

// What an answer relies on: the first line of every plan and status.
std::string describe_source(const AppliedView& view, const std::string& target, std::int64_t now_ms) {
  if (!view.offline)
    return "target " + target + ", as Postgres says now" +
           (view.postgres_head.seq > 0 ? " (event " + std::to_string(view.postgres_head.seq) + ")"
                                       : " (no history yet)");
  return "offline: target " + target + " as the ledger " + view.ledger_path + " knows it, event " +
         std::to_string(view.postgres_head.seq) + ", as of " + iso8601(view.as_of_ms) + " (" +
         human_duration(std::chrono::milliseconds(now_ms - view.as_of_ms)) + " ago)";
}

// What one line of a plan says about a step, besides its id.
struct StepRow {
  StepReason reason;
  std::uint64_t resume_at;
  bool out_of_order;
  bool transactional;
};

std::string described_row(std::size_t number, const std::string& id, const StepRow& row, const Palette& palette) {
  const auto index = std::to_string(number);
  auto reason = describe(row.reason);
  if (row.reason == StepReason::continues) reason += " at statement " + std::to_string(row.resume_at + 1);
  if (row.out_of_order) reason += ", out of order";
  return "  " + palette.faint(std::string(index.size() < 4 ? 4 - index.size() : 0, ' ') + index) + "  " + id + "  " +
         padded(reason, 15) + "  " +
         (row.transactional ? palette.faint("transaction   ") : palette.warn("no transaction")) + "  ";
}

}  // namespace

std::string summarize_kinds(const Script& script) {
  std::vector<std::pair<std::string, int>> counts;
  for (const auto& statement : script.statements) {
    const auto found =
        std::find_if(counts.begin(), counts.end(), [&](const auto& entry) { return entry.first == statement.kind; });
    if (found == counts.end()) {
      counts.emplace_back(statement.kind, 1);
    } else {
      ++found->second;
    }
  }
  std::string text;
  for (const auto& [kind, count] : counts)
    text += (text.empty() ? "" : ", ") + kind + (count > 1 ? " ×" + std::to_string(count) : "");
  return text.empty() ? "no statements" : text;
}

std::string describe_error(const Error& error, const Palette& palette) {
  const auto message = printable(error.message);
  const auto end = message.find('\n');
  std::string text = palette.bad("error: ");
  const bool named = error.subject.empty() || message.find(error.subject) != std::string::npos;
  if (!named) text += palette.strong(error.subject) + ": ";
  text += message.substr(0, end);
  if (!error.sqlstate.empty()) text += " [SQLSTATE " + error.sqlstate + "]";
  text += "\n";
  if (error.where.line > 0) {
    text += "  at " + printable(error.where.file) + ":" + std::to_string(error.where.line) + ":" +
            std::to_string(error.where.column) + "\n";
  }
  if (end != std::string::npos) text += message.substr(end + 1) + "\n";
  if (!error.next.empty()) text += palette.strong("  next: ") + printable(error.next) + "\n";
  return text;
}

std::string describe_plan(const Plan& plan, const AppliedView& view, const std::string& target, std::int64_t now_ms,
                          const Palette& palette, const PlanForecast* forecast) {
  std::ostringstream out;
  out << palette.faint(describe_source(view, target, now_ms)) << "\n";
  for (const auto& change : plan.accepted) {
    out << palette.warn("accepted  ") << change.migration->id.text()
        << ": comments or blanks were changed, the statements are the same\n";
  }
  for (const auto& id : plan.unknown)
    out << palette.warn("unknown   ") << printable(id.text()) << ": applied, but no module contributes it any more\n";
  if (plan.steps.empty()) {
    out << palette.good("nothing to do") << ": everything is applied\n";
    return out.str();
  }
  std::size_t width = 0;
  std::map<std::string, int> modules;
  for (const auto& step : plan.steps) {
    width = std::max(width, step.migration->id.text().size());
    ++modules[step.module->id];
  }
  out << palette.strong(counted(plan.steps.size(), "step")) << " from " << counted(modules.size(), "module") << "\n";
  std::size_t number = 0;
  for (const auto& step : plan.steps) {
    const StepRow row{step.reason, step.resume_at, step.out_of_order, step.runs_in_transaction()};
    out << described_row(++number, padded(step.migration->id.text(), width), row, palette)
        << summarize_kinds(step.script) << "\n";
    if (forecast != nullptr) out << describe_forecast(forecast->steps[number - 1], *forecast, now_ms, palette);
  }
  for (const auto& step : plan.steps) {
    for (const auto& odd : step.script.odd_names)
      out << palette.warn("look      ") << printable(warning_about(odd, step.migration->path)) << "\n";
  }
  out << palette.faint("digest " + hex(plan.digest)) << "\n";
  return out.str();
}

std::string describe_written(const PlanFile& file, const Palette& palette) {
  std::string text =
      palette.good("written") + " to " + printable(file.path) + ", whose digest is " + hex(digest_of(file)) + "\n";
  for (const auto& signature : file.signatures) text += palette.good("signed") + " by key " + hex(signature.key) + "\n";
  return text;
}

std::string describe_plan_file(const PlanFile& file, const std::vector<PublicKey>& keys, const Palette& palette) {
  std::ostringstream out;
  const auto row = [&](const std::string& name) { return "  " + padded(name, 10); };
  const auto signed_bytes = signed_text(file);
  out << palette.strong(printable(file.path)) << "\n" << row("target") << file.target << "\n" << row("state");
  if (file.state) {
    out << "event " << file.state->seq << " of database " << file.state->database << "\n"
        << row("") << palette.faint("chain " + hex(file.state->chain)) << "\n";
  } else {
    out << "a database without a history of strata's\n";
  }
  if (file.options.to) out << row("up to") << file.options.to->text() << "\n";
  if (file.options.allow_out_of_order)
    out << row("order") << palette.warn("migrations behind their time are allowed") << "\n";
  out << row("made by") << "strata " << file.strata_version << "\n";
  for (const auto& signature : file.signatures) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.id() == signature.key; });
    out << row("signed by") << hex(signature.key) << "  "
        << (key == keys.end()                                  ? palette.faint("not checked: --key PUB.pem")
            : key->verifies(signed_bytes, signature.signature) ? palette.good("valid")
                                                               : palette.bad("NOT VALID: the plan was changed"))
        << "\n";
  }
  if (file.signatures.empty()) out << row("signed by") << palette.warn("nobody") << "\n";
  out << palette.strong(counted(file.modules.size(), "module")) << "\n";
  for (const auto& module : file.modules) {
    out << "  " << module.id << (module.id == base_module_id ? "" : " " + module.version)
        << palette.faint("  digest " + hex(module.digest)) << "\n";
    if (module.library) out << palette.faint("    plugin, SHA-256 " + hex(*module.library)) << "\n";
  }
  for (const auto& adoption : file.adopted)
    out << palette.warn("adopts    ") << adoption.id.text() << ": prisma migrate has applied it\n";
  for (const auto& change : file.accepted)
    out << palette.warn("accepts   ") << change.id.text()
        << ": comments or blanks were changed, the statements are the same\n";
  if (file.steps.empty()) {
    out << palette.good("nothing to do") << ": everything is applied\n";
  } else {
    out << palette.strong(counted(file.steps.size(), "step")) << "\n";
  }
  std::size_t width = 0;
  for (const auto& step : file.steps) width = std::max(width, step.id.text().size());
  std::size_t number = 0;
  for (const auto& step : file.steps) {
    const StepRow row_of_step{step.reason, step.resume_at, step.out_of_order, step.transactional};
    out << described_row(++number, padded(step.id.text(), width), row_of_step, palette)
        << palette.faint(hex(step.sha256).substr(0, 16)) << "\n";
  }
  out << palette.faint("digest " + hex(sha256(signed_bytes))) << "\n";
  return out.str();
}

std::string describe_status(const Catalog& catalog, const std::vector<MigrationStatus>& all, const AppliedView& view,
                            const std::string& target, std::int64_t now_ms, const Palette& palette) {
  std::ostringstream out;
  out << palette.faint(describe_source(view, target, now_ms)) << "\n";
  std::map<std::string, std::map<StatusOfMigration, int>> counts;
  for (const auto& status : all) ++counts[status.id.module][status.status];
  std::size_t width = 6;
  for (const auto& [module, ignored] : counts) width = std::max(width, module.size());
  out << palette.strong(padded("module", width) + "  version   applied  pending  failed  changed  unknown") << "\n";
  const auto number = [&](int count, StatusOfMigration status) {
    auto text = std::to_string(count);
    text = std::string(text.size() < 7 ? 7 - text.size() : 0, ' ') + text;
    if (count == 0) return palette.faint(text);
    return status == StatusOfMigration::applied   ? palette.good(text)
           : status == StatusOfMigration::pending ? palette.warn(text)
                                                  : palette.bad(text);
  };
  const auto row = [&](const std::string& id, const std::string& version) {
    auto& of = counts[id];
    out << padded(id, width) << "  " << padded(version, 8) << "  "
        << number(of[StatusOfMigration::applied], StatusOfMigration::applied) << "  "
        << number(of[StatusOfMigration::pending], StatusOfMigration::pending) << " "
        << number(of[StatusOfMigration::failed], StatusOfMigration::failed) << "  "
        << number(of[StatusOfMigration::changed], StatusOfMigration::changed) << "  "
        << number(of[StatusOfMigration::unknown], StatusOfMigration::unknown) << "\n";
  };
  for (const auto& module : catalog.modules()) row(module.id, module.id == base_module_id ? "" : module.version.text());
  for (const auto& [id, ignored] : counts) {
    if (catalog.find_module(id) == nullptr) row(printable(id), "(gone)");
  }
  for (const auto& status : all) {
    if (status.status == StatusOfMigration::applied && status.detail.empty()) continue;
    out << "  " << padded(name_of(status.status), 8) << " " << printable(status.id.text())
        << (status.detail.empty() ? "" : "  (" + printable(status.detail) + ")") << "\n";
  }
  return out.str();
}

std::string describe_heads(const ChainHead& postgres, const ChainHead& ledger) {
  std::string text = "heads: ";
  if (postgres.seq > 0) text += "postgres " + std::to_string(postgres.seq) + " " + hex(postgres.chain);
  if (ledger.seq > 0)
    text += (postgres.seq > 0 ? ", ledger " : "ledger ") + std::to_string(ledger.seq) + " " + hex(ledger.chain);
  return text;
}

std::string describe_run(const RunReport& report, std::chrono::milliseconds elapsed, const Palette& palette) {
  std::ostringstream out;
  for (const auto& id : report.adopted) out << palette.good("adopted   ") << id << ": prisma migrate had applied it\n";
  for (const auto& id : report.accepted)
    out << palette.warn("accepted  ") << id << ": comments or blanks were changed, the statements are the same\n";
  if (report.outcome == "nothing to do") {
    out << palette.good("nothing to do") << ": everything is applied\n";
  } else if (report.outcome == "nothing undone") {
    out << palette.good(report.outcome) << "\n";
  } else if (report.outcome == "recorded") {
    out << palette.good(report.outcome) << ": " << counted(report.applied.size(), "migration")
        << ", nothing was run; run " << report.run << "\n";
  } else if (report.stopped_by) {
    out << palette.bad(report.outcome) << ": " << report.applied.size() << " of " << counted(report.planned, "step")
        << (report.outcome == "unknown" ? " known to be done in " : " done in ") << human_duration(elapsed) << "\n";
  } else {
    out << palette.good(report.outcome) << ": " << counted(report.applied.size(), "step") << " in "
        << human_duration(elapsed) << ", run " << report.run << "\n";
  }
  if (report.postgres_head.seq > 0)
    out << palette.faint(describe_heads(report.postgres_head, report.ledger_head)) << "\n";
  return out.str();
}

std::string describe_script(const Script& script, const Directives& directives, const std::string& file,
                            const Palette& palette) {
  std::ostringstream out;
  out << palette.strong(printable(file)) << "\n";
  for (const auto& id : directives.needs) out << "  needs " << id.text() << "\n";
  if (directives.lock_timeout) out << "  lock-timeout " << human_duration(*directives.lock_timeout) << "\n";
  if (directives.statement_timeout)
    out << "  statement-timeout " << human_duration(*directives.statement_timeout) << "\n";
  for (const auto& allowance : directives.allows)
    out << "  allow " << allowance.hazard << ": " << printable(allowance.reason) << "\n";
  out << "  "
      << (script.transactional ? "runs in one transaction"
                               : palette.warn("runs without a transaction, statement by statement"))
      << "\n";
  out << "  " << palette.faint("fingerprint " + hex(script.fingerprint)) << "\n";
  for (const auto& statement : script.statements) {
    out << "  " << padded(std::to_string(statement.line) + ":" + std::to_string(statement.column), 8)
        << padded(statement.kind, 28) << (statement.analysed ? "" : palette.warn("not analysed: the server decides  "))
        << palette.faint(one_line(statement.text, 90)) << "\n";
  }
  if (script.statements.empty()) out << "  no statements\n";
  for (const auto& odd : script.odd_names)
    out << palette.warn("  look  ") << printable(warning_about(odd, file)) << "\n";
  return out.str();
}

}  // namespace strata
