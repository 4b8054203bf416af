// From an empty folder to a database that is where it should be, and what deploy says on the way.
#include "tests/support/project.h"

#include <sys/stat.h>

#include <fstream>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

// Two modules and a base, four migrations, in the order in which they have to run.
void write_shop(const Project& project) {
  project.migration("base/20260101000000_schemas", "CREATE SCHEMA shop; CREATE SCHEMA mail;");
  project.migration("shop/20260102000000_items", "CREATE TABLE shop.item (id int PRIMARY KEY, name text);");
  project.migration("shop/20260104000000_prices", "ALTER TABLE shop.item ADD price numeric;");
  project.migration("mail/20260103000000_letters",
                    "-- strata: needs shop/20260104000000_prices\n"
                    "CREATE TABLE mail.letter (item int REFERENCES shop.item);");
}

const std::vector<std::string> shop_order{"base/20260101000000_schemas", "shop/20260102000000_items",
                                          "shop/20260104000000_prices", "mail/20260103000000_letters"};

}  // namespace

TEST_CASE("deploy: init, deploy, migration new, plan, deploy, down and status are one story", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.remove("strata.toml");
  const auto made = project.strata({"init", "--module", "orders"});
  INFO(told(made));
  REQUIRE(made.exit_code == 0);
  CHECK(fs::exists(project.root() / "strata.toml"));
  CHECK(contains(made.out, "next: strata deploy"));

  const auto first = project.json({"deploy"});
  CHECK(first["outcome"] == "applied");
  REQUIRE(first["applied"].size() == 1);
  CHECK(project.ask("SELECT count(*) FROM orders.item") == "0");

  const auto created = project.json({"migration", "new", "add_price", "--module", "orders"});
  REQUIRE(created["created"].size() == 1);
  const auto file = created["created"][0].get<std::string>();
  CHECK(contains(file, "_add_price/migration.sql"));
  std::ofstream(project.root() / file, std::ios::app) << "ALTER TABLE orders.item ADD price numeric;\n";

  const auto plan = project.json({"plan"});
  REQUIRE(plan["steps"].size() == 1);
  CHECK(plan["steps"][0]["statements"][0]["kind"] == "ALTER TABLE");
  CHECK(project.json({"deploy"})["applied"].size() == 1);
  CHECK(project.ask("SELECT price FROM orders.item") == "");

  std::ofstream(fs::path(project.root() / file).parent_path() / "down.sql") << "ALTER TABLE orders.item DROP price;\n";
  CHECK(project.json({"down"})["outcome"] == "reverted");
  CHECK(
      project.ask(
          "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'orders' AND column_name = 'price'") ==
      "0");
  const auto status = project.json({"status"});
  CHECK(status["modules"].back()["pending"] == 1);
  CHECK(status["modules"].back()["applied"] == 1);
  heal(project);
}

TEST_CASE("deploy: what strata makes follows the user's umask, but nobody else may write it, and the ledger is private",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const auto before = umask(0);
  Project project;
  project.remove("strata.toml");
  const auto made = project.strata({"init", "--module", "orders"});
  const auto deployed = project.strata({"deploy"});
  umask(before);
  REQUIRE(made.exit_code == 0);
  REQUIRE(deployed.exit_code == 0);
  const auto mode_of = [&](const fs::path& path) { return fs::status(project.root() / path).permissions(); };
  CHECK(mode_of("strata.toml") == fs::perms(0644));
  CHECK(mode_of("modules/orders") == fs::perms(0755));
  CHECK(mode_of(".strata") == fs::perms(0755));
  CHECK(mode_of(".strata/ledger.db") == fs::perms(0600));
}

TEST_CASE("deploy: a migration without statements is mentioned, and applied", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_nothing", "-- to be written\n");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "base/20260101000000_nothing has no statements"));
  CHECK(project.ask("SELECT state FROM strata.migration") == "applied");
}

TEST_CASE("deploy: init writes nothing where a file is in its way", "[cli]") {
  Project project("");
  const auto refused = project.strata({"init"});
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "strata.toml exists already; nothing was written"));
  CHECK_FALSE(fs::exists(project.root() / "modules"));
}

