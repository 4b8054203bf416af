// A plan as a file: made with or without the database, signed, and carried out exactly or not at all.
#include "tests/support/project.h"

#include "core/base/digest.h"
#include "state/ledger.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <regex>
#include <thread>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

const std::string items = "shop/20260102000000_items";
const std::string indexed = "shop/20260103000000_index";
const std::string letters = "mail/20260104000000_letters";

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// One that is applied already, three that are pending: in a transaction, without, of another module.
void write_project(const Project& project) {
  project.migration("shop/20260101000000_effects", "CREATE TABLE effect (name text);");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.migration(items, "CREATE TABLE item (id int);\nINSERT INTO effect VALUES ('items');");
  project.migration(indexed,
                    "-- strata: no-transaction\nINSERT INTO effect VALUES ('index');\n"
                    "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  project.migration(letters, "CREATE TABLE letter (id int);\nINSERT INTO effect VALUES ('letters');");
}

void check_all_applied(const Project& project) {
  CHECK(project.ask("SELECT string_agg(name, ', ' ORDER BY name) FROM effect") == "index, items, letters");
  check_settled(project);
}

fs::path plan(const Project& project, Arguments more = {}) {
  Arguments command{"plan", "--out", "a.plan"};
  command.insert(command.end(), more.begin(), more.end());
  const auto result = project.strata(command);
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  return project.root() / "a.plan";
}

ProcessResult carry_out(const Project& project, Arguments more = {}, Environment environment = {}) {
  Arguments command{"deploy", "--plan", "a.plan"};
  command.insert(command.end(), more.begin(), more.end());
  return project.strata(command, std::move(environment));
}

void check_applies(const Project& project, Arguments more = {}) {
  const auto result = carry_out(project, std::move(more));
  INFO(told(result));
  CHECK(result.exit_code == 0);
}

// Refused with 65, for each of these reasons, and nothing of the database or its history is touched.
ProcessResult check_refused(const Project& project, const std::vector<std::string>& reasons, Arguments more = {}) {
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

void make_key(const Project& project, const std::string& name) {
  REQUIRE(
      run({"openssl", "genpkey", "-algorithm", "ed25519", "-out", name + ".pem"}, {.cwd = project.root()}).exit_code ==
      0);
  fs::permissions(project.root() / (name + ".pem"), fs::perms{0600});
  REQUIRE(run({"openssl", "pkey", "-in", name + ".pem", "-pubout", "-out", name + ".pub.pem"}, {.cwd = project.root()})
              .exit_code == 0);
}

// The blocks between "```sh" and "```".
std::vector<std::string> shell_blocks_of(const std::string& text) {
  std::vector<std::string> blocks;
  const std::regex block("```sh\n([^`]*)```");
  for (std::sregex_iterator at(text.begin(), text.end(), block), end; at != end; ++at) blocks.push_back((*at)[1]);
  return blocks;
}

}  // namespace

TEST_CASE("plan file: with and without the database it is the same bytes, each time", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  const auto first = bytes_of(plan(project));
  CHECK(bytes_of(plan(project)) == first);
  CHECK(bytes_of(plan(project, {"--offline"})) == first);
  CHECK(bytes_of(plan(project, {"--to", items})) != first);
  const auto document = nlohmann::json::parse(first);
  CHECK(ids_in(document["plan"]["steps"]) == std::vector<std::string>{items, indexed, letters});
  CHECK(document["plan"]["state"]["seq"] == 2);
  CHECK(document["plan"]["state"]["database"] == project.ask("SELECT database FROM strata.meta"));
  CHECK(document["plan"]["state"]["chain"] == project.ask("SELECT encode(chain, 'hex') FROM strata.meta"));
}

TEST_CASE("plan file: planned with no database in reach, it is what a run elsewhere carries out", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  const auto url = project.url();
  project.set_url("postgresql://127.0.0.1:1/nowhere");
  const auto written = project.json({"plan", "--offline", "--out", "a.plan"});
  project.set_url(url);
  const auto text = bytes_of(project.root() / "a.plan");
  const auto line = text.substr(text.find('\n') + 1, text.find("\n,") - text.find('\n'));
  CHECK(written["file"]["digest"] == strata::hex(strata::sha256(line)));
  fs::remove_all(project.root() / ".strata");  // another machine, with a ledger of its own

  check_applies(project);
  check_all_applied(project);
  const std::string digest = written["file"]["digest"];
  CHECK(project.ask("SELECT count(*) FROM strata.run WHERE encode(plan_digest, 'hex') = '" + digest + "'") == "1");
  const auto ledger = strata::Ledger::open(project.ledger().string(), strata::Ledger::Access::read_only);
  REQUIRE(ledger);
  const auto kept = ledger->blob(strata::sha256(line));
  REQUIRE(kept);
  CHECK(*kept == line);
}

TEST_CASE("plan file: on a database without a history it makes one, and only there it fits", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration(items, "CREATE TABLE item (id int);");
  REQUIRE(plan(project).has_filename());
  CHECK(nlohmann::json::parse(bytes_of(project.root() / "a.plan"))["plan"]["state"].is_null());
  SECTION("still without") {
    check_applies(project);
    check_settled(project);
  }
  SECTION("with one in which nothing has happened yet") {
    project.migration(items, "SELECT 1 / 0;");
    REQUIRE(project.strata({"deploy"}).exit_code == 1);
    project.migration(items, "CREATE TABLE item (id int);");
    CHECK(project.ask("SELECT string_agg(kind, ' ') FROM strata.event") == "genesis");
    check_applies(project);
    check_settled(project);
  }
  SECTION("with one by now") {
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
    check_refused(project, {"the state moved", "the plan was made without a history; since then",
                            "event 2: applied " + items + " by "});
  }
}

TEST_CASE("plan file: a migration that was changed, added or taken away is told, and nothing runs", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  const auto text = bytes_of(project.root() / project.folder_of(items) / "migration.sql");
  SECTION("changed") {
    project.migration(items, text + " -- noted");
    check_refused(project, {"the migrations and the modules moved", "step 1, " + items + ", has another text: expected",
                            strata::hex(strata::sha256(text)), strata::hex(strata::sha256(text + " -- noted")),
                            "shop (modules/shop): expected 1.0.0, digest "});
    project.migration(items, text);
  }
  SECTION("added") {
    project.migration("mail/20260105000000_more", "SELECT 1;");
    check_refused(project, {"mail/20260105000000_more is new", "mail (modules/mail): expected 1.0.0, digest"});
    project.remove(project.folder_of("mail/20260105000000_more"));
  }
  SECTION("taken away") {
    project.remove(project.folder_of(items));
    check_refused(project, {"step 1, " + items + ", is gone: no module contributes it"});
    project.migration(items, text);
  }
  SECTION("an applied one is changed, so that there is no plan at all") {
    project.migration("shop/20260101000000_effects", "CREATE TABLE effect (name varchar);");
    check_refused(project, {"the migrations and the modules moved", "the statements of an applied migration"});
    project.migration("shop/20260101000000_effects", "CREATE TABLE effect (name text);");
  }
  SECTION("a module is new, another is newer") {
    project.module("extra");
    project.module("mail", "1.1.0");
    check_refused(project, {"the modules moved", "extra 1.0.0 (modules/extra) is new: digest ",
                            "mail (modules/mail): expected 1.0.0, digest ", "; found 1.1.0, digest "});
    project.remove("modules/extra");
    project.module("mail");
  }
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: one byte of a plugin is changed and it is refused, restored and it is applied", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  project.write("strata.toml", "[project]\nmodules = []\nplugins = [\"plugins\"]\n");
  const auto bytes = bytes_of(STRATA_HOSTILE_PLUGIN);
  project.write("plugins/greeting.so", bytes);
  plan(project);
  auto changed = bytes;
  changed.back() = static_cast<char>(changed.back() ^ 1);
  project.write("plugins/greeting.so", changed);
  check_refused(project, {"the modules moved", "greeting (plugins/greeting.so): expected a library with SHA-256 " +
                                                   strata::hex(strata::sha256(bytes)) + ", found " +
                                                   strata::hex(strata::sha256(changed))});
  project.write("plugins/greeting.so", bytes);
  check_applies(project);
  check_settled(project);
}

TEST_CASE("plan file: what happened to the database since is listed, event by event", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  REQUIRE(project.strata({"deploy", "--to", items}).exit_code == 0);
  const auto who = project.ask(
      "SELECT role || '@' || host || ' (' || os_user || '), run ' || id FROM strata.run "
      "ORDER BY started_at DESC LIMIT 1");
  check_refused(project, {"the migrations and the state moved", "step 1, " + items + ", has nothing to do any more",
                          "the plan was made at event 2; since then, not by this plan:",
                          "event 3: applied " + items + " by " + who});
  const auto refused = project.json({"deploy", "--plan", "a.plan"}, 65);
  CHECK(refused["outcome"] == "refused");
  CHECK(refused["stopped_by"]["code"] == "plan_moved");
  CHECK(contains(project.strata({"audit", "log"}).out, "plan_moved: a.plan does not fit any more"));
}

TEST_CASE("plan file: --dry-run says whether it fits, and what of it is left, and changes nothing", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  REQUIRE(carry_out(project, {}, {{"STRATA_TEST_KILL_AT", "committed:1"}}).signal == SIGKILL);
  const auto before = project.dump();
  const auto dry = carry_out(project, {"--dry-run"});
  INFO(told(dry));
  CHECK(dry.exit_code == 0);
  CHECK(contains(dry.out, "2 steps from 2 modules"));
  CHECK(contains(dry.out, "CREATE INDEX CONCURRENTLY item_id ON item (id);"));
  CHECK(project.dump() == before);
  check_refused(project, {"is a plan for target default"}, {"--dry-run", "--target", "prod"});
  REQUIRE(project.strata({"deploy", "--to", indexed}).exit_code == 0);
  check_refused(project, {"the state moved", ": applied " + indexed + " by "}, {"--dry-run"});
}

TEST_CASE("plan file: many events are cut short", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  for (int i = 10; i < 40; ++i)
    project.migration("more/202602010000" + std::to_string(i) + "_x", "SELECT " + std::to_string(i) + ";");
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  check_refused(project, {"event 20: applied more/", "… and ", " more\n"});
}

TEST_CASE("plan file: for another target, another database or another past it is refused in words", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  check_refused(project,
                {"a.plan is a plan for target default, and this run is for target prod",
                 "strata deploy --target default --plan a.plan"},
                {"--target", "prod"});
  const auto url = project.url();
  const auto database = project.ask("SELECT database FROM strata.meta");
  SECTION("another database without a history") {
    project.set_url(PostgresServer::shared().create_database());
    check_refused(project,
                  {"is a plan for another database", "plan: event 2 of database " + database, ", no history yet"},
                  {"--ledger", "none"});
  }
  SECTION("another database with one") {
    Project other;
    write_project(other);
    project.set_url(other.url());
    check_refused(project,
                  {"is a plan for another database", "plan: event 2 of database " + database,
                   "event 2 of database " + other.ask("SELECT database FROM strata.meta")},
                  {"--ledger", "none"});
  }
  SECTION("it has lost an event") {
    project.ask(
        "SET session_replication_role = replica; DELETE FROM strata.event WHERE seq = 2; DELETE FROM "
        "strata.migration; UPDATE strata.meta SET seq = 1, chain = (SELECT chain FROM strata.event)");
    check_refused(
        project,
        {"the state moved", "expected event 2 of database " + database + ", found event 1", "it has lost events"},
        {"--ledger", "none"});
  }
  SECTION("its last event is another") {
    project.ask(
        "SET session_replication_role = replica; UPDATE strata.event SET chain = sha256('') WHERE seq = 2; "
        "UPDATE strata.meta SET chain = sha256('')");
    check_refused(project, {"the state moved", "it has another past"}, {"--ledger", "none"});
  }
  SECTION("an event in its past is another, and more have come") {
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
    project.ask("SET session_replication_role = replica; UPDATE strata.event SET chain = sha256('') WHERE seq = 2");
    check_refused(project, {"a.plan was made at event 2; event 2 of the history in Postgres has another chain value"},
                  {"--ledger", "none"});
  }
}

TEST_CASE("plan file: after down it does not fit", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  project.down(letters, "DROP TABLE letter;");
  plan(project);
  check_applies(project);
  REQUIRE(project.strata({"down"}).exit_code == 0);
  check_refused(project, {"the state moved", ": reverted " + letters + " by "});
}

TEST_CASE("plan file: made by another version of strata, it is carried out if the steps are the same, and that is told",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  auto text = bytes_of(plan(project));
  text.replace(text.find("\"strata\":\"0.1.0\""), 16, "\"strata\":\"0.0.9\"");
  project.write("a.plan", text);
  const auto result = carry_out(project);
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "a.plan was made by strata 0.0.9, and this is 0.1.0"));
  check_all_applied(project);
}

