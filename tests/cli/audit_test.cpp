// The two sides prove each other: whoever edits one of them is found.
#include "tests/cli/ledger_tampering.h"

#include <algorithm>

#include <functional>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

const std::string triggers_off = "SET session_replication_role = replica; ";

void write_two(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
}

// `audit verify` exits 65 and one of its findings says `what`.
void check_found(const Project& project, const std::string& what) {
  const auto result = project.strata({"audit", "verify"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.out + result.err, what));
}

}  // namespace

TEST_CASE("audit: log tells intent, truth and outcome, and verify finds both sides whole", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  std::vector<std::string> kinds;
  const auto log = project.json({"audit", "log"});
  for (const auto& event : log["events"]) kinds.push_back(event["kind"]);
  // The genesis comes from Postgres before the intent; the anchors say where Postgres stood.
  CHECK(std::count(kinds.begin(), kinds.end(), "intent") == 1);
  CHECK(std::count(kinds.begin(), kinds.end(), "applied") == 2);
  CHECK(std::count(kinds.begin(), kinds.end(), "outcome") == 1);
  CHECK(std::count(kinds.begin(), kinds.end(), "anchor") >= 1);
  const auto text = project.strata({"audit", "log"});
  CHECK(contains(text.out, "shop/20260102000000_prices"));

  const auto verified = project.json({"audit", "verify"});
  CHECK(verified["ok"] == true);
  CHECK(verified["events"]["postgres"] == 3);
  CHECK(verified["heads"]["postgres"]["chain"] == project.ask("SELECT encode(chain, 'hex') FROM strata.meta"));
  CHECK(project.strata({"audit", "verify", "--offline"}).exit_code == 0);
}

TEST_CASE("audit: Postgres refuses to change events as long as its triggers are on", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  for (const std::string sql :
       {"UPDATE strata.event SET subject = 'x'", "DELETE FROM strata.event", "TRUNCATE strata.event"}) {
    Database database(project.url());
    database.send(sql);
    CHECK(database.finish() == "42501");
  }
}

TEST_CASE("audit: an edited event in Postgres is found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  SECTION("its body") {
    project.ask(triggers_off +
                "UPDATE strata.event SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE seq = 2");
    check_found(project, "Postgres: event 2 (shop/20260101000000_items) was edited");
  }
  SECTION("its body and its leaf") {
    project.ask(triggers_off +
                "UPDATE strata.event SET body = set_byte(body, 20, get_byte(body, 20) # 1) WHERE seq = 2; " +
                triggers_off + "UPDATE strata.event SET leaf = sha256('\\x00'::bytea || body) WHERE seq = 2");
    check_found(project, "Postgres: event 2 (shop/20260101000000_items) does not follow from the one before it");
  }
  SECTION("its columns") {
    project.ask(triggers_off + "UPDATE strata.event SET subject = 'shop/20260101000000_other' WHERE seq = 2");
    check_found(project, "was edited: its columns say");
  }
}

TEST_CASE("audit: a deleted event, and a tail cut off in Postgres, are found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  SECTION("one in the middle") {
    project.ask(triggers_off + "DELETE FROM strata.event WHERE seq = 2");
    check_found(project, "Postgres: event 2 is missing");
  }
  SECTION("the last") {
    project.ask(triggers_off + "DELETE FROM strata.event WHERE seq = 3");
    check_found(project, "the head says event 3, but the last one there is 2: its tail was cut off");
  }
  SECTION("the last, and the head was put back") {
    project.ask(triggers_off +
                "DELETE FROM strata.event WHERE seq = 3; DELETE FROM strata.migration WHERE id LIKE '%prices'; "
                "UPDATE strata.meta SET seq = 2, chain = (SELECT chain FROM strata.event WHERE seq = 2)");
    check_found(project, "Postgres lacks event 3 (applied shop/20260102000000_prices)");
    const auto deploy = project.strata({"deploy"});
    INFO(told(deploy));
    CHECK(deploy.exit_code == 3);
    CHECK(contains(deploy.err, "shop/20260102000000_prices"));
  }
}

TEST_CASE("audit: an edited, deleted or invented row of the migration table is found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  SECTION("edited") {
    project.ask("UPDATE strata.migration SET sha256 = sha256('x') WHERE id LIKE '%prices'");
    check_found(project, "the row of shop/20260102000000_prices in the migration table was edited");
  }
  SECTION("any column that an event vouches for") {
    for (const auto* column : {"module_version = '9.9.9'", "module_digest = sha256('x')", "run = gen_random_uuid()",
                               "kind = 'repeatable'", "statements_total = 7", "position = 77"}) {
      project.ask("BEGIN; CREATE TABLE kept AS SELECT * FROM strata.migration; UPDATE strata.migration SET " +
                  std::string(column) + " WHERE id LIKE '%prices'; COMMIT");
      INFO(column);
      check_found(project, "the row of shop/20260102000000_prices in the migration table was edited");
      project.ask(
          "BEGIN; DELETE FROM strata.migration; INSERT INTO strata.migration SELECT * FROM kept; DROP TABLE kept; "
          "COMMIT");
    }
  }
  SECTION("its id") {
    project.ask("UPDATE strata.migration SET id = 'shop/ghost' WHERE id LIKE '%prices'");
    check_found(project,
                "the row of shop/20260102000000_prices in the migration table was edited: it has the id shop/ghost");
  }
  SECTION("deleted") {
    project.ask("DELETE FROM strata.migration WHERE id LIKE '%prices'");
    check_found(project, "the row of shop/20260102000000_prices in the migration table is gone");
  }
  SECTION("invented") {
    project.ask(
        "INSERT INTO strata.migration (id, module, name, kind, state, sha256, fingerprint, position, run, "
        "statements_total, module_version, module_digest) SELECT 'shop/20260103000000_never', module, "
        "'20260103000000_never', kind, state, sha256, fingerprint, 9, run, 1, module_version, module_digest "
        "FROM strata.migration LIMIT 1");
    check_found(project, "a row of shop/20260103000000_never (applied) that no event explains");
  }
}

