// What the tests of plan files share: a project with something pending, its plan, and how it fares.
#pragma once

#include "tests/support/project.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace strata::test {

inline const std::string items = "shop/20260102000000_items";
inline const std::string indexed = "shop/20260103000000_index";
inline const std::string letters = "mail/20260104000000_letters";

// One that is applied already, three that are pending: in a transaction, without, of another module.
inline void write_project(const Project& project) {
  project.migration("shop/20260101000000_effects", "CREATE TABLE effect (name text);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration(items, "CREATE TABLE item (id int);\nINSERT INTO effect VALUES ('items');");
  project.migration(indexed,
                    "-- strata: no-transaction\nINSERT INTO effect VALUES ('index');\n"
                    "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  project.migration(letters, "CREATE TABLE letter (id int);\nINSERT INTO effect VALUES ('letters');");
}

inline void check_all_applied(const Project& project) {
  CHECK(project.ask("SELECT string_agg(name, ', ' ORDER BY name) FROM effect") == "index, items, letters");
  check_settled(project);
}

inline std::filesystem::path plan(const Project& project, Arguments more = {}) {
  Arguments command{"plan", "--out", "a.plan"};
  command.insert(command.end(), more.begin(), more.end());
  const auto result = project.strata(command);
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  return project.root() / "a.plan";
}

inline ProcessResult carry_out(const Project& project, Arguments more = {}, Environment environment = {}) {
  Arguments command{"deploy", "--plan", "a.plan"};
  command.insert(command.end(), more.begin(), more.end());
  return project.strata(command, std::move(environment));
}

inline void check_applies(const Project& project, Arguments more = {}) {
  const auto result = carry_out(project, std::move(more));
  INFO(told(result));
  CHECK(result.exit_code == 0);
}

// Refused with 65, for each of these reasons, and nothing of the database or its history is touched.
inline ProcessResult check_refused(const Project& project, const std::vector<std::string>& reasons,
                                   Arguments more = {}) {
  const auto before = project.dump();
  auto result = carry_out(project, std::move(more));
  INFO(told(result));
  CHECK(result.exit_code == 65);
  for (const auto& reason : reasons) {
    INFO(reason);
    CHECK(contains(result.err, reason));
  }
  CHECK(contains(result.err, "next: "));
  CHECK(project.dump() == before);
  return result;
}

}  // namespace strata::test