TEST_CASE("plan file: everything of it applied by it, there is nothing to do", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  check_applies(project);
  for (const Arguments& more : {Arguments{}, {"--atomic"}, {"--ledger", "none"}}) {
    const auto again = carry_out(project, more);
    INFO(told(again));
    CHECK(again.exit_code == 0);
    CHECK(contains(again.out, "nothing to do"));
  }
  check_all_applied(project);
}

TEST_CASE("plan file: --to is part of it, and deploy stops there", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project, {"--to", items});
  check_applies(project, {"--atomic"});  // how it is done is no part of it
  CHECK(contains(carry_out(project).out, "nothing to do"));
  CHECK(project.ask("SELECT string_agg(name, ', ') FROM effect") == "items");
}

TEST_CASE("plan file: --allow-out-of-order is part of it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  project.migration("shop/20250101000000_late", "CREATE TABLE late (id int);");
  CHECK(project.strata({"plan", "--out", "a.plan"}).exit_code == 65);
  CHECK_FALSE(fs::exists(project.root() / "a.plan"));
  plan(project, {"--allow-out-of-order"});
  CHECK(contains(project.strata({"plan", "show", "a.plan"}).out, "pending, out of order"));
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: accepted changes of comments are carried out with it, once", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  project.migration("shop/20260101000000_effects", "-- noted\nCREATE TABLE effect (name text);");
  plan(project);
  CHECK(contains(project.strata({"plan", "show", "a.plan"}).out, "accepts   shop/20260101000000_effects"));
  SECTION("undisturbed") {
    check_applies(project);
  }
  SECTION("killed behind it") {
    REQUIRE(carry_out(project, {}, {{"STRATA_TEST_KILL_AT", "settled"}}).signal == SIGKILL);
    check_applies(project);
  }
  SECTION("accepted by another run meanwhile") {
    REQUIRE(project.strata({"deploy", "--to", "shop/20260101000000_effects"}).exit_code == 0);
    check_refused(project, {"the migrations and the state moved", "event 3: checksum-accepted"});
    return;
  }
  CHECK(contains(carry_out(project).out, "nothing to do"));
  check_all_applied(project);
}

