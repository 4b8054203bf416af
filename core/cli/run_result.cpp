#include "core/cli/run_result.h"

#include "core/report/json_report.h"

#include <cstdio>

namespace strata {

Result<int> run_and_report(const Workbench& bench,
                           const std::function<Result<RunReport>(const Site&, const Catalog&)>& work) {
  STRATA_TRY(const auto config, bench.config());
  STRATA_TRY(const auto catalog, bench.catalog(config));
  STRATA_TRY(auto ledger, bench.ledger(config, Ledger::Access::read_write));
  STRATA_TRY(const auto site, bench.site(config, ledger ? &*ledger : nullptr));
  const auto began = std::chrono::steady_clock::now();
  STRATA_TRY(const auto report, work(site, catalog));
  const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
  bench.print(bench.options.json ? json_of_run(report, bench.options.target)
                                 : describe_run(report, elapsed, bench.out_palette()));
  for (const auto* error : {&report.stopped_by, &report.ledger_behind}) {
    if (*error) std::fputs(describe_error(**error, bench.err_palette()).c_str(), stderr);
  }
  if (report.stopped_by) return exit_code_of(*report.stopped_by);
  return report.ledger_behind ? exit_code_of(*report.ledger_behind) : 0;
}

}  // namespace strata
