#include "core/plan/plan.h"

#include "tests/plan/plan_support.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

using Ids = std::vector<std::string>;

const std::string a1 = "a/20260101000000_one";
const std::string a2 = "a/20260102000000_two";
const std::string b1 = "b/20260101120000_one";
const std::string view = "a/view";

const std::string three_indexes =
    "create index concurrently i on t (a);\ncreate index concurrently j on t (b);\ncreate index concurrently k on t "
    "(c);\n";

Plan plan_of(const Catalog& catalog, const Applied& applied, const PlanOptions& options = {}) {
  return value_of(make_plan(catalog, applied, options));
}
Plan plan_of(const Catalog&& catalog, const Applied& applied,
             const PlanOptions& options = {}) = delete;  // a plan borrows from its catalog

Error refusal_of(const Catalog& catalog, const Applied& applied, ErrorCode code, const PlanOptions& options = {}) {
  const auto error = error_of(make_plan(catalog, applied, options));
  CHECK(error.code == code);
  CHECK_FALSE(error.next.empty());
  return error;
}

}  // namespace

TEST_CASE("plan: what is not applied is planned, in the catalog's order", "[plan]") {
  const auto catalog = catalog_of({{.id = a1, .needs = {b1}}, {.id = a2}, {.id = b1}, {.id = view}});
  const auto plan = plan_of(catalog, {});
  CHECK(steps_of(plan) == Ids{b1, a1, a2, view});
  for (const auto& step : plan.steps) {
    CHECK(step.module->id == step.migration->id.module);
    CHECK(step.script.statements.size() == 1);
    CHECK_FALSE(step.out_of_order);
    CHECK(step.resume_at == 0);
  }
  CHECK(plan.steps[0].reason == StepReason::pending);
}

TEST_CASE("plan: what is applied is skipped, and nothing left is a success", "[plan]") {
  const auto catalog = catalog_of({{.id = a1}, {.id = a2}, {.id = b1}});
  CHECK(steps_of(plan_of(catalog, applied_of({{.id = a1}}))) == Ids{b1, a2});
  const auto plan = plan_of(catalog, applied_of({{.id = a1}, {.id = a2}, {.id = b1}}));
  CHECK(plan.steps.empty());
  CHECK(plan.accepted.empty());
  CHECK(plan.unknown.empty());
}

TEST_CASE("plan: --to is the last step", "[plan]") {
  const auto catalog = catalog_of({{.id = a1}, {.id = a2}, {.id = b1}, {.id = view}});
  CHECK(steps_of(plan_of(catalog, {}, {.to = id_of(b1)})) == Ids{a1, b1});
  CHECK(steps_of(plan_of(catalog, applied_of({{.id = a1}}), {.to = id_of(a1)})).empty());
  CHECK(steps_of(plan_of(catalog, {}, {.to = id_of(view)})) == Ids{a1, b1, a2, view});
}

TEST_CASE("plan: --to of a migration that is not there is refused by name", "[plan]") {
  const auto error = refusal_of(catalog_of({{.id = a1}}), {}, ErrorCode::unknown_migration, {.to = id_of(a2)});
  CHECK_THAT(error.message, Contains(a2));
}

TEST_CASE("plan: every applied migration whose statements were changed is listed", "[plan]") {
  const auto catalog =
      catalog_of({{.id = a1, .sql = "select 10;"}, {.id = a2, .sql = "select 2;"}, {.id = b1, .sql = "select 30;"}});
  const auto applied =
      applied_of({{.id = a1, .sql = "select 1;"}, {.id = a2, .sql = "select 2;"}, {.id = b1, .sql = "select 3;"}});
  const auto message = refusal_of(catalog, applied, ErrorCode::changed_migration).message;
  CHECK_THAT(message, Contains("2 applied migrations") && Contains(a1) && Contains(b1) && !Contains(a2));
  CHECK_THAT(message, Contains("modules/" + a1 + "/migration.sql"));
}

TEST_CASE("plan: a change of an applied migration is refused also beyond --to", "[plan]") {
  const auto catalog = catalog_of({{.id = a1}, {.id = a2, .sql = "select 20;"}});
  refusal_of(catalog, applied_of({{.id = a1}, {.id = a2, .sql = "select 2;"}}), ErrorCode::changed_migration,
             {.to = id_of(a1)});
}