TEST_CASE("plan file: killed half way, the rest of it runs, and nothing but it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  const auto where = GENERATE(as<std::string>{}, "committed:1", "started", "bare", "bare-done", "committed:2");
  INFO("killed at " << where);
  REQUIRE(carry_out(project, {}, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
  SECTION("by the next run of it") {}
  SECTION("but not once another run has done some") {
    REQUIRE(project.strata({"deploy"}).exit_code == 0);
    check_refused(project, {"the state moved", "not by this plan:", ": applied " + letters + " by "});
    return;
  }
  SECTION("but not with a migration more") {
    project.migration("mail/20260105000000_more", "SELECT 1;");
    check_refused(project, {"mail/20260105000000_more is new"});
    project.remove(project.folder_of("mail/20260105000000_more"));
  }
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: what failed and was rolled back is tried again, once the data allows it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  project.ask("CREATE TABLE letter ()");
  const auto failed = carry_out(project);
  INFO(told(failed));
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "letter"));
  project.ask("DROP TABLE letter");
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: what its run left half done may be settled, and then it goes on", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  project.migration(indexed,
                    "-- strata: no-transaction\nINSERT INTO effect VALUES ('index');\n"
                    "CREATE UNIQUE INDEX CONCURRENTLY item_id ON item (id);");
  project.migration(items,
                    "CREATE TABLE item (id int);\nINSERT INTO effect VALUES ('items');\n"
                    "INSERT INTO item VALUES (1), (1);");
  plan(project);
  const auto failed = carry_out(project);
  INFO(told(failed));
  REQUIRE(failed.exit_code == 3);
  CHECK(carry_out(project).exit_code == 3);  // it fails again, and is not refused
  project.ask("DELETE FROM item");
  SECTION("without a word") {}
  SECTION("--retry") {
    REQUIRE(project.strata({"resolve", indexed, "--retry"}).exit_code == 0);
  }
  SECTION("--rolled-back") {
    project.ask("DROP INDEX IF EXISTS item_id; DELETE FROM effect WHERE name = 'index'");
    REQUIRE(project.strata({"resolve", indexed, "--rolled-back"}).exit_code == 0);
  }
  SECTION("--applied") {
    project.ask("DROP INDEX IF EXISTS item_id; CREATE UNIQUE INDEX item_id ON item (id)");
    REQUIRE(project.strata({"resolve", indexed, "--applied"}).exit_code == 0);
  }
  check_applies(project);
  check_all_applied(project);
}

