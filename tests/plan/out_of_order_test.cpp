// A migration that turns up older than one already applied in its own module.
#include "core/plan/plan.h"

#include "tests/plan/plan_support.h"

#include <random>
#include <set>

using namespace strata;
using namespace strata::test;
using Catch::Contains;

TEST_CASE("plan: a migration older than one applied in its module is refused", "[plan]") {
  const auto catalog =
      catalog_of({{.id = "a/20260101000000_old"}, {.id = "a/20260102000000_late"}, {.id = "a/20260103000000_new"}});
  const auto applied = applied_of({{.id = "a/20260101000000_old"}, {.id = "a/20260103000000_new"}});
  const auto error = error_of(make_plan(catalog, applied, {}));
  CHECK(error.code == ErrorCode::out_of_order);
  CHECK_THAT(error.message, Contains("a/20260102000000_late is older than a/20260103000000_new") &&
                                Contains("modules/a/20260102000000_late/migration.sql"));
  CHECK_THAT(error.next, Contains("--allow-out-of-order"));
}

TEST_CASE("plan: all migrations that are out of order are listed", "[plan]") {
  const auto catalog =
      catalog_of({{.id = "a/20260101000000_x"}, {.id = "a/20260102000000_y"}, {.id = "a/20260103000000_z"}});
  const auto message = error_of(make_plan(catalog, applied_of({{.id = "a/20260103000000_z"}}), {})).message;
  CHECK_THAT(message, Contains("a/20260101000000_x is older") && Contains("a/20260102000000_y is older"));
}

TEST_CASE("plan: out of order is allowed when it is said, and the step tells", "[plan]") {
  const auto catalog =
      catalog_of({{.id = "a/20260101000000_late"}, {.id = "a/20260102000000_new"}, {.id = "a/20260103000000_next"}});
  const auto plan =
      value_of(make_plan(catalog, applied_of({{.id = "a/20260102000000_new"}}), {.allow_out_of_order = true}));
  CHECK(steps_of(plan) == std::vector<std::string>{"a/20260101000000_late", "a/20260103000000_next"});
  CHECK(plan.steps[0].out_of_order);
  CHECK_FALSE(plan.steps[1].out_of_order);
}

TEST_CASE("plan: across modules an older migration is normal", "[plan]") {
  const auto catalog = catalog_of({{.id = "a/20260101000000_x"}, {.id = "b/20260102000000_x"}});
  CHECK(steps_of(value_of(make_plan(catalog, applied_of({{.id = "b/20260102000000_x"}}), {}))) ==
        std::vector<std::string>{"a/20260101000000_x"});
}

TEST_CASE("plan: a repeatable is never out of order", "[plan]") {
  const auto catalog = catalog_of({{.id = "a/20260101000000_x"}, {.id = "a/view"}});
  CHECK(make_plan(catalog, applied_of({{.id = "a/view"}}), {}));
  CHECK(make_plan(catalog, applied_of({{.id = "a/20260101000000_x"}}), {}));
}

TEST_CASE("plan: wherever migrations turn up, the rule is the same as said plainly", "[plan]") {
  std::mt19937 random(16);
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    INFO("round " << round);
    std::vector<MigrationSketch> all;
    std::vector<MigrationSketch> applied;
    for (const char module : {'a', 'b', 'c'}) {
      for (int day = 1; day <= 6; ++day) {
        if (random() % 3 == 0) continue;
        all.push_back({.id = std::string(1, module) + "/2026010" + std::to_string(day) + "000000_x"});
        if (random() % 10 < 8 - static_cast<unsigned>(day)) applied.push_back(all.back());
      }
    }
    // Plainly: late is what is not applied while something newer of its module is.
    std::set<std::string> late;
    std::set<std::string> pending;
    for (const auto& one : all) {
      const auto same = [&](const MigrationSketch& other) { return other.id == one.id; };
      const auto newer = [&](const MigrationSketch& other) { return other.id[0] == one.id[0] && other.id > one.id; };
      if (std::any_of(applied.begin(), applied.end(), same)) continue;
      pending.insert(one.id);
      if (std::any_of(applied.begin(), applied.end(), newer)) late.insert(one.id);
    }

    const auto catalog = catalog_of(all);
    const auto plan = make_plan(catalog, applied_of(applied), {});
    CHECK(plan.has_value() == late.empty());
    if (!plan) CHECK(plan.error().code == ErrorCode::out_of_order);
    refused += !plan;

    const auto allowed = value_of(make_plan(catalog, applied_of(applied), {.allow_out_of_order = true}));
    const auto steps = steps_of(allowed);
    CHECK(std::set<std::string>(steps.begin(), steps.end()) == pending);
    for (const auto& step : allowed.steps) CHECK(step.out_of_order == (late.count(step.migration->id.text()) == 1));
  }
  // Both outcomes were tried.
  CHECK(refused > 30);
  CHECK(refused < 270);
}
