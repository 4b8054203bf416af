#include "core/forecast/forecast.h"

#include <algorithm>
#include <map>

namespace strata {

namespace {

std::optional<TableSize> size_of(const std::vector<TableSize>& sizes, const std::string& schema,
                                 const std::string& name) {
  const auto found = std::find_if(sizes.begin(), sizes.end(),
                                  [&](const TableSize& size) { return size.schema == schema && size.name == name; });
  return found == sizes.end() ? std::nullopt : std::optional(*found);
}

void merge(TableImpact& into, const TableImpact& other) {
  const bool is_worse =
      std::tie(other.rewrites, other.scans, other.lock) > std::tie(into.rewrites, into.scans, into.lock);
  if (is_worse) into.because = other.because;
  into.lock = std::max(into.lock, other.lock);
  into.scans |= other.scans;
  into.rewrites |= other.rewrites;
  into.empties |= other.empties;
  into.drops |= other.drops;
  for (const auto& index : other.rebuilt_indexes) {
    if (std::find(into.rebuilt_indexes.begin(), into.rebuilt_indexes.end(), index) == into.rebuilt_indexes.end())
      into.rebuilt_indexes.push_back(index);
  }
  if (into.rewrites) into.rebuilt_indexes.clear();
}

std::vector<TableForecast> strongest_of(const std::vector<StatementForecast>& statements) {
  std::map<std::pair<std::string, std::string>, TableForecast> merged;
  for (const auto& statement : statements) {
    for (const auto& table : statement.tables) {
      const auto [found, is_first] = merged.try_emplace({table.impact.schema, table.impact.table}, table);
      if (!is_first) merge(found->second.impact, table.impact);
    }
  }
  std::vector<TableForecast> tables;
  for (auto& [name, table] : merged) tables.push_back(std::move(table));
  return tables;
}

// Bytes that the step reads or writes because it takes whole tables; null where a size is not known.
std::optional<std::int64_t> bytes_of(const std::vector<TableForecast>& tables, const std::vector<TableSize>& sizes) {
  std::int64_t bytes = 0;
  for (const auto& [impact, ignored] : tables) {
    if (!impact.lasts()) continue;
    const auto size = size_of(sizes, impact.schema, impact.table);
    if (!size) return std::nullopt;
    bytes += size->heap_bytes + (impact.rewrites || !impact.rebuilt_indexes.empty() ? size->index_bytes : 0);
  }
  return bytes;
}

std::optional<TimeForecast> time_of(const StepForecast& step, const ForecastTarget& target,
                                    const std::vector<PastRun>& past) {
  // A step that goes on has a part of its time behind it, nobody knows how much.
  if (step.step->resume_at > 0) return std::nullopt;
  const PastRun* latest = nullptr;
  for (const auto& run : past) {
    const bool is_same = run.sha256 == step.step->migration->sha256;
    if (is_same && (latest == nullptr || run.at_ms > latest->at_ms)) latest = &run;
  }
  if (latest == nullptr) return std::nullopt;
  TimeForecast time{.expected = latest->elapsed, .past = latest};
  const bool lasts =
      std::any_of(step.tables.begin(), step.tables.end(), [](const auto& table) { return table.impact.lasts(); });
  if (!lasts) return time;
  const auto bytes = bytes_of(step.tables, target.sizes);
  const auto past_bytes = bytes_of(step.tables, latest->sizes);
  if (!bytes || !past_bytes || (*past_bytes == 0 && *bytes > 0)) return std::nullopt;
  if (*past_bytes == 0) return time;
  time.bytes = *bytes;
  time.past_bytes = *past_bytes;
  const auto factor = static_cast<double>(*bytes) / static_cast<double>(*past_bytes);
  time.expected =
      std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(latest->elapsed.count()) * factor));
  return time;
}

StatementForecast forecast_statement(const Statement& statement, World& world, const ForecastTarget& target) {
  auto impact = impact_of(statement, world, target.server_major);
  StatementForecast forecast{.statement = &statement, .unknown = std::move(impact.unknown)};
  for (auto& table : impact.tables) {
    auto size = size_of(target.sizes, table.schema, table.table);
    forecast.tables.push_back({std::move(table), std::move(size)});
  }
  return forecast;
}

}  // namespace

std::vector<StepForecast> forecast(const Plan& plan, const ForecastTarget& target, const std::vector<PastRun>& past) {
  World world(target.inventory, target.schema);
  std::vector<StepForecast> steps;
  for (const auto& step : plan.steps) {
    world.begin_migration();
    StepForecast forecast{.step = &step};
    const auto& statements = step.script.statements;
    for (auto i = std::min(step.resume_at, statements.size()); i < statements.size(); ++i)
      forecast.statements.push_back(forecast_statement(statements[i], world, target));
    forecast.tables = strongest_of(forecast.statements);
    forecast.time = time_of(forecast, target, past);
    steps.push_back(std::move(forecast));
  }
  return steps;
}

}  // namespace strata