TEST_CASE("plan file: what was half done when it was made may not be settled behind its back", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  REQUIRE(project.strata({"deploy"}, {{"STRATA_TEST_KILL_AT", "bare"}}).signal == SIGKILL);
  plan(project);
  CHECK(contains(project.strata({"plan", "show", "a.plan"}).out, "continues at statement 2"));
  SECTION("settled") {
    REQUIRE(project.strata({"resolve", indexed, "--retry"}).exit_code == 0);
    check_refused(project, {"the state moved", ": resolved " + indexed + " (retry) by "});
  }
  SECTION("not settled") {
    check_applies(project);
    check_all_applied(project);
  }
}

TEST_CASE("plan file: two runners with the same one: one applies, the other has nothing to do", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  std::vector<std::unique_ptr<Process>> runners;
  for (int i = 0; i < 4; ++i)
    runners.push_back(project.start({"deploy", "--plan", "a.plan", "--ledger", i % 2 == 0 ? "one.db" : "two.db"}));
  int idle = 0;
  for (auto& runner : runners) {
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
    idle += contains(result.out, "nothing to do") ? 1 : 0;
  }
  CHECK(idle == 3);
  check_all_applied(project);
}

TEST_CASE("plan file: a broken connection is mended, and the state compared again", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  plan(project);
  const auto mark = project.root() / "paused";
  const auto runner = project.start({"deploy", "--plan", "a.plan"}, {{"STRATA_TEST_PAUSE_AT", "committed:1"},
                                                                     {"STRATA_TEST_PAUSE_FILE", mark.string()}});
  for (int i = 0; i < 2'000 && !fs::exists(mark); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(fs::exists(mark));
  Database database(project.url());
  database.ask(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'strata deploy%' AND "
      "datname = current_database()");
  SECTION("nothing happened meanwhile") {
    fs::remove(mark);
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "the connection broke"));
    check_all_applied(project);
  }
  SECTION("another run did something") {
    const auto other = project.strata({"deploy", "--ledger", "other.db", "--to", indexed});
    INFO(told(other));
    REQUIRE(other.exit_code == 0);
    fs::remove(mark);
    const auto result = runner->wait();
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "the state moved"));
    CHECK(contains(result.err, ": applied " + indexed + " by "));
    CHECK(project.ask("SELECT count(*) FROM effect WHERE name = 'letters'") == "0");
  }
}