TEST_CASE("deploy: modules' migrations run in one order, each once, and the second run has nothing to do", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  const auto first = project.json({"deploy"});
  CHECK(ids_in(first["applied"]) == shop_order);
  const auto before = project.dump(false);

  const auto second = project.strata({"deploy"});
  INFO(told(second));
  CHECK(second.exit_code == 0);
  CHECK(contains(second.out, "nothing to do: everything is applied"));
  CHECK(project.dump(false) == before);
  CHECK(project.ask("SELECT string_agg(outcome, ',' ORDER BY started_at) FROM strata.run") == "applied,nothing to do");
  check_settled(project);
}

TEST_CASE("deploy: the history says who, with what, in which order", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  CHECK(project.ask("SELECT id FROM strata.migration ORDER BY position") ==
        shop_order[0] + "\n" + shop_order[1] + "\n" + shop_order[2] + "\n" + shop_order[3]);
  CHECK(project.ask("SELECT count(*) FROM strata.migration WHERE state = 'applied' AND finished_at IS NOT NULL AND "
                    "statements_done = statements_total") == "4");
  CHECK(project.ask("SELECT role, command, outcome, applied FROM strata.run") == "postgres|deploy|applied|4");
  CHECK(project.ask("SELECT count(*) FROM strata.event") == "5");
}

TEST_CASE("deploy: each run ends with the heads of both sides, also in the termination message", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_one", "CREATE TABLE one ();");
  const auto message = project.root() / "termination-log";
  const auto result = project.strata({"deploy"}, {{"STRATA_TERMINATION_LOG", message}});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  std::ifstream file(message);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK(contains(text, "applied, 1 of 1 step"));
  const auto chain = project.ask("SELECT encode(chain, 'hex') FROM strata.meta");
  CHECK(contains(text, "heads: postgres 2 " + chain + ", ledger "));
  CHECK(contains(result.out, "heads: postgres 2 " + chain + ", ledger "));
}

TEST_CASE("deploy: a repeatable runs after all migrations, and again only when its text has changed", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.repeatable("shop/price_list", "CREATE OR REPLACE VIEW price_list AS SELECT id, 1 AS version FROM item;");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto first = project.json({"deploy"});
  CHECK(ids_in(first["applied"]) == std::vector<std::string>{"shop/20260101000000_items", "shop/price_list"});
  CHECK(project.json({"deploy"})["outcome"] == "nothing to do");

  project.repeatable("shop/price_list", "CREATE OR REPLACE VIEW price_list AS SELECT id, 2 AS version FROM item;");
  project.migration("shop/20260102000000_row", "INSERT INTO item VALUES (1);");
  const auto plan = project.json({"plan"});
  CHECK(plan["steps"][1]["reason"] == "repeatable, changed");
  const auto again = project.json({"deploy"});
  CHECK(ids_in(again["applied"]) == std::vector<std::string>{"shop/20260102000000_row", "shop/price_list"});
  CHECK(project.ask("SELECT version FROM price_list") == "2");
  check_settled(project);
}

TEST_CASE("deploy: changed statements of an applied migration are refused, with all their files, before anything runs",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260102000000_items", "CREATE TABLE shop.item (id bigint PRIMARY KEY, name text);");
  project.migration("shop/20260104000000_prices", "ALTER TABLE shop.item ADD price int;");
  project.migration("shop/20260105000000_new", "CREATE TABLE shop.never ();");
  const auto before = project.dump();

  const auto refused = project.strata({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "the statements of 2 applied migrations were changed"));
  CHECK(contains(refused.err, "modules/shop/migrations/20260102000000_items/migration.sql"));
  CHECK(contains(refused.err, "modules/shop/migrations/20260104000000_prices/migration.sql"));
  CHECK(contains(refused.err, "next: restore the text"));
  CHECK(project.dump() == before);
  CHECK(project.json({"status"})["modules"].back()["changed"] == 2);
  CHECK(project.json({"audit", "log"})["events"].back()["kind"] == "refused");

  write_shop(project);
  heal(project);
}

TEST_CASE("deploy: changed comments, blanks and line ends are accepted, said, and recorded", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration(
      "shop/20260102000000_items",
      "-- what is sold\r\nCREATE TABLE  shop.item\r\n  (id int PRIMARY KEY, /* as printed */ name text);\r\n");
  CHECK(project.json({"plan"})["accepted"] == nlohmann::json{"shop/20260102000000_items"});

  const auto accepted = project.strata({"deploy"});
  INFO(told(accepted));
  CHECK(accepted.exit_code == 0);
  CHECK(contains(accepted.out, "accepted  shop/20260102000000_items"));
  const auto log = project.json({"audit", "log", "--module", "shop"});
  CHECK(log["events"].back()["kind"] == "checksum-accepted");
  CHECK(project.json({"deploy"})["outcome"] == "nothing to do");
  check_settled(project);
}

