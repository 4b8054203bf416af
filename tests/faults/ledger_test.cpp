// The ledger is lost, damaged, or another database's; or the database has lost what the ledger knows.
#include "tests/support/project.h"

#include <sqlite3.h>

#include <fstream>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

void write_two(const Project& project) {
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);\nINSERT INTO item VALUES (1);");
  project.migration("shop/20260102000000_more", "INSERT INTO item VALUES (2);");
}

// The bytes of one event's encoding, as they lie in the file.
std::string body_of(const Project& project, int seq) {
  sqlite3* database = nullptr;
  sqlite3_stmt* statement = nullptr;
  REQUIRE(sqlite3_open_v2(project.ledger().c_str(), &database, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_prepare_v2(database, ("SELECT body FROM events WHERE seq = " + std::to_string(seq)).c_str(), -1,
                             &statement, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_step(statement) == SQLITE_ROW);
  std::string body(static_cast<const char*>(sqlite3_column_blob(statement, 0)),
                   static_cast<std::size_t>(sqlite3_column_bytes(statement, 0)));
  sqlite3_finalize(statement);
  sqlite3_close(database);
  return body;
}

// Puts what `dump` says into the database in the place of what is there.
void restore(const Project& project, const std::string& dump) {
  project.ask("DROP SCHEMA strata CASCADE; DROP TABLE item");
  const auto result = run({"psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", project.url()}, {.input = dump});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
}

}  // namespace

TEST_CASE("ledger: deleted, there is no plan offline; deploy makes it again from Postgres and applies nothing twice",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  fs::remove(project.ledger());

  const auto offline = project.strata({"plan", "--offline"});
  INFO(told(offline));
  CHECK(offline.exit_code == 65);
  CHECK(contains(offline.err, "no ledger"));

  const auto healed = heal(project);
  INFO(told(healed));
  CHECK(contains(healed.err, "the ledger knew nothing of this database"));
  CHECK(contains(healed.err, "rebuilt from Postgres"));
  CHECK(contains(healed.out, "nothing to do"));
  CHECK(project.ask("SELECT count(*) FROM item") == "2");
  CHECK(project.json({"plan", "--offline"})["steps"].empty());
}

TEST_CASE("ledger: one flipped byte of an event is found before anything runs, and the event is named", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration("shop/20260103000000_never", "INSERT INTO item VALUES (3);");
  const auto before = project.dump();
  const auto whole = bytes_of(project.ledger());
  const auto events = project.json({"audit", "log"})["events"].size();
  for (int seq = 1; seq <= static_cast<int>(events); ++seq) {
    const auto body = body_of(project, seq);
    const auto at = whole.find(body);
    REQUIRE(at != std::string::npos);
    auto damaged = whole;
    damaged[at + body.size() / 2] = static_cast<char>(damaged[at + body.size() / 2] ^ 0x10);
    std::ofstream(project.ledger(), std::ios::binary) << damaged;

    for (const Arguments& command : std::vector<Arguments>{{"deploy"}, {"plan", "--offline"}, {"audit", "verify"}}) {
      const auto result = project.strata(command);
      INFO("event " << seq << ": " << told(result));
      CHECK(result.exit_code == 65);
      CHECK(contains(result.out + result.err, "event " + std::to_string(seq)));
    }
    std::ofstream(project.ledger(), std::ios::binary) << whole;
  }
  CHECK(project.dump() == before);

  fs::remove(project.ledger());
  heal(project);
}

TEST_CASE("ledger: of another database it is refused, with both identities, and nothing is touched", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto first = project.url();
  const auto second = PostgresServer::shared().create_database();
  const auto name_in = [](const std::string& url) {
    return url.substr(url.find("///") + 3, url.find('?') - url.find("///") - 3);
  };

  project.set_url(second);
  for (const Arguments& command : std::vector<Arguments>{{"deploy"}, {"plan"}, {"audit", "pull"}}) {
    const auto result = project.strata(command);
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "database '" + name_in(first) + "'"));
    CHECK(contains(result.err, "database '" + name_in(second) + "'"));
  }
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");

  // Dropped and made again it has the same name, and is another one.
  project.set_url(first);
  ask(second, "DROP DATABASE " + name_in(first) + " WITH (FORCE)");
  ask(second, "CREATE DATABASE " + name_in(first));
  const auto again = project.strata({"deploy"});
  INFO(told(again));
  CHECK(again.exit_code == 65);
  CHECK(contains(again.err, "belongs to another database"));
  CHECK(contains(again.err, "strata audit pull --replace"));
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");

  REQUIRE(project.strata({"audit", "pull", "--replace"}).exit_code == 0);
  heal(project);
  CHECK(project.ask("SELECT count(*) FROM item") == "2");
}

TEST_CASE("ledger: of a database of which this one is a copy it is refused", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto dump = project.dump();
  const auto copy = PostgresServer::shared().create_database();
  REQUIRE(run({"psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", copy}, {.input = dump}).exit_code == 0);
  project.set_url(copy);
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.err, "of which this one is a copy"));
}

TEST_CASE("ledger: a database restored from before what the ledger knows needs a person, and nothing is applied again",
          "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const auto backup = project.dump();
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  restore(project, backup);

  const auto before = project.dump();
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "the database lost 1 event"));
  CHECK(contains(result.err, "shop/20260102000000_more (applied, event 3)"));
  CHECK(project.dump() == before);
  CHECK(project.strata({"plan"}).exit_code == 3);
  CHECK(project.strata({"audit", "verify"}).exit_code == 65);

  // It was meant: the ledger begins anew, and what was lost is applied.
  REQUIRE(project.strata({"audit", "pull", "--replace"}).exit_code == 0);
  heal(project);
  CHECK(project.ask("SELECT count(*) FROM item") == "2");
}

TEST_CASE("ledger: a database whose history is gone needs a person as well", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask("DROP SCHEMA strata CASCADE");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 3);
  CHECK(contains(result.err, "the database lost 3 events"));
  CHECK(contains(result.err, "shop/20260101000000_items"));
  CHECK(contains(result.err, "shop/20260102000000_more"));
  CHECK(project.ask("SELECT count(*) FROM item") == "2");
}

TEST_CASE("ledger: a restore that went on to another history is not taken for the same", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  const auto backup = project.dump();
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  restore(project, backup);
  REQUIRE(project.strata({"deploy", "--ledger", "other.db"}).exit_code == 0);

  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.err, "event 3 has another chain value"));
  CHECK(project.strata({"audit", "verify"}).exit_code == 65);
}

TEST_CASE("ledger: unwritable, it stops the run before its first statement", "[faults]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_two(project);
  project.write("no-folder", "a file where a folder should be");
  const auto result = project.strata({"deploy", "--ledger", "no-folder/ledger.db"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
  CHECK(project.strata({"deploy", "--ledger", "none"}).exit_code == 0);
}