TEST_CASE("plan file: what prisma migrate did since is told", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.remove("strata.toml");
  project.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  const std::string first = "CREATE TABLE first (id int);";
  const std::string second = "CREATE TABLE second (id int);";
  project.write("prisma/migrations/20260101000000_first/migration.sql", first);
  project.write("prisma/migrations/20260102000000_second/migration.sql", second);
  project.write("prisma/migrations/20260103000000_third/migration.sql", "CREATE TABLE third (id int);");
  const auto by_prisma = [&](const std::string& name, const std::string& sql) {
    project.ask(sql);
    project.ask("INSERT INTO _prisma_migrations VALUES (gen_random_uuid(), '" + strata::hex(strata::sha256(sql)) +
                "', clock_timestamp(), '" + name + "', NULL, NULL, clock_timestamp(), 1)");
  };
  project.ask(
      "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY, checksum VARCHAR(64) NOT NULL, finished_at "
      "TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at "
      "TIMESTAMPTZ NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)");
  by_prisma("20260101000000_first", first);
  const Arguments folder{"--migrations", "prisma/migrations"};
  plan(project, folder);
  CHECK(contains(project.strata({"plan", "show", "a.plan"}).out, "adopts    base/20260101000000_first"));
  SECTION("it did nothing") {
    SECTION("undisturbed") {}
    SECTION("killed after the adoption") {
      REQUIRE(carry_out(project, folder, {{"STRATA_TEST_KILL_AT", "adopted"}}).signal == SIGKILL);
    }
    check_applies(project, folder);
    CHECK(project.ask("SELECT count(*) FROM strata.migration") == "3");
  }
  SECTION("it applied one more") {
    by_prisma("20260102000000_second", second);
    check_refused(project,
                  {"the migrations and the state moved",
                   "base/20260102000000_second was applied by prisma migrate, which the plan does not know"},
                  folder);
  }
  SECTION("its table lost one") {
    project.ask("DELETE FROM _prisma_migrations");
    check_refused(project, {"base/20260101000000_first, which the plan takes over from prisma migrate"}, folder);
  }
}

