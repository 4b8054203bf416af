#include "core/plan/plan.h"

#include "tests/plan/plan_support.h"

#include <set>

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

const std::string a1 = "a/20260101000000_one";
const std::string a2 = "a/20260102000000_two";
const std::string view = "a/view";

MigrationStatus status_of_one(const MigrationSketch& sketch, const Applied& applied) {
  const auto all = status_of(catalog_of({sketch}), applied);
  REQUIRE(all.size() == 1);
  return all[0];
}

}  // namespace

TEST_CASE("status: all of the catalog in its order, then what is unknown", "[plan]") {
  const auto all = status_of(catalog_of({{.id = a1}, {.id = a2}, {.id = view}}),
                             applied_of({{.id = a1}, {.id = "gone/20260101000000_x"}}));
  std::vector<std::pair<std::string, StatusOfMigration>> told;
  for (const auto& one : all) told.emplace_back(one.id.text(), one.status);
  CHECK(told ==
        std::vector<std::pair<std::string, StatusOfMigration>>{{a1, StatusOfMigration::applied},
                                                               {a2, StatusOfMigration::pending},
                                                               {view, StatusOfMigration::pending},
                                                               {"gone/20260101000000_x", StatusOfMigration::unknown}});
  CHECK(all[2].kind == MigrationKind::repeatable);
}

TEST_CASE("status: a changed text is an answer and no failure", "[plan]") {
  const auto changed = status_of_one({.id = a1, .sql = "select 2;"}, applied_of({{.id = a1, .sql = "select 1;"}}));
  CHECK(changed.status == StatusOfMigration::changed);
  CHECK_FALSE(changed.detail.empty());
  CHECK(status_of_one({.id = a1, .sql = "select 'open"}, applied_of({{.id = a1}})).status ==
        StatusOfMigration::changed);
}

TEST_CASE("status: a change of comments only is applied, and told", "[plan]") {
  const auto status =
      status_of_one({.id = a1, .sql = "select 1; -- noted"}, applied_of({{.id = a1, .sql = "select 1;"}}));
  CHECK(status.status == StatusOfMigration::applied);
  CHECK_THAT(status.detail, Contains("comments"));
}

TEST_CASE("status: a repeatable whose text has changed is pending", "[plan]") {
  const auto status = status_of_one({.id = view, .sql = "select 2;"}, applied_of({{.id = view, .sql = "select 1;"}}));
  CHECK(status.status == StatusOfMigration::pending);
  CHECK_THAT(status.detail, Contains("changed"));
}

TEST_CASE("status: what stopped half way has failed, and says where", "[plan]") {
  const auto state = GENERATE(MigrationState::running, MigrationState::failed, MigrationState::in_doubt);
  const MigrationSketch sketch{.id = a1, .sql = "vacuum t; vacuum u; vacuum v;", .no_transaction = true};
  const auto status = status_of_one(sketch, stopped_after(2, state, sketch));
  CHECK(status.status == StatusOfMigration::failed);
  CHECK_THAT(status.detail, Contains(name_of(state)) && Contains("2 of 3"));
}

TEST_CASE("status: every answer has a name of its own", "[plan]") {
  std::set<std::string> names;
  for (const auto status : {StatusOfMigration::applied, StatusOfMigration::pending, StatusOfMigration::failed,
                            StatusOfMigration::changed, StatusOfMigration::unknown}) {
    names.insert(name_of(status));
  }
  CHECK(names.size() == 5);
}

TEST_CASE("status: the plan runs what is told to be pending", "[plan]") {
  const auto catalog = catalog_of({{.id = a1}, {.id = a2}, {.id = view, .sql = "select 2;"}});
  const auto applied = applied_of({{.id = a1}, {.id = view, .sql = "select 1;"}});
  std::vector<std::string> pending;
  for (const auto& one : status_of(catalog, applied)) {
    if (one.status == StatusOfMigration::pending) pending.push_back(one.id.text());
  }
  CHECK(pending == steps_of(value_of(make_plan(catalog, applied, {}))));
}