TEST_CASE("deploy: what turns up behind its time in its own module is refused unless allowed, and that is recorded",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);

  // Older than what other modules have: normal.
  project.migration("news/20260101120000_create", "CREATE TABLE news ();");
  CHECK(project.json({"deploy"})["outcome"] == "applied");

  project.migration("shop/20260103000000_late", "CREATE TABLE shop.late ();");
  const auto refused = project.strata({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "shop/20260103000000_late is older than shop/20260104000000_prices, which is applied"));
  CHECK(contains(refused.err, "--allow-out-of-order"));
  CHECK(project.strata({"plan"}).exit_code == 65);

  const auto allowed = project.json({"deploy", "--allow-out-of-order"});
  CHECK(ids_in(allowed["applied"]) == std::vector<std::string>{"shop/20260103000000_late"});
  CHECK(project.json({"audit", "log", "--module", "shop"})["events"].back()["note"] == "out of order, allowed");
  heal(project);
}

TEST_CASE("deploy: --to stops after a migration, in the order of the plan", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  const auto first = project.json({"deploy", "--to", "shop/20260102000000_items"});
  CHECK(ids_in(first["applied"]) == std::vector<std::string>{shop_order[0], shop_order[1]});
  CHECK(ids_in(project.json({"plan", "--to", "shop/20260104000000_prices"})["steps"]) ==
        std::vector<std::string>{shop_order[2]});
  const auto unknown = project.strata({"deploy", "--to", "shop/20260109000000_nothing"});
  CHECK(unknown.exit_code == 65);
  CHECK(contains(unknown.err, "no module contributes shop/20260109000000_nothing"));
  CHECK(project.strata({"deploy", "--to", "shop"}).exit_code == 64);
  heal(project);
}

TEST_CASE("deploy: --atomic applies all or nothing", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  project.migration("mail/20260105000000_bad", "-- strata: needs mail/20260103000000_letters\nSELECT 1/0;");
  const auto failed = project.strata({"deploy", "--atomic"});
  INFO(told(failed));
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "division by zero"));
  CHECK(contains(failed.err, "mail/20260105000000_bad"));
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname IN ('shop', 'mail')") == "0");
  CHECK(project.ask("SELECT count(*) FROM strata.migration") == "0");

  project.migration("mail/20260105000000_bad", "-- strata: needs mail/20260103000000_letters\nSELECT 1;");
  const auto done = project.json({"deploy", "--atomic"});
  CHECK(done["applied"].size() == 5);
  CHECK(project.ask("SELECT count(DISTINCT transaction) FROM strata.migration") == "1");
  heal(project);
}

TEST_CASE("deploy: --atomic refuses a step that cannot be in the transaction and stands in its middle", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  project.migration("shop/20260103000000_more", "CREATE TABLE more ();");
  const auto refused = project.strata({"deploy", "--atomic"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(
      contains(refused.err,
               "shop/20260102000000_index cannot run in a transaction and stands between shop/20260101000000_items and "
               "shop/20260103000000_more"));
  CHECK(project.ask("SELECT count(*) FROM pg_class WHERE relname IN ('item', 'more')") == "0");

  CHECK(project.json({"deploy", "--atomic", "--to", "shop/20260102000000_index"})["applied"].size() == 2);
  heal(project);
}

TEST_CASE("deploy: --dry-run prints the SQL and changes nothing on either side", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  const auto empty = project.dump();
  const auto dry = project.strata({"deploy", "--dry-run"});
  INFO(told(dry));
  CHECK(dry.exit_code == 0);
  CHECK(contains(dry.out, "ALTER TABLE shop.item ADD price numeric;"));
  CHECK(contains(dry.out, "dry run: nothing was changed"));
  CHECK(project.dump() == empty);
  CHECK_FALSE(fs::exists(project.ledger()));

  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260105000000_more", "CREATE TABLE shop.more ();");
  const auto before = project.dump();
  const auto events = project.json({"audit", "log"})["events"].size();
  CHECK(project.strata({"deploy", "--dry-run"}).exit_code == 0);
  CHECK(project.dump() == before);
  CHECK(project.json({"audit", "log"})["events"].size() == events);
}

TEST_CASE("deploy: a module's files that are gone are refused, unless the ledger holds their text", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.remove(project.folder_of("mail/20260103000000_letters"));

  const auto known = project.strata({"plan"});
  INFO(told(known));
  CHECK(known.exit_code == 0);
  CHECK(contains(known.out, "unknown   mail/20260103000000_letters"));

  const auto without = project.strata({"deploy", "--ledger", "none"});
  INFO(told(without));
  CHECK(without.exit_code == 65);
  CHECK(contains(without.err, "mail/20260103000000_letters"));
}

TEST_CASE("deploy: verify.sql belongs to the migration: when it refuses, nothing is left", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.verify("shop/20260101000000_items", "SELECT 1;\nSELECT 1 / count(*) FROM item;\n");
  const auto failed = project.strata({"deploy"});
  INFO(told(failed));
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "verify.sql refuses the result"));
  CHECK(contains(failed.err, "modules/shop/migrations/20260101000000_items/verify.sql:2:"));
  CHECK(project.ask("SELECT to_regclass('item') IS NULL") == "t");

  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int); INSERT INTO item VALUES (1);");
  heal(project);
}

