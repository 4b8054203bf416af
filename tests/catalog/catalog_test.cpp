#include "core/catalog/catalog.h"

#include "tests/support/builders.h"

using namespace strata;
using namespace strata::test;
using Catch::Contains;

namespace {

using Ids = std::vector<std::string>;

Ids order_of(const Catalog& catalog) {
  Ids ids;
  for (const auto* migration : catalog.order()) ids.push_back(migration->id.text());
  return ids;
}

Ids order_with(const std::vector<MigrationSketch>& sketches) {
  return order_of(value_of(Catalog::build(modules_of(sketches))));
}

Error refusal_of(std::vector<Module> modules) {
  const auto error = error_of(Catalog::build(std::move(modules)));
  CHECK(error.code == ErrorCode::bad_module);
  CHECK_FALSE(error.next.empty());
  return error;
}

}  // namespace

TEST_CASE("catalog: two modules with one id are refused, naming every path", "[catalog]") {
  auto modules = std::vector{module_of("cases", "1.0.0", {}), module_of("identity", "1.0.0", {}),
                             module_of("cases", "2.0.0", {}), module_of("cases", "1.0.0", {})};
  modules[2].path = "plugins/cases.so";
  modules[3].path = "old/cases";
  const auto message = refusal_of(std::move(modules)).message;
  CHECK_THAT(message, Contains("'cases'") && Contains("\n  modules/cases") && Contains("\n  plugins/cases.so") &&
                          Contains("\n  old/cases"));
  CHECK_THAT(message, !Contains("identity"));
}

TEST_CASE("catalog: a requirement that is not there is refused", "[catalog]") {
  const auto message = refusal_of({module_of("cases", "1.0.0", {"identity >= 1.2"})}).message;
  CHECK_THAT(message, Contains("modules/cases") && Contains("identity >= 1.2") && Contains("no module 'identity'"));
}

TEST_CASE("catalog: a version that does not fit is refused with what is there and what was wanted", "[catalog]") {
  const auto message =
      refusal_of({module_of("cases", "1.0.0", {"identity >= 1.2"}), module_of("identity", "1.1.9", {})}).message;
  CHECK_THAT(message, Contains("identity >= 1.2") && Contains("1.1.9") && Contains("modules/cases") &&
                          Contains("modules/identity"));
}

TEST_CASE("catalog: a version that fits is accepted", "[catalog]") {
  CHECK(Catalog::build({module_of("cases", "1.0.0", {"identity >= 1.2"}), module_of("identity", "1.2.0", {})}));
}

TEST_CASE("catalog: modules that require each other are refused with the whole circle", "[catalog]") {
  const auto message = refusal_of({module_of("a", "1.0.0", {"b"}), module_of("b", "1.0.0", {"c"}),
                                   module_of("c", "1.0.0", {"a"}), module_of("d", "1.0.0", {"a"})})
                           .message;
  CHECK_THAT(message, Contains("a → b → c → a"));
  CHECK_THAT(message, Contains("\n  modules/a") && Contains("\n  modules/b") && Contains("\n  modules/c") &&
                          !Contains("modules/d"));
}

TEST_CASE("catalog: a module that requires itself is refused", "[catalog]") {
  CHECK_THAT(refusal_of({module_of("a", "1.0.0", {"a"})}).message, Contains("a → a"));
}

TEST_CASE("catalog: migrations that need each other are refused with the whole circle", "[catalog]") {
  const auto message = refusal_of(modules_of({{.id = "a/20260101000000_x", .needs = {"b/20260101000000_y"}},
                                              {.id = "b/20260101000000_y", .needs = {"a/20260101000000_x"}},
                                              {.id = "b/20260102000000_z"}}))
                           .message;
  CHECK_THAT(message, Contains("a/20260101000000_x → b/20260101000000_y → a/20260101000000_x"));
  CHECK_THAT(message, Contains("modules/a/20260101000000_x/migration.sql") &&
                          Contains("modules/b/20260101000000_y/migration.sql"));
  CHECK_THAT(message, !Contains("_z"));
}

TEST_CASE("catalog: a circle through the order within a module is one as well", "[catalog]") {
  const auto message = refusal_of(modules_of({{.id = "a/20260101000000_old", .needs = {"a/20260102000000_new"}},
                                              {.id = "a/20260102000000_new"}}))
                           .message;
  CHECK_THAT(message, Contains("a/20260101000000_old → a/20260102000000_new → a/20260101000000_old"));
}

TEST_CASE("catalog: a migration that needs itself is refused", "[catalog]") {
  CHECK_THAT(refusal_of(modules_of({{.id = "a/20260101000000_x", .needs = {"a/20260101000000_x"}}})).message,
             Contains("a/20260101000000_x → a/20260101000000_x"));
}

TEST_CASE("catalog: needs of a migration that is not there are refused", "[catalog]") {
  SECTION("in a module that is there") {
    const auto error = refusal_of(
        modules_of({{.id = "a/20260101000000_x", .needs = {"b/20260101000000_none"}}, {.id = "b/20260101000000_y"}}));
    CHECK_THAT(error.message,
               Contains("modules/a/20260101000000_x/migration.sql") && Contains("b/20260101000000_none"));
  }
  SECTION("in a module that is not") {
    const auto error = refusal_of(modules_of({{.id = "a/20260101000000_x", .needs = {"gone/20260101000000_y"}}}));
    CHECK_THAT(error.next, Contains("no module 'gone'"));
  }
}