TEST_CASE("plan file: what cannot be said beside it is refused", "[cli]") {
  const Project project("");
  project.migration(items, "CREATE TABLE item (id int);");
  for (const Arguments& line : std::vector<Arguments>{{"deploy", "--plan", "a.plan", "--to", items},
                                                      {"deploy", "--plan", "a.plan", "--allow-out-of-order"},

                                                      {"deploy", "--require-signature", "a.pub.pem"},
                                                      {"plan", "--sign", "a.pem"},
                                                      {"plan", "--offline", "show", "a.plan"},
                                                      {"plan", "show"}}) {
    const auto result = project.strata(line);
    INFO(told(result));
    CHECK(result.exit_code == 64);
  }
  const auto none = project.strata({"deploy", "--plan", "a.plan"});
  INFO(told(none));
  CHECK(none.exit_code == 65);
  CHECK(contains(none.err, "a.plan cannot be read: No such file"));
  CHECK(contains(none.err, "strata plan --out FILE writes one"));
  const auto endless = project.strata({"plan", "show", "/dev/zero"});
  CHECK(endless.exit_code == 65);
  CHECK(contains(endless.err, "larger than"));
  project.write("a.plan", "{\"plan\":\n{\"format\":1}\n,\"signatures\":[]}\n");
  const auto broken = project.strata({"plan", "show", "a.plan"});
  CHECK(broken.exit_code == 65);
  CHECK(contains(broken.err, "a.plan is no plan that strata can use: plan lacks 'kind'"));
}

TEST_CASE("plan file: it is written whole or not at all", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  const auto before = bytes_of(plan(project));
  project.write("folder/x", "");
  const auto blocked = project.strata({"plan", "--out", "folder"});
  CHECK(blocked.exit_code == 65);
  CHECK(contains(blocked.err, "folder cannot be written"));
  project.migration(items, "this is 'no SQL");
  CHECK(project.strata({"plan", "--out", "a.plan"}).exit_code == 65);
  CHECK(bytes_of(project.root() / "a.plan") == before);
  const auto target = project.strata({"plan", "--out", "b.plan", "--target", "a\nb"});
  CHECK(target.exit_code != 0);
  CHECK_FALSE(fs::exists(project.root() / "b.plan"));
}

TEST_CASE("plan file: with --require-signature only what one of the keys signed is carried out", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  make_key(project, "alice");
  make_key(project, "bob");
  const auto refused = [&](const std::string& reason, Arguments more) {
    const auto result = carry_out(project, std::move(more));
    INFO(told(result));
    CHECK(result.exit_code == 77);
    CHECK(contains(result.err, reason));
    CHECK(contains(result.err, "next: "));
    CHECK(project.ask("SELECT count(*) FROM effect") == "0");
  };
  plan(project);
  refused("a.plan is not signed", {"--require-signature", "alice.pub.pem"});
  plan(project, {"--sign", "bob.pem"});
  refused("by none of the keys", {"--require-signature", "alice.pub.pem"});

  plan(project, {"--sign", "bob.pem", "--sign", "alice.pem"});
  const auto good = bytes_of(project.root() / "a.plan");
  auto changed = good;
  changed.replace(changed.find("\"strata\":\"0.1.0\""), 16, "\"strata\":\"0.1.1\"");
  project.write("a.plan", changed);
  refused("changed after it was signed", {"--require-signature", "alice.pub.pem"});
  project.write("a.plan", good);
  const auto private_one = carry_out(project, {"--require-signature", "alice.pem"});
  CHECK(private_one.exit_code == 65);
  CHECK(contains(private_one.err, "alice.pem is a private key"));
  // The keys are alternatives; without the option nobody looks at signatures.
  make_key(project, "carol");
  check_applies(project, {"--require-signature", "carol.pub.pem", "--require-signature", "alice.pub.pem"});
  CHECK(carry_out(project).exit_code == 0);
  check_all_applied(project);
}