TEST_CASE("deploy: without a ledger it works as well, and leaves none behind", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  CHECK(project.json({"deploy", "--ledger", "none"})["applied"].size() == 4);
  CHECK_FALSE(fs::exists(project.ledger()));
  const auto rebuilt = project.strata({"deploy"});
  INFO(told(rebuilt));
  CHECK(rebuilt.exit_code == 0);
  CHECK(contains(rebuilt.err, "rebuilt from Postgres"));
  check_settled(project);
}

TEST_CASE("deploy: COPY … TO STDOUT has nobody to read it, and ends all the same", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_item",
                    "CREATE TABLE item (id int);\nINSERT INTO item SELECT generate_series(1, 50000);");
  project.migration("base/20260102000000_out", "COPY item TO STDOUT;\nINSERT INTO item VALUES (0);");
  project.migration("base/20260103000000_bare", "-- strata: no-transaction\nCOPY (SELECT 1) TO STDOUT;\nVACUUM item;");
  project.verify("base/20260102000000_out", "COPY (SELECT 1) TO STDOUT;");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(project.ask("SELECT count(*) FROM item") == "50001");
  check_settled(project);
}

TEST_CASE("deploy: what commits on its own and then fails is in doubt, and is never tried again", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_effect", "CREATE TABLE effect (id int);\nCREATE TABLE busy (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  SECTION("an error") {
    project.migration(
        "base/20260102000000_do",
        "-- strata: no-transaction\nDO $$ BEGIN INSERT INTO effect VALUES (1); COMMIT; PERFORM 1 / 0; END $$;");
  }
  SECTION("a lock that it does not get") {
    project.migration("base/20260102000000_do",
                      "-- strata: no-transaction\n-- strata: lock-timeout 100ms\n"
                      "DO $$ BEGIN INSERT INTO effect VALUES (1); COMMIT; ALTER TABLE busy ADD x int; END $$;");
  }
  Database blocker(project.url());
  blocker.ask("BEGIN; LOCK TABLE busy");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "it commits on its own"));
  CHECK(project.strata({"deploy"}).exit_code == 3);
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
}

TEST_CASE("deploy: a DO without a transaction that commits nothing is rolled back when it fails, and runs again",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_effect", "CREATE TABLE effect (id int);");
  project.migration("base/20260102000000_do",
                    "-- strata: no-transaction\nDO $$ BEGIN INSERT INTO effect VALUES (1); PERFORM 1 / 0; END $$;");
  CHECK(project.strata({"deploy"}).exit_code == 1);
  project.migration("base/20260102000000_do",
                    "-- strata: no-transaction\nDO $$ BEGIN INSERT INTO effect VALUES (1); END $$;");
  CHECK(project.strata({"deploy"}).exit_code == 0);
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
  check_settled(project);
}

