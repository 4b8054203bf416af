// Undoing: down.sql, newest first, what refuses to be undone, and up again.
#include "tests/support/project.h"

#include <csignal>

using namespace strata::test;

namespace {

void write_three(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.down("shop/20260101000000_items", "DROP TABLE item;");
  project.migration("mail/20260102000000_letters",
                    "-- strata: needs shop/20260101000000_items\nCREATE TABLE letter (id int);");
  project.down("mail/20260102000000_letters", "DROP TABLE letter;");
  project.migration("shop/20260103000000_orders", "CREATE TABLE shop_order (id int);");
  project.down("shop/20260103000000_orders", "DROP TABLE shop_order;");
}

}  // namespace

TEST_CASE("down: undoes the newest first across modules, records it, and deploy applies it again", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_three(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto schema = project.dump(false);

  const auto undone = project.json({"down", "--steps", "2"});
  CHECK(undone["outcome"] == "reverted");
  CHECK(ids_in(undone["applied"]) ==
        std::vector<std::string>{"shop/20260103000000_orders", "mail/20260102000000_letters"});
  CHECK(project.ask("SELECT id FROM strata.migration") == "shop/20260101000000_items");
  CHECK(project.ask("SELECT string_agg(kind, ' ' ORDER BY seq) FROM strata.event") ==
        "genesis applied applied applied reverted reverted");
  const auto verified = project.strata({"audit", "verify"});
  INFO(told(verified));
  CHECK(verified.exit_code == 0);

  CHECK(project.json({"deploy"})["applied"].size() == 2);
  CHECK(project.dump(false) == schema);
  check_settled(project);
}

TEST_CASE("down: --to names the migration that stays", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_three(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(project.json({"down", "--to", "shop/20260101000000_items"})["applied"].size() == 2);
  CHECK(project.json({"down", "--to", "shop/20260101000000_items"})["outcome"] == "nothing undone");
  const auto unknown = project.strata({"down", "--to", "shop/20260103000000_orders"});
  CHECK(unknown.exit_code == 65);
  CHECK(contains(unknown.err, "shop/20260103000000_orders is not applied"));
  CHECK(project.strata({"down", "--to", "shop/20260101000000_items", "--steps", "1"}).exit_code == 64);
}

TEST_CASE("down: what has no down.sql is refused, and nothing is undone", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_three(project);
  project.remove(project.folder_of("mail/20260102000000_letters") / "down.sql");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto before = project.dump();
  const auto refused = project.strata({"down", "--steps", "2"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "mail/20260102000000_letters has no down.sql"));
  CHECK(project.dump() == before);
}

TEST_CASE("down: what something applied still needs is refused", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("mail/20260102000000_letters", "CREATE TABLE letter (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260103000000_late", "CREATE TABLE late (id int);");
  project.down("shop/20260103000000_late", "DROP TABLE late;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  // A need that is written down afterwards is a comment like any other: it is accepted, and counts.
  project.migration("mail/20260102000000_letters",
                    "-- strata: needs shop/20260103000000_late\nCREATE TABLE letter (id int);");

  const auto refused = project.strata({"down"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "shop/20260103000000_late is needed by mail/20260102000000_letters"));
  CHECK(project.ask("SELECT to_regclass('late') IS NOT NULL") == "t");
}

TEST_CASE("down: an error in down.sql rolls back that one, keeps those before it, and exits 1", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_three(project);
  project.down("mail/20260102000000_letters", "DROP TABLE letter;\nDROP TABLE letters;\n");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto failed = project.strata({"down", "--steps", "3"});
  INFO(told(failed));
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "modules/mail/migrations/20260102000000_letters/down.sql:2:"));
  CHECK(project.ask("SELECT to_regclass('letter') IS NOT NULL, to_regclass('shop_order') IS NULL") == "t|t");
  heal(project);
}

TEST_CASE("down: a repeatable runs again after it, since what it made may be gone", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.down("shop/20260101000000_items", "DROP TABLE item CASCADE;");
  project.repeatable("shop/items", "CREATE OR REPLACE VIEW items AS SELECT id FROM item;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  REQUIRE(project.strata({"down"}).exit_code == 0);
  CHECK(ids_in(project.json({"plan"})["steps"]) == std::vector<std::string>{"shop/20260101000000_items", "shop/items"});
  CHECK(ids_in(project.json({"plan", "--offline"})["steps"]).size() == 2);
  heal(project);
  CHECK(project.ask("SELECT count(*) FROM pg_views WHERE viewname = 'items'") == "1");
}

TEST_CASE("down: without a transaction, ended half way, the migration is in doubt until a person says what is left",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  project.down("shop/20260102000000_index",
               "-- strata: no-transaction\nDROP INDEX CONCURRENTLY item_id;\nDROP TABLE no_such_table;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const bool killed = GENERATE(false, true);
  INFO((killed ? "killed" : "refused"));
  const auto ended = project.strata({"down"}, killed ? Environment{{"STRATA_TEST_KILL_AT", "undo"}} : Environment{});
  INFO(told(ended));
  CHECK((killed ? ended.signal == SIGKILL : ended.exit_code == 3));
  const auto id = std::string("shop/20260102000000_index");
  if (!killed) CHECK(contains(ended.err, "strata resolve " + id + " --rolled-back"));

  const auto refused = project.strata({"deploy"});
  CHECK(refused.exit_code == 3);
  CHECK(contains(refused.err, "its down.sql was begun without a transaction"));
  CHECK(contains(project.strata({"status"}).out, "in-doubt"));
  REQUIRE(project.strata({"resolve", id, killed ? "--applied" : "--rolled-back"}).exit_code == 0);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(project.ask("SELECT count(*) FROM pg_index WHERE indrelid = 'item'::regclass AND indisvalid") == "1");
  check_settled(project);
}

TEST_CASE("down: one that fails says what is still applied and how to go on", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.down("shop/20260101000000_items", "DROP TABLE itme;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto result = project.strata({"down"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  CHECK(contains(result.err, "then run strata down again: the migration is still applied"));
}

TEST_CASE("down: undoes nothing where rows and events contradict each other", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  for (const std::string name : {"20260101000000_a", "20260102000000_b"}) {
    project.migration("shop/" + name, "CREATE TABLE " + name.substr(15) + " (id int);");
    project.down("shop/" + name, "DROP TABLE " + name.substr(15) + ";");
  }
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto refused = [&](const std::string& sql, int exit_code, const std::string& because) {
    project.ask("CREATE TABLE kept AS TABLE strata.migration; " + sql);
    const auto result = project.strata({"down"});
    INFO(sql << "\n" << told(result));
    CHECK(result.exit_code == exit_code);
    CHECK(contains(result.err, because));
    CHECK(project.ask("SELECT to_regclass('a') IS NOT NULL AND to_regclass('b') IS NOT NULL") == "t");
    project.ask("DELETE FROM strata.migration; INSERT INTO strata.migration SELECT * FROM kept; DROP TABLE kept");
  };
  refused("DELETE FROM strata.migration WHERE name LIKE '%_b'", 3, "shop/20260102000000_b");
  refused("DELETE FROM strata.migration", 3, "contradicts itself");
  refused(
      "UPDATE strata.migration SET id = 'shop/20260103000000_c', name = '20260103000000_c', position = 9 WHERE name "
      "LIKE '%_b'; "
      "INSERT INTO strata.migration SELECT * FROM kept WHERE name LIKE '%_b'",
      65, "shop/20260103000000_c");
  CHECK(project.strata({"down"}).exit_code == 0);
}
