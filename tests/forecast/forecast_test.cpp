#include "core/forecast/forecast.h"
#include "tests/forecast/lk_schema.h"
#include "tests/support/builders.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace strata::test;
using std::chrono::milliseconds;

namespace {

// A plan of migrations that have no module and no history.
struct Planned {
  explicit Planned(const std::vector<std::string>& texts) {
    for (const auto& text : texts) {
      const auto number = std::to_string(10 + migrations.size());
      migrations.push_back(migration_of({.id = "cases/202601" + number + "000000_step", .sql = text}));
    }
    for (const auto& migration : migrations)
      plan.steps.push_back({.migration = &migration, .script = value_of(read_script(migration.sql, "m.sql", false))});
  }

  std::vector<Migration> migrations;
  Plan plan;
};

const std::vector<TableSize> sizes = {{"lk", "parent", 50, 1'000, 500}, {"lk", "t", 2'100'000, 300'000, 40'000}};

std::vector<StepForecast> forecast_of(const Planned& planned, const std::vector<PastRun>& past = {}) {
  const auto inventory = lk_inventory();
  return forecast(planned.plan, {inventory, sizes, 15, "lk"}, past);
}

PastRun past_of(const Planned& planned, milliseconds elapsed, std::vector<TableSize> then, std::int64_t at_ms = 1) {
  const auto& migration = planned.migrations.front();
  return {migration.id, migration.sha256, "staging", elapsed, std::move(then), at_ms};
}

}  // namespace

TEST_CASE("forecast: impacts of several statements on a table are one, the strongest", "[forecast]") {
  const Planned planned({"COMMENT ON TABLE t IS 'x'; ALTER TABLE t ADD COLUMN x serial; CREATE INDEX ON t (a);"});
  const auto steps = forecast_of(planned);
  REQUIRE(steps.size() == 1);
  CHECK(steps[0].statements.size() == 3);
  REQUIRE(steps[0].tables.size() == 1);
  const auto& impact = steps[0].tables[0].impact;
  CHECK(impact.lock == LockMode::access_exclusive);
  CHECK(impact.rewrites);
  CHECK(impact.because == "column x takes a value from a sequence for every row");
}

TEST_CASE("forecast: a step knows what the steps before it did", "[forecast]") {
  const Planned planned({"ALTER TABLE t DROP CONSTRAINT fk_c, DROP CONSTRAINT fknv_c; DROP TABLE ul;", "DROP TABLE t;",
                         "CREATE TABLE t (id int);", "ALTER TABLE t ADD COLUMN x serial;"});
  const auto steps = forecast_of(planned);
  REQUIRE(steps.size() == 4);
  const auto& dropped = steps[1].tables[1];  // behind the sequence s_owned
  CHECK(dropped.impact.drops);
  REQUIRE(dropped.size);
  CHECK(dropped.size->rows == 2'100'000);
  CHECK(steps[2].tables.empty());
  CHECK(steps[3].tables.empty());
}

TEST_CASE("forecast: time grows with the bytes of what is rewritten", "[forecast]") {
  const Planned planned({"ALTER TABLE t ALTER big TYPE int;"});
  const auto time =
      forecast_of(planned, {past_of(planned, milliseconds(12'000), {{"lk", "t", 600'000, 90'000, 12'000}})})
          .front()
          .time;
  REQUIRE(time);
  CHECK(time->past->target == "staging");
  CHECK(time->bytes == 340'000);
  CHECK(time->past_bytes == 102'000);
  CHECK(time->expected == milliseconds(40'000));
}

TEST_CASE("forecast: time is as it was where size does not matter", "[forecast]") {
  const Planned planned({"ALTER TABLE t ADD COLUMN x int;"});
  const auto time = forecast_of(planned, {past_of(planned, milliseconds(7), {})}).front().time;
  REQUIRE(time);
  CHECK(time->expected == milliseconds(7));
  CHECK(time->past_bytes == 0);
}

TEST_CASE("forecast: the latest run of the very text is what time is told from", "[forecast]") {
  const Planned planned({"ALTER TABLE t ADD COLUMN x int;"});
  auto other = past_of(planned, milliseconds(99), {}, 9);
  other.sha256 = sha256("another text");
  const auto time =
      forecast_of(planned, {past_of(planned, milliseconds(7), {}, 2), past_of(planned, milliseconds(8), {}, 3),
                            past_of(planned, milliseconds(9), {}, 1), other})
          .front()
          .time;
  REQUIRE(time);
  CHECK(time->expected == milliseconds(8));
}

TEST_CASE("forecast: no number is made up", "[forecast]") {
  const Planned planned({"ALTER TABLE t ALTER big TYPE int;"});
  CHECK_FALSE(forecast_of(planned).front().time);
  CHECK_FALSE(forecast_of(planned, {past_of(planned, milliseconds(12), {})}).front().time);
  CHECK_FALSE(forecast_of(planned, {past_of(planned, milliseconds(12), {{"lk", "t", 0, 0, 0}})}).front().time);
  Planned resumed({"ALTER TABLE t ADD COLUMN x int; ALTER TABLE t ADD COLUMN y int;"});
  resumed.plan.steps[0].resume_at = 1;
  const auto steps = forecast_of(resumed, {past_of(resumed, milliseconds(12), {})});
  CHECK_FALSE(steps.front().time);
  CHECK(steps.front().statements.size() == 1);
}
