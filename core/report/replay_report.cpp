#include "core/report/replay_report.h"

#include "core/base/counted.h"
#include "core/base/escape.h"

#include <nlohmann/json.hpp>
#include <sstream>

namespace strata {

namespace {

constexpr std::size_t longest_value = 600;  // of a view's text, say; JSON has all of it

// "15.20" of "15.20 (Debian 15.20-0+deb12u1)".
std::string short_version(const std::string& version) {
  return printable(version.substr(0, version.find(' ')));
}

std::string lines_of(const ObjectDifference& difference) {
  if (difference.kind != DifferenceKind::changed) return "  " + printable(described(difference)) + "\n";
  std::string text = "  " + printable(described(difference.object)) + " differs\n";
  for (const auto& change : difference.changes) {
    const auto shown = [](const std::string& value) {
      return value.empty() ? std::string("none") : one_line(value, longest_value);
    };
    text += "      " + change.property + "\n          expected  " + shown(change.expected) + "\n          found     " +
            shown(change.found) + "\n";
  }
  return text;
}

std::string origin_of(const DriftFinding& finding) {
  if (finding.made_by.empty() && finding.difference.kind != DifferenceKind::unexpected)
    return "no migration made it: every new database has it";
  switch (finding.difference.kind) {
    case DifferenceKind::missing:
      return "it came with " + finding.made_by + "; no migration removed it";
    case DifferenceKind::unexpected:
      return finding.removed_by.empty() ? "no migration made it" : finding.removed_by + " removed it";
    case DifferenceKind::changed:
      return "it came with " + finding.made_by +
             (finding.changed_by.empty() ? "" : "; last changed by " + finding.changed_by);
  }
  return "";
}

std::string remarks_of(const std::vector<std::string>& remarks, const Palette& palette) {
  std::string text;
  for (const auto& remark : remarks) text += palette.warn("look  ") + printable(remark) + "\n";
  return text;
}

}  // namespace

std::string describe_replay(const ReplayReport& report, const Palette& palette) {
  std::ostringstream out;
  out << remarks_of(report.remarks, palette);
  if (report.first_difference) {
    const auto& state = *report.first_difference;
    out << palette.bad("differs") << " first after event " << state.postgres_seq << " ("
        << (state.last_migration.empty() ? "before any migration" : printable(state.last_migration))
        << "), from what was recorded " << iso8601(state.at_ms) << " (event " << state.seq << " of the ledger):\n";
    for (const auto& difference : state.differences) out << lines_of(difference);
  }
  const auto rebuilt = counted(report.texts, "text") + " run, " + counted(report.inventory.objects.size(), "object") +
                       ", on Postgres " + short_version(report.server_version);
  out << (report.first_difference ? palette.bad("replayed") : palette.good("replayed")) << ": target "
      << printable(report.target) << " as of " << iso8601(report.at_ms) << " (event " << report.postgres_seq
      << " in Postgres): " << rebuilt << "\n";
  if (report.compared == 0) {
    out << palette.warn("nothing to compare with") << ": no state of the database was recorded up to there\n";
  } else if (!report.first_difference) {
    out << counted(report.compared, "recorded state") << " compared: " << palette.good("the same") << "\n";
  }
  return out.str();
}

std::string json_of_replay(const ReplayReport& report) {
  using Json = nlohmann::ordered_json;
  Json json = {{"format", 1},
               {"target", report.target},
               {"database", report.database},
               {"postgres_seq", report.postgres_seq},
               {"at", iso8601(report.at_ms)},
               {"last_migration", report.last_migration},
               {"texts", report.texts},
               {"objects", report.inventory.objects.size()},
               {"inventory", hex(sha256(encode(report.inventory).listing))},
               {"server", report.server_version},
               {"compared", report.compared},
               {"remarks", report.remarks},
               {"first_difference", nullptr}};
  if (report.first_difference) {
    const auto& state = *report.first_difference;
    Json differences = Json::array();
    for (const auto& difference : state.differences) differences.push_back(described(difference));
    json["first_difference"] = {{"seq", state.seq},
                                {"postgres_seq", state.postgres_seq},
                                {"at", iso8601(state.at_ms)},
                                {"last_migration", state.last_migration},
                                {"differences", differences}};
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string describe_rehearsal(const PlanRehearsal& rehearsal, const Palette& palette) {
  std::ostringstream out;
  out << remarks_of(rehearsal.remarks, palette);
  const auto where =
      "on an embedded Postgres " + short_version(rehearsal.server_version) + ", " +
      (rehearsal.recorded == 0 ? std::string("from empty") : "behind " + counted(rehearsal.recorded, "recorded text"));
  if (rehearsal.stopped_by) {
    out << palette.bad("would fail") << ": " << counted(rehearsal.ran.size(), "step") << " ran " << where << ", then "
        << printable(rehearsal.stopped_by->subject) << " was refused\n";
    return out.str();
  }
  out << palette.good("tried") << ": " << counted(rehearsal.ran.size(), "step") << " ran " << where << "; "
      << counted(rehearsal.objects, "object") << " in the end\n";
  if (!rehearsal.was_compared) {
    out << palette.faint("not compared with the fragments: there are none, or only a part was planned") << "\n";
  } else if (rehearsal.differences.empty()) {
    out << "the result is what the fragments say\n";
  } else {
    out << palette.bad("the result is not what the fragments say") << " (strata collate):\n";
    for (const auto& difference : rehearsal.differences) out << lines_of(difference);
  }
  return out.str();
}

std::string describe_drift(const DriftReport& report, const Palette& palette) {
  std::ostringstream out;
  out << palette.faint("target " + report.target + ": " + counted(report.objects, "object") + " as of " +
                       iso8601(report.at_ms) + ", Postgres " + short_version(report.server_version) +
                       "; compared with what " + counted(report.texts, "recorded text") + " make" +
                       (report.texts == 1 ? "s" : "") + " on Postgres " + short_version(report.replayed_on))
      << "\n"
      << remarks_of(report.remarks, palette);
  std::string module = "\n";  // none is called that
  for (const auto& finding : report.findings) {
    if (finding.module != module) {
      module = finding.module;
      out << palette.strong(module.empty() ? "of no module" : "module " + printable(module)) << "\n";
    }
    out << palette.bad(lines_of(finding.difference)) << "      " << palette.faint(printable(origin_of(finding)))
        << "\n";
  }
  out << (report.findings.empty() ? palette.good("no drift") + ": the database is what its migrations make of it"
                                  : palette.bad(counted(report.findings.size(), "difference")))
      << "\n";
  return out.str();
}

}  // namespace strata
