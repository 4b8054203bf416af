#include "core/cli/commands/audit.h"

#include "core/base/clock.h"
#include "core/base/counted.h"
#include "core/base/escape.h"
#include "core/report/json_report.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <sstream>

namespace strata {

namespace {

struct LogCommand {
  std::string module;
  std::string run;  // a uuid, or its beginning
  std::string kind;
  std::string since;  // the beginning of a time as it is printed: 2026, 2026-11-26, 2026-11-26T09:30
  std::string until;
  bool of_target = false;
  bool lines = false;
};

// Of which events the log is wanted.
class LogFilter {
 public:
  static Result<LogFilter> make(const LogCommand& command, const Ledger& ledger, const std::string& target) {
    for (const auto& [option, text] : {std::pair{"--since", command.since}, {"--until", command.until}}) {
      if (!text.empty() && !begins_a_time(text))
        return fail(ErrorCode::usage, std::string(option) + ": '" + printable(text) + "' is no time in UTC",
                    "write it as the log does, as far as is wanted: 2026-11-26, or 2026-11-26T09:30");
    }
    std::string kinds;
    bool is_known = command.kind.empty();
    for (int number = 1; number < 64; ++number) {
      const std::string name = name_of(static_cast<EventKind>(number));
      if (!name.empty()) kinds += (kinds.empty() ? "" : ", ") + name;
      is_known |= !name.empty() && name == command.kind;
    }
    if (!is_known)
      return fail(ErrorCode::usage, "--kind: there is no kind of event '" + printable(command.kind) + "'",
                  "one of " + kinds);
    LogFilter filter(command);
    if (command.of_target) {
      const auto known = ledger.target(target);
      if (!known)
        return fail(ErrorCode::bad_ledger, "the ledger has never seen target " + printable(target),
                    "strata audit pull --target " + printable(target) + " fetches what is applied there");
      filter.database_ = known->database;
    }
    return filter;
  }

  bool wants(const Event& event) const {
    const auto at = iso8601(event.at_ms);
    const auto is_of_module = [&](const std::string& id) { return id.starts_with(command_.module + "/"); };
    return (command_.module.empty() || is_of_module(event.subject) ||
            std::any_of(event.subjects.begin(), event.subjects.end(), is_of_module)) &&
           event.run.starts_with(command_.run) && (command_.kind.empty() || command_.kind == name_of(event.kind)) &&
           (database_.empty() || event.database == database_) && at >= command_.since &&
           at.substr(0, command_.until.size()) <= command_.until;
  }

 private:
  explicit LogFilter(const LogCommand& command) : command_(command) {}
  const LogCommand& command_;
  std::string database_;  // its uuid; empty: all
};

std::string describe_events(const std::vector<LedgerEvent>& events, const Palette& palette) {
  std::ostringstream out;
  for (const auto& item : events) {
    const auto& event = item.event;
    auto number = std::to_string(item.seq);
    out << std::string(number.size() < 5 ? 5 - number.size() : 0, ' ') << number << "  "
        << palette.faint(iso8601(event.at_ms)) << "  ";
    std::string kind = name_of(event.kind);
    kind += std::string(kind.size() < 18 ? 18 - kind.size() : 0, ' ');
    out << (event.kind == EventKind::failed || event.kind == EventKind::in_doubt ? palette.bad(kind)
            : is_shared(event.kind)                                              ? palette.good(kind)
                                                                                 : kind)
        << " ";
    if (!event.subject.empty()) out << printable(event.subject) << "  ";
    if (event.kind == EventKind::intent) out << counted(event.subjects.size(), "migration") << "  ";
    if (event.kind == EventKind::step || event.kind == EventKind::failed)
      out << event.statements_done << " of " << event.statements_total << " statements  ";
    if (event.kind == EventKind::anchor) out << "Postgres at event " << event.postgres_seq << "  ";
    if (event.intent_seq > 0 && event.kind == EventKind::outcome) out << "of intent " << event.intent_seq << "  ";
    if (!event.note.empty()) out << one_line(event.note, 160) << "  ";
    if (!event.sqlstate.empty()) out << "[" << event.sqlstate << "]  ";
    if (!event.actor.empty()) out << palette.faint(one_line(event.actor, 100));
    out << "\n";
  }
  return out.str();
}

Result<int> run_log(const Workbench& bench, const LogCommand& command) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto ledger, bench.required_ledger(config, Ledger::Access::read_only));
  STRATA_TRY(auto events, ledger.events(""));
  STRATA_TRY(const auto filter, LogFilter::make(command, ledger, bench.options.target));
  std::erase_if(events, [&](const LedgerEvent& item) { return !filter.wants(item.event); });
  if (command.lines) {
    for (const auto& item : events) bench.print(json_line_of_event(item));
  } else {
    bench.print(bench.options.json ? json_of_events(events) : describe_events(events, bench.out_palette()));
  }
  return 0;
}

}  // namespace

void add_audit_log(CLI::App& group, Workbench& bench) {
  auto command = std::make_shared<LogCommand>();
  auto* log = add_audit_command(group, bench, "log", "The events of the ledger",
                                [&bench, command] { return run_log(bench, *command); });
  log->add_option("--module", command->module, "Only what concerns this module");
  log->add_option("--run", command->run, "Only this run: its id, or the beginning of it");
  log->add_option("--kind", command->kind, "Only this kind: applied, intent, failed, …");
  log->add_option("--since", command->since, "Only from this time on (UTC, as far as is wanted: 2026-11-26T09)");
  log->add_option("--until", command->until, "Only up to this time, inclusive");
  log->add_flag("--of-target", command->of_target, "Only of the database that --target names");
  log->add_flag("--lines", command->lines, "One JSON object a line, for programs that read a stream");
  log->footer("Example:  strata audit log --module cases --since 2026-11 --kind applied");
}

}  // namespace strata