TEST_CASE("plan: where comments, blanks or line ends were changed only, it is accepted and told", "[plan]") {
  const auto text = GENERATE(as<std::string>{}, "-- why\nselect 1, 'a  b';", "select\t1 ,\r\n'a  b' /* x */ ;\r\n",
                             "\xef\xbb\xbfselect 1, 'a  b';");
  const std::string before = "select 1, 'a  b';";
  const auto catalog = catalog_of({{.id = a1, .sql = text}});
  const auto plan = plan_of(catalog, applied_of({{.id = a1, .sql = before}}));
  CHECK(plan.steps.empty());
  REQUIRE(plan.accepted.size() == 1);
  CHECK(plan.accepted[0].migration->id.text() == a1);
  CHECK(plan.accepted[0].before == sha256(before));
}

TEST_CASE("plan: a blank within a literal is a change of statements", "[plan]") {
  refusal_of(catalog_of({{.id = a1, .sql = "select 'a b';"}}), applied_of({{.id = a1, .sql = "select 'a  b';"}}),
             ErrorCode::changed_migration);
}

TEST_CASE("plan: a migration in doubt needs a person, and is told with the commands that settle it", "[plan]") {
  const MigrationSketch sketch{.id = a1, .sql = "call f();\ncall g();\ncall h();\n", .no_transaction = true};
  const auto error =
      refusal_of(catalog_of({sketch}), stopped_after(1, MigrationState::in_doubt, sketch), ErrorCode::needs_person);
  CHECK(error.subject == a1);
  CHECK_THAT(error.message, Contains(a1) && Contains("statement 2 of 3"));
  CHECK_THAT(error.next, Contains("strata resolve " + a1 + " --step 2 --applied") &&
                             Contains("strata resolve " + a1 + " --retry") &&
                             Contains("strata resolve " + a1 + " --rolled-back"));
}

TEST_CASE("plan: what was begun without a transaction goes on at the statement that is not done", "[plan]") {
  const MigrationSketch sketch{.id = a1, .sql = three_indexes, .no_transaction = true};
  const auto [done, state, refused] = GENERATE(table<int, MigrationState, bool>({{0, MigrationState::running, false},
                                                                                 {1, MigrationState::running, false},
                                                                                 {2, MigrationState::failed, true},
                                                                                 {3, MigrationState::running, false}}));
  const auto catalog = catalog_of({sketch, {.id = a2}});
  const auto plan = plan_of(catalog, stopped_after(done, state, sketch));
  CHECK(steps_of(plan) == Ids{a1, a2});
  const auto& step = plan.steps[0];
  CHECK(step.reason == StepReason::continues);
  CHECK(step.resume_at == static_cast<std::size_t>(done));
  CHECK(step.refused_before == refused);
  CHECK(step.script.statements.size() == 3);
  CHECK(plan.steps[1].reason == StepReason::pending);
}

TEST_CASE("plan: of what was begun the statements to come may be changed", "[plan]") {
  const MigrationSketch before{.id = a1, .sql = three_indexes, .no_transaction = true};
  const MigrationSketch after{
      .id = a1, .sql = "-- noted\ncreate index concurrently i on t (a);\nvacuum t;\n", .no_transaction = true};
  const auto catalog = catalog_of({after});
  const auto plan = plan_of(catalog, stopped_after(1, MigrationState::failed, before));
  REQUIRE(plan.steps.size() == 1);
  CHECK(plan.steps[0].resume_at == 1);
  CHECK(plan.steps[0].script.statements.size() == 2);
}

TEST_CASE("plan: of what was begun the statements that are done must be the same", "[plan]") {
  const MigrationSketch before{.id = a1, .sql = three_indexes, .no_transaction = true};
  const auto text =
      GENERATE(as<std::string>{},
               "create index concurrently i on t (b);\ncreate index concurrently j on t (b);\n",  // another first one
               "create index concurrently i on t (a);\n");                                        // too few
  const MigrationSketch after{.id = a1, .sql = text, .no_transaction = true};
  const auto error =
      refusal_of(catalog_of({after}), stopped_after(2, MigrationState::failed, before), ErrorCode::changed_migration);
  CHECK(error.subject == a1);
  CHECK_THAT(error.message, Contains("after statement 2"));
  CHECK_THAT(error.next, Contains("strata resolve " + a1));
}