TEST_CASE("catalog: a migration cannot need a repeatable, which runs after it", "[catalog]") {
  CHECK_THAT(refusal_of(modules_of({{.id = "a/20260101000000_x", .needs = {"a/view"}}, {.id = "a/view"}})).message,
             Contains("repeatable a/view"));
}

TEST_CASE("catalog: a migration comes after everything it needs", "[catalog]") {
  CHECK(order_with({{.id = "accounts/20260301000000_late"},
                    {.id = "billing/20260101000000_early", .needs = {"accounts/20260301000000_late"}}}) ==
        Ids{"accounts/20260301000000_late", "billing/20260101000000_early"});
}

TEST_CASE("catalog: a migration comes after the one before it in its module", "[catalog]") {
  // _early has to wait for _late, and with it what comes after it in its own module.
  CHECK(order_with({{.id = "a/20260101000000_early", .needs = {"b/20260301000000_late"}},
                    {.id = "a/20260102000000_next"},
                    {.id = "b/20260301000000_late"}}) ==
        Ids{"b/20260301000000_late", "a/20260101000000_early", "a/20260102000000_next"});
}

TEST_CASE("catalog: the older goes first", "[catalog]") {
  CHECK(order_with({{.id = "a/20260103000000_x"}, {.id = "b/20260101000000_x"}, {.id = "c/20260102000000_x"}}) ==
        Ids{"b/20260101000000_x", "c/20260102000000_x", "a/20260103000000_x"});
}

TEST_CASE("catalog: of the same age the module that is required goes first, then the lesser id", "[catalog]") {
  const std::vector<MigrationSketch> sketches = {
      {.id = "a/20260101000000_x"}, {.id = "b/20260101000000_x"}, {.id = "z/20260101000000_x"}};
  const auto catalog =
      value_of(Catalog::build({module_of("a", "1.0.0", {"z"}, sketches), module_of("b", "1.0.0", {"z"}, sketches),
                               module_of("z", "1.0.0", {}, sketches)}));
  CHECK(order_of(catalog) == Ids{"z/20260101000000_x", "a/20260101000000_x", "b/20260101000000_x"});
}

TEST_CASE("catalog: repeatables come after all migrations, of required modules first", "[catalog]") {
  const std::vector<MigrationSketch> sketches = {
      {.id = "a/a_view"}, {.id = "z/b_view"}, {.id = "z/z_view"}, {.id = "z/20260101000000_x"}};
  const auto catalog =
      value_of(Catalog::build({module_of("a", "1.0.0", {"z"}, sketches), module_of("z", "1.0.0", {}, sketches)}));
  CHECK(order_of(catalog) == Ids{"z/20260101000000_x", "z/b_view", "z/z_view", "a/a_view"});
}

TEST_CASE("catalog: a repeatable comes after what it needs", "[catalog]") {
  CHECK(order_with({{.id = "a/first", .needs = {"b/second", "b/20260101000000_x"}},
                    {.id = "b/20260101000000_x"},
                    {.id = "b/second"}}) == Ids{"b/20260101000000_x", "b/second", "a/first"});
}

TEST_CASE("catalog: a module's rank is one more than the highest it requires", "[catalog]") {
  const auto catalog = value_of(Catalog::build({module_of("c", "1.0.0", {"a", "b"}), module_of("b", "1.0.0", {"a"}),
                                                module_of("a", "1.0.0", {}), module_of("base", "0.0.0", {})}));
  CHECK(catalog.rank_of("base") == 0);
  CHECK(catalog.rank_of("a") == 1);
  CHECK(catalog.rank_of("b") == 2);
  CHECK(catalog.rank_of("c") == 3);
  Ids modules;
  for (const auto& module : catalog.modules()) modules.push_back(module.id);
  CHECK(modules == Ids{"base", "a", "b", "c"});
}

TEST_CASE("catalog: modules and migrations are found by id, also after it was moved", "[catalog]") {
  auto first = value_of(Catalog::build(modules_of({{.id = "a/20260101000000_x"}, {.id = "a/view"}})));
  const auto catalog = std::move(first);
  const auto* migration = catalog.find(id_of("a/20260101000000_x"));
  REQUIRE(migration != nullptr);
  CHECK(migration == catalog.order().front());
  CHECK(&catalog.module_of(*migration) == catalog.find_module("a"));
  CHECK(catalog.find(id_of("a/view")) != nullptr);
  CHECK(catalog.find(id_of("a/20260101000000_y")) == nullptr);
  CHECK(catalog.find_module("b") == nullptr);
}

TEST_CASE("catalog: no modules are an empty catalog", "[catalog]") {
  const auto catalog = value_of(Catalog::build({}));
  CHECK(catalog.order().empty());
  CHECK(catalog.modules().empty());
}
