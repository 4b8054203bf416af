// A plan as a file: made with or without the database, and carried out where it fits, or not at all.
#include "tests/cli/plan_file_support.h"

#include "core/base/digest.h"
#include "state/ledger.h"

#include <csignal>

namespace fs = std::filesystem;
using namespace strata::test;

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
