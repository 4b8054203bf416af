// What programs read (docs/json.md): every document has "format": 1. Keys are only ever added.
#pragma once

#include "core/catalog/catalog.h"
#include "core/evidence.h"
#include "core/execute/verify.h"
#include "core/foresight.h"
#include "core/plan/plan.h"
#include "core/replay.h"
#include "core/report/fleet_report.h"
#include "core/runner.h"

#include <optional>
#include <string>
#include <vector>

namespace strata {

std::string json_of_error(const Error& error);
// What is told of a plan besides its steps; null: nothing.
struct PlanAddenda {
  const PlanFile* file = nullptr;            // that it was written to
  const PlanForecast* forecast = nullptr;    // of its steps
  const PlanRehearsal* rehearsal = nullptr;  // how they ran where nothing can be lost
};
std::string json_of_plan(const Plan& plan, const AppliedView& view, const std::string& target,
                         const PlanAddenda& addenda = {});
// With what its signatures are worth by these keys.
std::string json_of_plan_file(const PlanFile& file, const std::vector<PublicKey>& keys);
std::string json_of_status(const Catalog& catalog, const std::vector<MigrationStatus>& all, const AppliedView& view,
                           const std::string& target);
std::string json_of_run(const RunReport& report, const std::string& target);
// A run that was refused before it began.
std::string json_of_refusal(const Error& error, const std::string& target);
// What either of them wrote, but for the chains of its heads. nullopt: it is no such text.
std::optional<RunReport> read_run(const std::string& json);
std::string json_of_fleet(const FleetReport& report);
std::string json_of_script(const Script& script, const std::string& file);
std::string json_of_modules(const Catalog& catalog);
std::string json_of_module(const Module& module);
std::string json_of_events(const std::vector<LedgerEvent>& events);
std::string json_line_of_event(const LedgerEvent& event);  // an object of `events`, on one line
std::string json_of_verify(const VerifyReport& report, const std::string& target);
// `note`: the checkpoint as it was written.
std::string json_of_checkpoint(const Checkpoint& checkpoint, const std::string& note);
// `digest`: of the pack's SHA256SUMS.
std::string json_of_export(const Evidence& evidence, const std::string& folder, const Digest& digest);
std::string json_of_wait(const std::string& found);
std::string json_of_pull(const PullReport& report, const std::string& target);

}  // namespace strata