TEST_CASE("audit: an edited, deleted or invented row of the run table is found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  const std::string first = "(SELECT id FROM strata.run ORDER BY started_at LIMIT 1)";
  SECTION("edited") {
    for (const auto* column : {"command = 'down'", "role = 'alice'", "os_user = 'alice'", "host = 'elsewhere'",
                               "strata_version = '9'", "plan_digest = sha256('x')"}) {
      INFO(column);
      project.ask("CREATE TABLE kept AS SELECT * FROM strata.run");
      project.ask("UPDATE strata.run SET " + std::string(column) + " WHERE id = " + first);
      check_found(project, "in the run table was edited: it has ");
      project.ask("BEGIN; DELETE FROM strata.run; INSERT INTO strata.run SELECT * FROM kept; DROP TABLE kept; COMMIT");
    }
  }
  SECTION("deleted") {
    project.ask("DELETE FROM strata.run WHERE id = " + first);
    check_found(project, "the run table has no row of run ");
  }
  SECTION("invented") {
    project.ask(
        "INSERT INTO strata.run (id, command, os_user, host, strata_version, build, modules, applied) "
        "VALUES (gen_random_uuid(), 'deploy', 'alice', 'here', '0.1.0', '{}', '{}', 2)");
    check_found(project, "claims 2 applied, but no event is of that run");
  }
}

TEST_CASE("audit: a text that this ledger saw run, and does not keep any more, is found", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  const auto sql =
      "DROP TRIGGER blobs_no_delete; DELETE FROM blobs WHERE rowid = 1; CREATE TRIGGER blobs_no_delete BEFORE DELETE "
      "ON "
      "blobs BEGIN SELECT RAISE(ABORT, 'blobs are append-only'); END;";
  REQUIRE(run({"sqlite3", project.ledger().string(), sql}).exit_code == 0);
  check_found(project, "which is not kept");
}

TEST_CASE("audit: a function, constraint or trigger of the history that is not strata's any more is named", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  const auto [sql, what] = GENERATE(table<std::string, std::string>({
      {"CREATE OR REPLACE FUNCTION strata.check_lock() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS "
       "'BEGIN END'",
       "the function check_lock, whose body was changed"},
      {"ALTER FUNCTION strata.append_event(text, uuid, text, bytea, bytea) SECURITY DEFINER",
       "the function append_event, whose language, rights or settings were changed"},
      {"ALTER FUNCTION strata.check_lock() RESET search_path", "the function check_lock, whose language, rights"},
      {"DROP FUNCTION strata.erase(text, uuid, text, bytea, bytea)", "the function erase, which is gone"},
      {"CREATE FUNCTION strata.claim() RETURNS int LANGUAGE sql AS 'SELECT 1'",
       "the function claim, which strata does not make"},
      {"ALTER TABLE strata.event DROP CONSTRAINT event_pkey",
       "the constraint PRIMARY KEY (seq) on event, which is gone"},
      {"ALTER TABLE strata.migration DROP CONSTRAINT migration_position_key",
       "the constraint UNIQUE (\"position\") on migration, which is gone"},
      {"ALTER TABLE strata.migration DROP CONSTRAINT migration_state_check", "the constraint CHECK ((state = ANY"},
      {"ALTER TABLE strata.run ADD CHECK (applied < 1000)",
       "the constraint CHECK ((applied < 1000)) on run, which strata does not make"},
      {"ALTER TABLE strata.event ALTER body DROP NOT NULL", "the constraint NOT NULL body on event, which is gone"},
      {"DROP TRIGGER append_only ON strata.event", "the trigger append_only on event, which is gone or switched off"},
      {"ALTER TABLE strata.event DISABLE TRIGGER append_only", "the trigger append_only on event, which is gone"},
  }));
  INFO(sql);
  project.ask(sql);
  check_found(project, "Postgres: not as strata makes it: " + what);
}