TEST_CASE("plan: a repeatable runs when it is new and when its text has changed", "[plan]") {
  const std::string before = "create or replace view v as select 1;";
  const std::string after = "create or replace view v as select 2;";
  SECTION("new") {
    const auto catalog = catalog_of({{.id = view, .sql = before}});
    const auto plan = plan_of(catalog, {});
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].reason == StepReason::repeatable_new);
    CHECK_FALSE(plan.steps[0].replaces);
  }
  SECTION("changed") {
    const auto catalog = catalog_of({{.id = view, .sql = after}});
    const auto plan = plan_of(catalog, applied_of({{.id = view, .sql = before}}));
    REQUIRE(plan.steps.size() == 1);
    CHECK(plan.steps[0].reason == StepReason::repeatable_changed);
    CHECK(plan.steps[0].replaces == sha256(before));
  }
  SECTION("unchanged") {
    const auto catalog = catalog_of({{.id = view, .sql = before}});
    CHECK(plan_of(catalog, applied_of({{.id = view, .sql = before}})).steps.empty());
  }
}

TEST_CASE("plan: what is applied and unknown to the catalog is listed", "[plan]") {
  const auto catalog = catalog_of({{.id = b1}});
  const auto plan = plan_of(catalog, applied_of({{.id = a1}, {.id = b1}, {.id = view}}));
  CHECK(plan.steps.empty());
  CHECK(texts_of(plan.unknown) == Ids{a1, view});
}

TEST_CASE("plan: a step's text that is refused refuses the plan, at its place", "[plan]") {
  const auto error = error_of(make_plan(catalog_of({{.id = a1, .sql = "select 1;\ncommit;"}}), {}, {}));
  CHECK(error.code == ErrorCode::bad_migration);
  CHECK(error.where.file == "modules/" + a1 + "/migration.sql");
  CHECK(error.where.line == 2);
}

TEST_CASE("plan: verify.sql is read with the step, and refused in its own name", "[plan]") {
  const auto with_verify = [](const std::string& sql) {
    auto module = module_of("a", "1.0.0", {}, {{.id = a1}});
    module.migrations[0].verify_sql = sql;
    std::vector<Module> modules;
    modules.push_back(std::move(module));
    return value_of(Catalog::build(std::move(modules)));
  };
  const auto catalog = with_verify("select 1; select 2;");
  CHECK(plan_of(catalog, {}).steps[0].verify.statements.size() == 2);
  CHECK(error_of(make_plan(with_verify("select 'open"), {}, {})).where.file == "modules/" + a1 + "/verify.sql");
}

TEST_CASE("plan: the digest stands for the steps and nothing else", "[plan]") {
  const auto digest_of = [](const std::vector<MigrationSketch>& sketches, const Applied& applied = {}) {
    const auto catalog = catalog_of(sketches);
    return plan_of(catalog, applied).digest;
  };
  const auto digest = digest_of({{.id = a1}, {.id = b1}});
  CHECK(digest == digest_of({{.id = b1}, {.id = a1}}));                                            // the same steps
  CHECK(digest == digest_of({{.id = a1}, {.id = b1}, {.id = view}}, applied_of({{.id = view}})));  // the rest is done
  CHECK(digest != digest_of({{.id = a1, .sql = "select 1; -- noted"}, {.id = b1}}));               // another text
  CHECK(digest != digest_of({{.id = a1}}));                                                        // one less
  CHECK(digest != digest_of({{.id = a1}, {.id = b1}, {.id = a2}}));                                // one more
  CHECK(digest != digest_of({{.id = a2}, {.id = b1}}));                                            // another id
  CHECK(digest != digest_of({{.id = a1}, {.id = b1, .needs = {a2}}, {.id = a2}}, applied_of({{.id = a1}})));
}

TEST_CASE("plan: the digest knows where a step goes on", "[plan]") {
  const MigrationSketch sketch{.id = a1, .sql = three_indexes, .no_transaction = true};
  const auto catalog = catalog_of({sketch});
  CHECK(plan_of(catalog, stopped_after(1, MigrationState::running, sketch)).digest !=
        plan_of(catalog, stopped_after(2, MigrationState::running, sketch)).digest);
}
