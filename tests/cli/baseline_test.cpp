// A database that exists already: its migrations are recorded, not run.
#include "tests/support/project.h"

#include <csignal>

using namespace strata::test;

TEST_CASE("baseline: records migrations up to one as applied without running them, never repeatables", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  project.migration("shop/20260103000000_orders", "CREATE TABLE shop_order (id int);");
  project.repeatable("shop/item_list", "CREATE OR REPLACE VIEW item_list AS SELECT id, price FROM item;");
  project.ask("CREATE TABLE item (id int, price int)");

  const auto recorded = project.json({"baseline", "--to", "shop/20260102000000_prices"});
  CHECK(ids_in(recorded["applied"]) ==
        std::vector<std::string>{"shop/20260101000000_items", "shop/20260102000000_prices"});
  const auto log = project.json({"audit", "log", "--module", "shop"});
  CHECK(log["events"].size() == 3);
  CHECK(log["events"][0]["kind"] == "intent");
  CHECK(log["events"][1]["kind"] == "adopted");
  CHECK(project.json({"baseline", "--to", "shop/20260102000000_prices"})["outcome"] == "nothing to do");

  const auto rest = project.json({"deploy"});
  CHECK(ids_in(rest["applied"]) == std::vector<std::string>{"shop/20260103000000_orders", "shop/item_list"});
  check_settled(project);

  const auto unknown = project.strata({"baseline", "--to", "shop/20260109000000_nothing"});
  CHECK(unknown.exit_code == 65);
  CHECK(contains(unknown.err, "no module contributes shop/20260109000000_nothing"));
}

TEST_CASE("baseline: killed before and after its commit, it is whole, and a second one finishes it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  for (const std::string point : {"intent", "settle", "settled", "durable", "outcome"}) {
    Project project;
    project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
    project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
    project.ask("CREATE TABLE item (id int, price int)");
    INFO("killed at " << point);
    const auto killed = project.strata({"baseline"}, {{"STRATA_TEST_KILL_AT", point}});
    CHECK(killed.signal == SIGKILL);
    const auto again = project.strata({"baseline"});
    INFO(told(again));
    CHECK(again.exit_code == 0);
    CHECK(project.ask("SELECT count(*) FROM strata.event WHERE kind = 'adopted'") == "2");
    check_settled(project);
  }
}
