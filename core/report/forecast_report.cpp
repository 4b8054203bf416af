#include "core/report/forecast_report.h"

#include "core/base/escape.h"

#include <array>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

using json = nlohmann::ordered_json;

constexpr const char* indent = "       ";

// "2.1 M", "340 MB": two digits at least, and no more than are known.
std::string scaled(double value, double step, const std::array<const char*, 5>& units) {
  std::size_t unit = 0;
  for (; value >= step && unit + 1 < units.size(); ++unit) value /= step;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit > 0 && value < 10 ? "%.1f" : "%.0f", value);
  const std::string ending = units[unit];
  return text.data() + (ending.empty() ? "" : " " + ending);
}

std::string described_rows(std::int64_t rows) {
  return scaled(static_cast<double>(rows), 1'000, {"", "k", "M", "G", "T"}) + (rows == 1 ? " row" : " rows");
}

std::string described_bytes(std::int64_t bytes) {
  return scaled(static_cast<double>(bytes), 1'024, {"bytes", "kB", "MB", "GB", "TB"});
}

std::string verb_of(const TableImpact& impact) {
  if (impact.drops) return "drops";
  if (impact.rewrites) return "rewrites";
  if (!impact.rebuilt_indexes.empty()) {
    std::string indexes;
    for (const auto& index : impact.rebuilt_indexes) indexes += (indexes.empty() ? "" : ", ") + index;
    return "rebuilds " + indexes + " of";
  }
  if (impact.scans) return "reads all of";
  return impact.empties ? "empties" : "locks";
}

// What lets everybody go on meanwhile is not worth a line, and sequences go with their tables.
bool is_worth_saying(const TableImpact& impact) {
  const bool has_rows = impact.kind == ObjectKind::table || impact.kind == ObjectKind::materialized_view;
  return has_rows ? impact.lasts() || impact.lock >= LockMode::share
                  : impact.kind == ObjectKind::view && impact.lock >= LockMode::share;
}

std::string described_size(const TableSize& size, const PlanForecast& plan, std::int64_t now_ms) {
  std::string text = ": about ";
  if (size.rows >= 0) text += described_rows(size.rows) + ", ";
  text += described_bytes(size.heap_bytes + size.index_bytes);
  if (plan.recorded) text += " as of " + human_duration(std::chrono::milliseconds(now_ms - plan.as_of_ms)) + " ago";
  return text;
}

std::string described_lock(LockMode mode, const Palette& palette) {
  const std::string stopped = stops(mode);
  const auto name = std::string(name_of(mode));
  if (stopped.empty()) return name;
  return (mode == LockMode::access_exclusive ? palette.warn(name) : name) + " (stops " + stopped + ")";
}

// The module whose table it is; "": not known.
std::string owner_of(const TableImpact& impact, const PlanForecast& plan) {
  return owner_of(DatabaseObject{impact.kind, impact.schema, "", impact.table}, plan.owners);
}

std::string described_table(const TableForecast& table, const std::string& module, const PlanForecast& plan,
                            std::int64_t now_ms, const Palette& palette) {
  const auto& impact = table.impact;
  auto text = printable(verb_of(impact) + " " + impact.schema + "." + impact.table);
  // Who works on another team's table should know it, and so should they.
  if (const auto owner = owner_of(impact, plan); !owner.empty() && owner != module) text += " (module " + owner + ")";
  if (impact.lasts()) text = palette.strong(text);
  const bool matters = impact.lasts() || impact.drops || impact.empties;
  if (table.size && matters) text += described_size(*table.size, plan, now_ms);
  return text + "; " + described_lock(impact.lock, palette) + "; " + printable(impact.because);
}

constexpr std::chrono::milliseconds shortest_told{100};  // JSON has the others as well

// Between ten seconds and a minute tenths would say more than is known.
std::string about(std::chrono::milliseconds length) {
  const auto seconds = std::chrono::round<std::chrono::seconds>(length).count();
  return seconds >= 10 && seconds < 60 ? std::to_string(seconds) + " s" : human_duration(length);
}

std::string described_time(const TimeForecast& time, const PlanForecast& plan) {
  const auto& past = time.past;
  const auto where = past.target == plan.target ? "before" : "on " + past.target;
  std::string text = "about " + about(time.expected) + " (";
  if (time.past_bytes == 0) return text + "as " + printable(where) + ")";
  return text + about(past.elapsed) + " " + printable(where) + ", " + described_bytes(time.past_bytes) + ")";
}

json table_value(const TableForecast& table, const PlanForecast& plan) {
  const auto& impact = table.impact;
  const std::string stopped = stops(impact.lock);
  const auto owner = owner_of(impact, plan);
  const auto number = [&](std::int64_t TableSize::*member) {
    return table.size && (*table.size).*member >= 0 ? json((*table.size).*member) : json();
  };
  return {{"schema", impact.schema},
          {"name", impact.table},
          {"kind", name_of(impact.kind)},
          {"module", owner.empty() ? json() : json(owner)},
          {"lock", name_of(impact.lock)},
          {"stops", stopped.empty() ? json() : json(stopped)},
          {"scans", impact.scans},
          {"rewrites", impact.rewrites},
          {"rebuilds", impact.rebuilt_indexes},
          {"empties", impact.empties},
          {"drops", impact.drops},
          {"because", impact.because},
          {"rows", number(&TableSize::rows)},
          {"heap_bytes", number(&TableSize::heap_bytes)},
          {"index_bytes", number(&TableSize::index_bytes)}};
}

json tables_value(const std::vector<TableForecast>& tables, const PlanForecast& plan) {
  json values = json::array();
  for (const auto& table : tables) values.push_back(table_value(table, plan));
  return values;
}

json time_value(const TimeForecast& time) {
  const auto& past = time.past;
  return {{"ms", time.expected.count()},
          {"bytes", time.bytes},
          {"past",
           {{"target", past.target},
            {"id", past.id.text()},
            {"at", iso8601(past.at_ms)},
            {"ms", past.elapsed.count()},
            {"bytes", time.past_bytes}}}};
}

}  // namespace

std::string describe_forecast(const StepForecast& step, const PlanForecast& plan, std::int64_t now_ms,
                              const Palette& palette) {
  std::string text;
  const std::string module = step.step == nullptr ? "" : step.step->module->id;
  for (const auto& table : step.tables) {
    if (is_worth_saying(table.impact)) text += indent + described_table(table, module, plan, now_ms, palette) + "\n";
  }
  std::map<std::string, std::string> unknown;  // lines by what is not known
  for (const auto& statement : step.statements) {
    if (statement.unknown.empty()) continue;
    auto& lines = unknown[statement.unknown];
    lines += (lines.empty() ? "" : ", ") + std::to_string(statement.statement->line);
  }
  for (const auto& [why, lines] : unknown)
    text += indent + palette.faint("unknown: " + printable(why) + " (line " + lines + ")") + "\n";
  if (step.time && step.time->expected >= shortest_told) text += indent + described_time(*step.time, plan) + "\n";
  return text;
}

std::string json_of_forecast(const StepForecast& step, const PlanForecast& plan) {
  json statements = json::array();
  for (const auto& statement : step.statements)
    statements.push_back({{"line", statement.statement->line},
                          {"tables", tables_value(statement.tables, plan)},
                          {"unknown", statement.unknown.empty() ? json() : json(statement.unknown)}});
  const json value = {{"as_of", iso8601(plan.as_of_ms)},
                      {"recorded", plan.recorded},
                      {"tables", tables_value(step.tables, plan)},
                      {"statements", std::move(statements)},
                      {"time", step.time ? time_value(*step.time) : json()}};
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace strata
