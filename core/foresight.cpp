#include "core/foresight.h"

#include "core/execute/database_snapshot.h"
#include "core/postgres/read_inventory.h"
#include "core/postgres/server_version.h"

#include <algorithm>
#include <map>
#include <set>

namespace strata {

namespace {

std::string target_of(const Ledger& ledger, const std::string& database) {
  for (const auto& target : ledger.targets()) {
    if (target.database == database) return target.name;
  }
  return database;
}

// The snapshots of one database, in order.
Result<std::vector<LedgerEvent>> snapshots_of(const Ledger& ledger, const std::string& database) {
  STRATA_TRY(auto events, ledger.events(database));
  std::erase_if(events, [](const LedgerEvent& item) { return item.event.kind != EventKind::snapshot; });
  return events;
}

// What the snapshots around the event say of it: sizes before, how long it took after.
Result<std::optional<PastRun>> past_run(const Ledger& ledger, const LedgerEvent& applied,
                                        const std::vector<LedgerEvent>& snapshots) {
  const auto after = std::find_if(snapshots.begin(), snapshots.end(),
                                  [&](const auto& item) { return item.event.postgres_seq >= applied.postgres_seq; });
  const auto id = parse_migration_id(applied.event.subject);
  if (!id || after == snapshots.end()) return std::nullopt;
  STRATA_TRY(const auto measured, read_measurements(ledger, after->event));
  const auto duration = measured.durations_ms.find(applied.event.subject);
  if (duration == measured.durations_ms.end()) return std::nullopt;
  PastRun run{.id = *id, .elapsed = std::chrono::milliseconds(duration->second), .at_ms = applied.event.at_ms};
  run.sha256 = applied.event.sha256.value_or(Digest{});
  run.target = target_of(ledger, applied.event.database);
  if (after == snapshots.begin()) return run;
  STRATA_TRY(auto before, read_measurements(ledger, std::prev(after)->event));
  run.sizes = std::move(before.tables);
  return run;
}

}  // namespace

std::optional<PlanForecast> forecast_now(const Site& site, const Plan& plan) {
  if (plan.steps.empty()) return std::nullopt;
  const auto made = [&]() -> Result<PlanForecast> {
    PlanForecast live{.target = site.target, .as_of_ms = site.clock.now_ms()};
    STRATA_TRY(auto session, PgSession::connect(site.address, {.application_name = "strata plan"}));
    STRATA_TRY(const auto contents, read_contents(session, site.config.history_schema));
    std::vector<PastRun> past;
    if (site.ledger != nullptr) {
      STRATA_TRY(past, past_runs(*site.ledger, plan));
      STRATA_TRY(auto measured, newest_measurements(*site.ledger, site.target));
      if (measured) live.owners = std::move(measured->owners);
    }
    const auto major = session.facts().server_version / 10'000;
    live.steps = forecast(plan, {contents.inventory, contents.sizes, major, site.address.schema}, past);
    return live;
  }();
  if (made) return *made;
  site.say("what the plan locks and rewrites is not told: " + made.error().message);
  return std::nullopt;
}

Result<std::optional<PlanForecast>> forecast_recorded(const Ledger& ledger, const std::string& target, const Plan& plan,
                                                      const std::string& schema) {
  const auto known = ledger.target(target);
  if (plan.steps.empty() || !known) return std::nullopt;
  STRATA_TRY(const auto contents, newest_snapshot(ledger, known->database));
  if (!contents) return std::nullopt;
  PlanForecast made{.target = target, .as_of_ms = contents->at_ms, .recorded = true};
  STRATA_TRY(const auto past, past_runs(ledger, plan));
  const auto& measured = contents->measured;
  made.owners = measured.owners;
  made.steps = forecast(plan, {contents->inventory, measured.tables, major_in(measured.server_version), schema}, past);
  return made;
}

Result<std::vector<PastRun>> past_runs(const Ledger& ledger, const Plan& plan) {
  std::vector<std::string> ids;
  std::set<Digest> texts;
  for (const auto& step : plan.steps) {
    ids.push_back(step.migration->id.text());
    texts.insert(step.migration->sha256);
  }
  STRATA_TRY(const auto applied, ledger.applied_as(ids));
  std::map<std::string, std::vector<LedgerEvent>> snapshots;
  std::vector<PastRun> runs;
  for (const auto& item : applied) {
    const auto& database = item.event.database;
    if (!item.event.sha256 || texts.count(*item.event.sha256) == 0) continue;
    if (snapshots.count(database) == 0) {
      STRATA_TRY(snapshots[database], snapshots_of(ledger, database));
    }
    STRATA_TRY(auto run, past_run(ledger, item, snapshots[database]));
    if (run) runs.push_back(std::move(*run));
  }
  return runs;
}

}  // namespace strata