TEST_CASE("plan file: a key that others may read does not sign", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  make_key(project, "alice");
  const auto key = project.root() / "alice.pem";
  for (const auto mode : {0644, 0640, 0602}) {
    fs::permissions(key, static_cast<fs::perms>(mode));
    const auto result = project.strata({"plan", "--out", "a.plan", "--sign", "alice.pem"});
    INFO(told(result));
    CHECK(result.exit_code == 77);
    CHECK(contains(result.err, "alice.pem is a secret, and others than its owner may read or write it"));
    CHECK(contains(result.err, "chmod 600 alice.pem"));
  }
  fs::permissions(key, fs::perms{0400});
  plan(project, {"--sign", "alice.pem"});
  const auto missing = project.strata({"plan", "--out", "b.plan", "--sign", "nobody.pem"});
  CHECK(missing.exit_code == 65);
  CHECK(contains(missing.err, "openssl genpkey -algorithm ed25519"));
  CHECK_FALSE(fs::exists(project.root() / "b.plan"));
}

TEST_CASE("plan file: plan show needs the file alone, and says what a signature is worth", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_project(project);
  make_key(project, "alice");
  make_key(project, "bob");
  const auto written = project.json({"plan", "--out", "a.plan", "--sign", "alice.pem"});
  const std::string signer = written["file"]["signed_by"][0];
  const Project empty("");
  empty.remove("strata.toml");
  for (const auto* name : {"a.plan", "alice.pub.pem", "bob.pub.pem"})
    empty.write(name, bytes_of(project.root() / name));

  const auto shown = empty.strata({"plan", "show", "a.plan"});
  INFO(told(shown));
  CHECK(shown.exit_code == 0);
  for (const auto& part :
       {std::string("target    default"), "event 2 of database " + project.ask("SELECT database FROM strata.meta"),
        "signed by " + signer + "  not checked: --key PUB.pem", std::string("2 modules"), std::string("3 steps"),
        "2  " + indexed, std::string("no transaction"), "digest " + written["file"]["digest"].get<std::string>()})
    CHECK(contains(shown.out, part));
  const auto valid = empty.strata({"plan", "show", "a.plan", "--key", "bob.pub.pem", "--key", "alice.pub.pem"});
  CHECK(valid.exit_code == 0);
  CHECK(contains(valid.out, signer + "  valid"));
  const auto foreign = empty.strata({"plan", "show", "a.plan", "--key", "bob.pub.pem"});
  CHECK(foreign.exit_code == 77);
  CHECK(contains(foreign.out, "not checked"));
  CHECK(contains(foreign.err, "by none of the keys"));

  const auto document = empty.json({"plan", "show", "a.plan", "--key", "alice.pub.pem"});
  CHECK(document["signatures"][0]["valid"] == true);
  CHECK(document["plan"]["target"] == "default");
  CHECK(document["digest"] == written["file"]["digest"]);
  auto changed = bytes_of(empty.root() / "a.plan");
  changed.replace(changed.find("\"target\":\"default\""), 18, "\"target\":\"defaulT\"");
  empty.write("a.plan", changed);
  CHECK(empty.json({"plan", "show", "a.plan", "--key", "alice.pub.pem"}, 77)["signatures"][0]["valid"] == false);
  CHECK(contains(empty.strata({"plan", "show", "a.plan", "--key", "alice.pub.pem"}).out, "NOT VALID"));
}

TEST_CASE("plan file: every command of docs/offline.md works, in the order in which it stands there", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.write("strata.toml", "[project]\nname = \"test\"\n[target.prod]\nurl = \"env:PROD_URL\"\n");
  project.migration(items, "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"deploy", "--target", "prod"}).exit_code == 0);
  project.migration(letters, "CREATE TABLE letter (id int);");
  const auto blocks = shell_blocks_of(bytes_of(fs::path(STRATA_SOURCE_DIR) / "docs" / "offline.md"));
  REQUIRE(blocks.size() == 5);
  std::string told_by_last;
  for (const auto& block : blocks) {
    INFO(block);
    const auto path = fs::path(STRATA_PROGRAM).parent_path().string() + ":" + std::getenv("PATH");
    const auto result =
        run({"sh", "-e", "-c", block}, {.cwd = project.root(), .env = {{"PATH", path}, {"PROD_URL", project.url()}}});
    INFO(told(result));
    CHECK(result.exit_code == 0);
    told_by_last = result.out;
  }
  CHECK(contains(told_by_last, "Signature Verified Successfully"));
  CHECK(project.ask("SELECT count(*) FROM strata.migration") == "2");
}
