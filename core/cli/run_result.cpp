#include "core/cli/run_result.h"

#include "core/base/escape.h"
#include "core/report/json_report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace strata {

int conclude(const Workbench& bench, const RunReport& report, std::chrono::milliseconds elapsed) {
  bench.speak_for_a_run();
  bench.print(bench.options.json ? json_of_run(report, bench.options.target)
                                 : describe_run(report, elapsed, bench.out_palette()));
  for (const auto* error : {&report.stopped_by, &report.ledger_behind}) {
    if (*error) bench.tell(**error);
  }
  if (report.stopped_by) return exit_code_of(*report.stopped_by);
  return report.ledger_behind ? exit_code_of(*report.ledger_behind) : 0;
}

void write_termination_message(std::string text) {
  constexpr std::size_t most = 4'096;
  if (text.size() > most) {
    text.resize(most);
    text.resize(std::min(most, find_invalid_utf8(text)));
  }
  const char* named = std::getenv("STRATA_TERMINATION_LOG");
  if (std::FILE* file = std::fopen(named != nullptr ? named : "/dev/termination-log", named != nullptr ? "w" : "r+")) {
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
  }
}

std::string last_words(Error error) {
  const auto end = error.message.find('\n');
  auto more = end == std::string::npos ? std::string() : error.message.substr(end);
  if (more.size() > 1'000) {
    more.resize(1'000);
    more.resize(std::min(more.size(), find_invalid_utf8(more)));
    more += "…";
  }
  error.message = one_line(error.message.substr(0, end), 400) + more;
  return describe_error(error, Palette(false));
}

Result<int> run_and_report(const Workbench& bench,
                           const std::function<Result<RunReport>(const Site&, const Catalog&)>& work) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  STRATA_TRY(auto ledger, bench.ledger(config, Ledger::Access::read_write));
  STRATA_TRY(const auto site, bench.site(config, ledger ? &*ledger : nullptr));
  const auto began = std::chrono::steady_clock::now();
  STRATA_TRY(const auto report, work(site, catalog));
  const auto elapsed = std::chrono::steady_clock::now() - began;
  return conclude(bench, report, std::chrono::duration_cast<std::chrono::milliseconds>(elapsed));
}

}  // namespace strata