TEST_CASE("deploy: what the events say was applied is not applied again because its row is gone", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_effect", "CREATE TABLE effect (id int);");
  project.migration("base/20260102000000_one", "INSERT INTO effect VALUES (1);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask("DELETE FROM strata.migration WHERE name = '20260102000000_one'");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "base/20260102000000_one (event 3)"));
  CHECK(project.ask("SELECT count(*) FROM effect") == "1");
  SECTION("it is there") {
    CHECK(project.strata({"resolve", "base/20260102000000_one", "--applied"}).exit_code == 0);
    CHECK(contains(project.strata({"deploy"}).out, "nothing to do"));
    CHECK(project.ask("SELECT count(*) FROM effect") == "1");
  }
  SECTION("it is not") {
    project.ask("DELETE FROM effect");
    CHECK(project.strata({"resolve", "base/20260102000000_one", "--rolled-back"}).exit_code == 0);
    CHECK(project.strata({"deploy"}).exit_code == 0);
    CHECK(project.ask("SELECT count(*) FROM effect") == "1");
  }
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);
}

TEST_CASE("deploy: folders that strata.toml names must be there, and what is named strata.toml must be a file",
          "[cli]") {
  Project project("");
  project.migration("base/20260101000000_one", "SELECT 1;");
  project.write("strata.toml", "[project]\nname = \"x\"\nmodules = [\"modulse\"]\n");
  const auto typo = project.strata({"module", "list"});
  CHECK(typo.exit_code == 78);
  CHECK(contains(typo.err, "modulse"));
  project.remove("strata.toml");
  std::filesystem::create_directory(project.root() / "strata.toml");
  const auto folder = project.strata({"module", "list"});
  CHECK(folder.exit_code == 78);
  CHECK(contains(folder.err, "strata.toml is no file"));
}

TEST_CASE("deploy: a file that is changed while a run goes on changes nothing in it: what was read is what runs",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  const std::string id = "shop/20260101000000_items";
  const std::string read = "CREATE TABLE item (id int);";
  project.migration(id, read);
  const auto result = deploy_with(project, "locked", [&] { project.migration(id, "CREATE TABLE stolen (id int);"); });
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(project.ask("SELECT to_regclass('item') IS NOT NULL, to_regclass('stolen') IS NULL") == "t|t");
  CHECK(project.ask("SELECT sha256 = sha256('" + read + "') FROM strata.migration") == "t");
  CHECK(project.strata({"deploy"}).exit_code == 65);  // and the next run sees what it has become
}

TEST_CASE("deploy: a history of a newer format is refused with both formats, and nothing is touched", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask("UPDATE strata.meta SET format = 2");
  project.migration("shop/20260102000000_more", "CREATE TABLE more (id int);");
  const auto before = project.dump();
  for (const auto& command : {"deploy", "plan", "status"}) {
    const auto result = project.strata({command});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "format 2"));
    CHECK(contains(result.err, "newer strata"));
  }
  CHECK(project.dump() == before);
  CHECK(run_lock_text() == "126943972389985");  // the key that every strata takes, whatever its age: never change it
}

TEST_CASE("deploy: an older release than the database's says what it does not know, and changes nothing", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.module("shop", "1.0.0");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.module("shop", "1.1.0");
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  // With a ledger of its own each time, as a pod has one.
  const Environment pod{{"STRATA_LEDGER", "none"}};
  project.module("shop", "1.0.0");
  project.remove("modules/shop/migrations/20260102000000_prices");
  const auto older = project.strata({"deploy"}, pod);
  INFO(told(older));
  CHECK(older.exit_code == 0);
  CHECK(contains(older.out, "nothing to do"));
  CHECK(contains(older.err, "no module contributes it any more: shop/20260102000000_prices\n"));
  CHECK(project.ask("SELECT count(price) FROM item") == "0");

  // In the version that had it, it is missing.
  project.module("shop", "1.1.0");
  const auto missing = project.strata({"deploy"}, pod);
  INFO(told(missing));
  CHECK(missing.exit_code == 65);
}

TEST_CASE("deploy: what was renamed after it was applied is not run a second time", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_shop(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.remove("modules/shop/migrations/20260104000000_prices");
  project.migration("shop/20260105000000_prices", "ALTER TABLE shop.item ADD price numeric;");
  project.migration("mail/20260103000000_letters",
                    "-- strata: needs shop/20260105000000_prices\n"
                    "CREATE TABLE mail.letter (item int REFERENCES shop.item);");
  const auto renamed = project.strata({"deploy"});  // the ledger has its text
  INFO(told(renamed));
  CHECK(renamed.exit_code == 65);
  CHECK(contains(renamed.err, "shop/20260104000000_prices is applied and gone here, and shop/20260105000000_prices has its text"));
}
