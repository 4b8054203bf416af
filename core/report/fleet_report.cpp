#include "core/report/fleet_report.h"

#include "core/base/counted.h"
#include "core/base/escape.h"

#include <algorithm>

namespace strata {

int FleetReport::exit_code() const {
  if (signal != 0) return 128 + signal;
  const auto failed = std::find_if(done.begin(), done.end(), [](const auto& result) { return result.exit_code != 0; });
  return failed == done.end() ? 0 : failed->exit_code;
}

const Error* trouble_of(const FleetResult& result) {
  for (const auto* error : {&result.report.stopped_by, &result.report.ledger_behind}) {
    if (*error) return &**error;
  }
  return nullptr;
}

std::string describe_target(const FleetResult& result, std::size_t width, const std::string& error,
                            const Palette& palette) {
  auto text = printable(result.target);
  text.resize(std::max(width, text.size()), ' ');
  const auto& outcome = result.report.outcome;
  const auto applied = result.report.applied.size();
  text += "  " + (result.exit_code == 0 ? palette.good(outcome) : palette.bad(outcome)) +
          (applied > 0 ? ", " + counted(applied, "step") : "") + " in " + human_duration(result.elapsed) +
          (result.exit_code != 0 ? " (exit " + std::to_string(result.exit_code) + ")" : "") + "\n";
  for (std::size_t begin = 0; begin < error.size();) {
    const auto end = std::min(error.find('\n', begin), error.size() - 1) + 1;
    text += "  " + error.substr(begin, end - begin);
    begin = end;
  }
  return text;
}

std::string describe_fleet(const FleetReport& report) {
  const auto failed = static_cast<std::size_t>(
      std::count_if(report.done.begin(), report.done.end(), [](const auto& result) { return result.exit_code != 0; }));
  return std::to_string(report.done.size() - failed) + " of " +
         counted(report.done.size() + report.not_begun.size(), "target") + " in " + human_duration(report.elapsed) +
         (failed > 0 ? ", " + std::to_string(failed) + " failed" : "") +
         (report.not_begun.empty() ? "" : ", " + std::to_string(report.not_begun.size()) + " not begun");
}

}  // namespace strata
