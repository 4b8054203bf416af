#include "core/report/forecast_report.h"
#include "tests/support/builders.h"

#include <catch2/catch.hpp>

using namespace strata;
using std::chrono::milliseconds;

namespace {

constexpr std::int64_t hour_ms = 3'600'000;

TableForecast rewritten() {
  return {{.schema = "cases",
           .table = "case",
           .lock = LockMode::access_exclusive,
           .scans = true,
           .rewrites = true,
           .because = "column id from integer to bigint"},
          TableSize{"cases", "case", 2'100'000, 300'000'000, 56'000'000}};
}

}  // namespace

TEST_CASE("forecast report: a rewritten table is told with its size, its lock and the time", "[report]") {
  const PastRun past{.target = "staging", .elapsed = milliseconds(12'000)};
  StepForecast step{.tables = {rewritten()}};
  step.time = TimeForecast{milliseconds(40'000), past, 356'000'000, 106'800'000};
  const PlanForecast plan{.target = "prod", .as_of_ms = 0, .recorded = true};
  CHECK(describe_forecast(step, plan, 3 * hour_ms, Palette(false)) ==
        "       rewrites cases.case: about 2.1 M rows, 340 MB as of 3 h 0 min ago; ACCESS EXCLUSIVE (stops reads and "
        "writes); "
        "column id from integer to bigint\n"
        "       about 40 s (12 s on staging, 102 MB)\n");
}

TEST_CASE("forecast report: of another module's table it is said whose it is", "[report]") {
  PlanForecast plan{.target = "prod"};
  plan.owners["cases.case"] = "cases";
  StepForecast step{.tables = {rewritten()}};
  const Module cases{.id = "cases"};
  const Module billing{.id = "billing"};
  Step own{.module = &cases};
  Step foreign{.module = &billing};
  step.step = &foreign;
  CHECK(describe_forecast(step, plan, 0, Palette(false)).find("rewrites cases.case (module cases): ") !=
        std::string::npos);
  step.step = &own;
  CHECK(describe_forecast(step, plan, 0, Palette(false)).find("rewrites cases.case: ") != std::string::npos);
}

TEST_CASE("forecast report: what nobody notices has no line", "[report]") {
  const PlanForecast plan{.target = "prod"};
  CHECK(describe_forecast({}, plan, 0, Palette(false)).empty());
  StepForecast step;
  step.tables.push_back({{.schema = "cases", .table = "case", .lock = LockMode::share_update_exclusive}, std::nullopt});
  step.tables.push_back(
      {{.schema = "cases", .table = "case_id_seq", .kind = ObjectKind::sequence, .lock = LockMode::access_exclusive},
       std::nullopt});
  CHECK(describe_forecast(step, plan, 0, Palette(false)).empty());
}

TEST_CASE("forecast report: what is not known is told once, with the lines that it is in", "[report]") {
  const PlanForecast plan{.target = "prod"};
  Statement first, second;
  first.line = 3;
  second.line = 9;
  StepForecast step;
  step.statements = {{&first, {}, "DO: the server decides"}, {&second, {}, "DO: the server decides"}};
  CHECK(describe_forecast(step, plan, 0, Palette(false)) == "       unknown: DO: the server decides (line 3, 9)\n");
}

TEST_CASE("forecast report: JSON has every lock, and null for what is not known", "[report]") {
  const PlanForecast plan{.target = "prod", .as_of_ms = 0};
  StepForecast step{.tables = {rewritten()}};
  step.tables.front().size = std::nullopt;
  CHECK(
      json_of_forecast(step, plan) ==
      R"({"as_of":"1970-01-01T00:00:00.000Z","recorded":false,"tables":[{"schema":"cases","name":"case",)"
      R"("kind":"table","module":null,"lock":"ACCESS EXCLUSIVE","stops":"reads and writes","scans":true,"rewrites":true,)"
      R"("rebuilds":[],"empties":false,"drops":false,"because":"column id from integer to bigint","rows":null,)"
      R"("heap_bytes":null,"index_bytes":null}],"statements":[],"time":null})");
}