TEST_CASE("audit: a deleted row of the ledger is found, and deploy refuses to go on with it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  const auto log = project.json({"audit", "log"});
  const auto victim = log["events"][1]["seq"].get<int>();
  tamper_with(project, "events", "delete", "DELETE FROM events WHERE seq = " + std::to_string(victim));
  check_found(project, "event " + std::to_string(victim));
  const auto before = project.dump();
  const auto deploy = project.strata({"deploy"});
  INFO(told(deploy));
  CHECK(deploy.exit_code == 65);
  CHECK(contains(deploy.err, "strata audit pull --replace"));
  CHECK(project.dump() == before);

  const auto replaced = project.strata({"audit", "pull", "--replace"});
  INFO(told(replaced));
  CHECK(replaced.exit_code == 0);
  CHECK(contains(replaced.err, "the old ledger is kept as"));
  heal(project);
}

TEST_CASE("audit: a tail of the ledger that was cut off is found, though its chain is whole", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  const auto log = project.json({"audit", "log"});
  std::int64_t last = 0;
  for (const auto& event : log["events"]) {
    if (event.value("subject", "") == "shop/20260102000000_prices") last = event["seq"];
  }
  REQUIRE(last > 0);
  const auto cut = "DELETE FROM events WHERE seq >= " + std::to_string(last);
  SECTION("the events alone") {
    tamper_with(project, "events", "delete", cut);
    check_found(project, "the ledger lacks 1 events of Postgres, the first is event 3 (shop/20260102000000_prices)");
  }
  SECTION("with what is derived from them") {
    tamper_with(project, "events", "delete", cut);
    tamper_with_ledger(project, "DELETE FROM snapshots; UPDATE targets SET postgres_seq = 2, postgres_chain = x'" +
                                    project.ask("SELECT encode(chain, 'hex') FROM strata.event WHERE seq = 2") + "';");
    check_found(project, "the ledger lacks 1 events of Postgres, the first is event 3 (shop/20260102000000_prices)");
    const auto pulled = project.json({"audit", "pull"});
    CHECK(pulled["heads"]["postgres"]["seq"] == 3);
    check_settled(project);
  }
}

TEST_CASE("audit: an older copy of the ledger put back is found, and the next deploy fetches what it misses", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto copy = project.root() / "copy.db";
  fs::copy_file(project.ledger(), copy);
  project.migration("shop/20260102000000_prices", "ALTER TABLE item ADD price int;");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  fs::copy_file(copy, project.ledger(), fs::copy_options::overwrite_existing);

  check_found(project, "an older copy was put back, or another runner worked since");
  heal(project);
}

TEST_CASE("audit: pull makes on a fresh machine the ledger that was lost, with the texts at hand", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  project.remove(".strata");
  const auto pulled = project.json({"audit", "pull"});
  CHECK(pulled["imported"] == 2);
  check_settled(project);
  CHECK(project.json({"plan", "--offline"})["steps"].empty());
  CHECK(project.json({"audit", "pull"})["imported"] == 0);

  // The ledger's copy of the text stands in for files that are gone.
  project.remove(project.folder_of("shop/20260101000000_items"));
  CHECK(project.strata({"plan"}).exit_code == 0);
}

TEST_CASE("audit: the log is filtered by module, run, kind, time and target, and comes in lines for programs",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("mail/20260102000000_letters", "CREATE TABLE letter (id int);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto kinds = [&](Arguments options) {
    options.insert(options.begin(), {"audit", "log"});
    std::string text;
    const auto log = project.json(options);
    for (const auto& event : log.at("events")) text += event.at("kind").get<std::string>() + " ";
    return text;
  };
  const auto all = project.json({"audit", "log"});
  const auto of_mail = project.json({"audit", "log", "--module", "mail"});
  const auto last_run = of_mail.at("events").back().at("run").get<std::string>();
  CHECK(kinds({"--module", "mail"}) == "intent applied ");
  CHECK(kinds({"--kind", "applied"}) == "applied applied ");
  CHECK(kinds({"--kind", "applied", "--run", last_run.substr(0, 13)}) == "applied ");
  CHECK(kinds({"--since", "2020", "--until", "2020-12"}).empty());
  CHECK(kinds({"--since", all.at("events").front().at("at"), "--of-target"}).size() > 40);
  const auto today = all.at("events").back().at("at").get<std::string>().substr(0, 10);
  CHECK(kinds({"--until", today, "--kind", "applied"}) == "applied applied ");
  for (const auto* no_time : {"yesterday", "2026-1", "2026-11-2", "2026-11-26T0", "2026-11-26 09"}) {
    INFO(no_time);
    CHECK(project.strata({"audit", "log", "--since", no_time}).exit_code == 64);
  }
  for (const auto* time : {"2020", "2020-01", "2020-01-02", "2020-01-02T03", "2020-01-02T03:04:05.678Z"})
    CHECK(kinds({"--since", time, "--kind", "applied"}) == "applied applied ");
  CHECK(project.strata({"audit", "log", "--of-target", "--target", "prod"}).exit_code == 65);
  const auto lines = project.strata({"audit", "log", "--lines", "--kind", "applied"}).out;
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 2);
  CHECK(nlohmann::json::parse(lines.substr(0, lines.find('\n'))).at("subject") == "shop/20260101000000_items");
}
