#include "core/model/migration.h"

#include "core/model/applied.h"

#include <catch2/catch.hpp>

using namespace strata;

TEST_CASE("model: a module's id is a small letter and then small letters, digits and _", "[model]") {
  for (const std::string id : {"a", "cases", "case_management_2", "a__"}) CHECK(is_module_id(id));
  CHECK(is_module_id(std::string(63, 'a')));
  CHECK_FALSE(is_module_id(std::string(64, 'a')));
  for (const std::string id :
       {"", "Cases", "2cases", "_cases", "case-s", "case.s", "../x", "cäses", "cases ", "cases\n"}) {
    INFO(id);
    CHECK_FALSE(is_module_id(id));
  }
}

TEST_CASE("model: a migration's name is a time and words", "[model]") {
  const auto name = GENERATE(as<std::string>{}, "20260131093000_create_cases", "20240229235959_1", "00010101000000_a",
                             "20000229000000_x");
  CHECK(is_migration_name(name));
}

TEST_CASE("model: a migration's name that is no name is refused", "[model]") {
  const auto name =
      GENERATE(as<std::string>{}, "", "create_cases", "2026013109300_short", "202601310930000_long", "20260131093000",
               "20260131093000_", "20260131093000-create", "20260131093000_Create", "20260131093000_create cases",
               "20260131093000_créate", "20260131093000_../x", "0020260131093000", "x20260131093000_a");
  CHECK_FALSE(is_migration_name(name));
}

TEST_CASE("model: a migration's time is one that the calendar has", "[model]") {
  const auto name = GENERATE(as<std::string>{}, "20260001000000_a", "20261301000000_a", "20260100000000_a",
                             "20260132000000_a", "20260431000000_a", "20260230000000_a", "20260229000000_a",
                             "19000229000000_a", "20260131240000_a", "20260131236000_a", "20260131235960_a");
  CHECK_FALSE(is_migration_name(name));
}

TEST_CASE("model: a migration's name has at most 200 characters", "[model]") {
  CHECK(is_migration_name("20260131093000_" + std::string(185, 'a')));
  CHECK_FALSE(is_migration_name("20260131093000_" + std::string(186, 'a')));
}

TEST_CASE("model: a migration's full id is module and name", "[model]") {
  const std::string full_id = "cases/20260131093000_create";
  const auto id = parse_migration_id(full_id);
  REQUIRE(id);
  CHECK(id->module == "cases");
  CHECK(id->name == "20260131093000_create");
  CHECK(id->text() == full_id);
  for (const std::string text : {"", "cases", "/x", "cases/", "Cases/x", "cases/a/b", "../x"}) {
    INFO(text);
    CHECK_FALSE(parse_migration_id(text));
  }
}

TEST_CASE("model: ties are broken by the 14 digits, or by the name that has none", "[model]") {
  CHECK(Migration{.id = {"cases", "20260131093000_create"}}.timestamp() == "20260131093000");
  CHECK(Migration{.id = {"cases", "case_overview"}}.timestamp() == "case_overview");
}

TEST_CASE("model: the state of a migration is read back from its name", "[model]") {
  for (const auto state :
       {MigrationState::applied, MigrationState::running, MigrationState::failed, MigrationState::in_doubt}) {
    CHECK(parse_migration_state(name_of(state)) == state);
  }
  CHECK_FALSE(parse_migration_state("done"));
  CHECK_FALSE(parse_migration_state(""));
}
