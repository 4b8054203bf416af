// What a role may do, and what others may do to the history: asked before anything is run, or refused by the history.
#include "tests/support/project.h"

#include <algorithm>
#include <sstream>

using namespace strata::test;

namespace {

// A database of its own, with roles that only it knows, which go when the test ends.
class Rights {
 public:
  Rights() : name_(project.ask("SELECT current_database()")), direct_(project.url()) {
    project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
    project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  }
  Rights(const Rights&) = delete;
  Rights& operator=(const Rights&) = delete;
  ~Rights() {
    project.set_url(direct_);
    for (const auto& role : roles_) project.ask("DROP OWNED BY " + role + " CASCADE; DROP ROLE " + role);
  }

  std::string role(const std::string& what, const std::string& options = "LOGIN") {
    roles_.push_back(what + "_" + name_);
    ask(direct_, "CREATE ROLE " + roles_.back() + " " + options);
    return roles_.back();
  }
  const std::string& database() const { return name_; }
  void act_as(const std::string& role) { project.set_url(direct_.substr(0, direct_.find("&user=")) + "&user=" + role); }
  void act_as_owner() { project.set_url(direct_); }
  void as_owner(const std::string& sql) const { ask(direct_, sql); }

  Project project;

 private:
  std::string name_;
  std::string direct_;
  std::vector<std::string> roles_;
};

// The statements that a refusal tells to type.
std::vector<std::string> grants_in(const std::string& text) {
  std::vector<std::string> grants;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const auto begin = line.find("GRANT ");
    if (begin != std::string::npos) grants.push_back(line.substr(begin));
  }
  return grants;
}

}  // namespace

TEST_CASE("rights: a role that may not make the history is told what to grant, 77, and then it works", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  const auto role = rights.role("poor");
  rights.as_owner("GRANT CREATE ON SCHEMA public TO " + role);
  rights.act_as(role);
  const auto refused = rights.project.strata({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 77);
  const auto create_on_database = "GRANT CREATE ON DATABASE \"" + rights.database() + "\" TO \"" + role + "\"";
  CHECK(contains(refused.err, create_on_database));
  CHECK(contains(refused.err, "CREATE SCHEMA \"strata\" AUTHORIZATION \"" + role + "\""));
  CHECK(rights.project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
  const auto doctor = rights.project.strata({"doctor"});
  INFO(told(doctor));
  CHECK(doctor.exit_code == 77);
  CHECK(contains(doctor.out, create_on_database));

  SECTION("by the first way") {
    rights.as_owner(create_on_database);
  }
  SECTION("by the second") {
    rights.as_owner("CREATE SCHEMA strata AUTHORIZATION " + role);
  }
  heal(rights.project);
}

TEST_CASE("rights: each right to the history that is missing is asked for before anything runs, with its GRANT",
          "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  auto& project = rights.project;
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  const auto role = rights.role("other");
  rights.as_owner("GRANT CREATE ON SCHEMA public TO " + role + "; ALTER TABLE item OWNER TO " + role);
  project.migration("shop/20260103000000_more", "CREATE TABLE more (id int);");
  project.migration("shop/20260104000000_more_index", "CREATE INDEX CONCURRENTLY more_id ON more (id);");

  // With none of them it is told all of them.
  rights.act_as(role);
  const auto none = project.strata({"deploy"});
  INFO(told(none));
  CHECK(none.exit_code == 77);
  const auto grants = grants_in(none.err);
  REQUIRE(grants.size() == 11);  // the schema, four tables, six functions
  for (const auto& grant : grants) rights.as_owner(grant);

  // Each taken away again: exactly that one is asked for.
  std::vector<std::string> singles;
  for (const auto& grant : grants) {
    const auto on = grant.find(" ON ");
    std::istringstream privileges(grant.substr(6, on - 6));
    for (std::string privilege; std::getline(privileges >> std::ws, privilege, ',');)
      singles.push_back("GRANT " + privilege + grant.substr(on));
  }
  CHECK(singles.size() == 18);
  for (const auto& grant : singles) {
    auto revoke = "REVOKE" + grant.substr(5);
    revoke.replace(revoke.rfind(" TO "), 4, " FROM ");
    rights.as_owner(revoke);
    const auto refused = project.strata({"deploy"});
    INFO(revoke << "\n" << told(refused));
    CHECK(refused.exit_code == 77);
    CHECK(grants_in(refused.err) == std::vector<std::string>{grant});
    rights.as_owner(grant);
  }
  CHECK(ask(project.url(), "SELECT to_regclass('more') IS NULL") == "t");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  check_settled(project);
  // What a migration itself lacks the server says, and that is 77 as well.
  project.migration("shop/20260105000000_forbidden", "CREATE SCHEMA elsewhere;");
  const auto forbidden = project.strata({"deploy"});
  INFO(told(forbidden));
  CHECK(forbidden.exit_code == 77);
  CHECK(contains(forbidden.err, "[SQLSTATE 42501]"));
}

TEST_CASE("rights: where nothing is pending, a role that may only read the history is told what to grant, 77",
          "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  REQUIRE(rights.project.strata({"deploy"}).exit_code == 0);
  const auto role = rights.role("reader");
  rights.as_owner("GRANT USAGE ON SCHEMA strata TO " + role + "; GRANT SELECT ON ALL TABLES IN SCHEMA strata TO " +
                  role);
  rights.act_as(role);
  CHECK(rights.project.strata({"wait"}).exit_code == 0);
  const auto refused = rights.project.strata({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 77);
  const auto grants = grants_in(refused.err);
  CHECK_FALSE(grants.empty());
  for (const auto& grant : grants) rights.as_owner(grant);
  heal(rights.project);
}

TEST_CASE("rights: a superuser is worth a look for doctor, and refused where strata.toml says so", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  const auto doctor = rights.project.strata({"doctor"});
  INFO(told(doctor));
  CHECK(doctor.exit_code == 0);
  CHECK(contains(doctor.out, "postgres is a superuser"));
  rights.project.write("strata.toml", "[project]\nname = \"test\"\n[deploy]\nrefuse_superuser = true\n");
  for (const std::string command : {"deploy", "baseline", "down"}) {
    const auto refused = rights.project.strata({command});
    INFO(told(refused));
    CHECK(refused.exit_code == 77);
    CHECK(contains(refused.err, "postgres is a superuser"));
    CHECK(contains(refused.err, "refuse_superuser"));
  }
  CHECK(rights.project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
  const auto role = rights.role("plain");
  rights.as_owner("GRANT CREATE ON DATABASE " + rights.database() + " TO " + role +
                  "; GRANT CREATE ON SCHEMA public TO " + role);
  rights.act_as(role);
  heal(rights.project);
}

TEST_CASE("rights: a migration that changes the history is refused, undone, or found", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  auto& project = rights.project;
  heal(project);
  const auto before = project.ask("SELECT seq, encode(chain, 'hex') FROM strata.meta");
  for (const std::string attack :
       {"UPDATE strata.event SET kind = 'x'", "UPDATE strata.event SET kind = 'x' WHERE false",
        "DELETE FROM strata.event", "DELETE FROM strata.event WHERE false", "TRUNCATE strata.event",
        "INSERT INTO strata.event SELECT seq + 1, kind, run, subject, body, leaf, chain FROM strata.event ORDER BY seq "
        "DESC LIMIT 1",
        "UPDATE strata.meta SET seq = seq + 1", "UPDATE strata.meta SET chain = sha256('')", "DELETE FROM strata.meta",
        "SELECT strata.append_event('applied', NULL, 'shop/x', '\\x00', sha256(''))",
        "UPDATE strata.migration SET run = gen_random_uuid()", "SELECT pg_advisory_unlock_all()",
        "DROP TABLE strata.migration", "DROP SCHEMA strata CASCADE"}) {
    project.migration("shop/20260103000000_attack", "CREATE TABLE loot ();\n" + attack + ";");
    const auto result = project.strata({"deploy"});
    INFO(attack << "\n" << told(result));
    CHECK((result.exit_code == 1 || result.exit_code == 3 || result.exit_code == 65 || result.exit_code == 77));
    CHECK(project.ask("SELECT seq, encode(chain, 'hex') FROM strata.meta") == before);
    CHECK(project.ask("SELECT to_regclass('loot') IS NULL") == "t");
    CHECK(project.strata({"audit", "verify"}).exit_code == 0);
  }
  // What an owner of the tables can do all the same shows afterwards.
  struct Attack {
    const char* sql;
    const char* finding;
  };
  for (const auto& [sql, finding] :
       {Attack{"DELETE FROM strata.migration WHERE name = '20260101000000_items'", "20260101000000_items"},
        Attack{"UPDATE strata.migration SET sha256 = sha256('x') WHERE name = '20260101000000_items'",
               "20260101000000_items"},
        Attack{"ALTER TABLE strata.event DISABLE TRIGGER append_only; UPDATE strata.event SET body = body || '\\x00' "
               "WHERE "
               "seq = 2; ALTER TABLE strata.event ENABLE TRIGGER append_only",
               "event 2"}}) {
    Rights other;
    heal(other.project);
    other.project.migration("shop/20260103000000_attack", std::string(sql) + ";");
    const auto result = other.project.strata({"deploy"});
    INFO(sql << "\n" << told(result));
    CHECK(result.exit_code == 0);
    const auto verified = other.project.strata({"audit", "verify"});
    INFO(told(verified));
    CHECK(verified.exit_code == 65);
    CHECK(contains(verified.out, finding));
  }
}

TEST_CASE("rights: what somebody put on the history's tables is a finding, 65, and nothing is run", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  auto& project = rights.project;
  heal(project);
  project.ask("CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$");
  project.migration("shop/20260103000000_more", "CREATE TABLE more ();");
  struct Change {
    const char* done;
    const char* undone;
    const char* named;
  };
  for (const auto& [done, undone, named] : {
           Change{"ALTER TABLE strata.migration ENABLE ROW LEVEL SECURITY",
                  "ALTER TABLE strata.migration DISABLE ROW LEVEL SECURITY", "row security on migration"},
           Change{"ALTER TABLE strata.event FORCE ROW LEVEL SECURITY",
                  "ALTER TABLE strata.event NO FORCE ROW LEVEL SECURITY", "row security on event"},
           Change{"CREATE RULE quiet AS ON INSERT TO strata.run DO INSTEAD NOTHING", "DROP RULE quiet ON strata.run",
                  "the rule quiet on run"},
           Change{"CREATE TRIGGER meddle BEFORE INSERT ON strata.event FOR EACH ROW EXECUTE FUNCTION public.meddle()",
                  "DROP TRIGGER meddle ON strata.event", "the trigger meddle on event"},
           Change{"ALTER TABLE strata.event DISABLE TRIGGER append_only",
                  "ALTER TABLE strata.event ENABLE TRIGGER append_only", "the trigger append_only on event"},
           Change{"ALTER TABLE strata.event SET UNLOGGED", "ALTER TABLE strata.event SET LOGGED",
                  "event, which is unlogged: a crash would empty it"},
           Change{"ALTER TABLE strata.migration ADD extra text", "ALTER TABLE strata.migration DROP extra",
                  "the column migration.extra"},
           Change{"ALTER TABLE strata.run RENAME role TO who", "ALTER TABLE strata.run RENAME who TO role",
                  "the column run.role, which is gone"},
           Change{"ALTER TABLE strata.run ALTER role SET DEFAULT 'nobody'",
                  "ALTER TABLE strata.run ALTER role SET DEFAULT current_user",
                  "the column run.role, whose default is"},
           Change{"ALTER TABLE strata.run ALTER applied TYPE bigint",
                  "ALTER TABLE strata.run ALTER applied TYPE integer", "the column run.applied, whose type is bigint"},
           Change{"ALTER TABLE strata.run RENAME TO runs; CREATE VIEW strata.run AS SELECT * FROM strata.runs",
                  "DROP VIEW strata.run; ALTER TABLE strata.runs RENAME TO run", "run is no table"},
           Change{"ALTER TABLE strata.event RENAME TO events", "ALTER TABLE strata.events RENAME TO event",
                  "the table event is gone"},
       }) {
    project.ask(done);
    const auto result = project.strata({"deploy"});
    INFO(done << "\n" << told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, named));
    CHECK(contains(result.err, "not as strata makes it; nothing was run"));
    const auto verified = project.strata({"audit", "verify"});
    INFO(told(verified));
    CHECK(verified.exit_code != 0);
    CHECK(contains(verified.out + verified.err, std::string(named).substr(0, 12)));
    project.ask(undone);
  }
  CHECK(project.ask("SELECT to_regclass('more') IS NULL") == "t");
  heal(project);
}

TEST_CASE("rights: a schema strata that another role made before the first run is not taken", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  auto& project = rights.project;
  const auto mallory = rights.role("mallory");
  rights.as_owner("GRANT CREATE ON DATABASE " + rights.database() + " TO " + mallory);
  rights.act_as(mallory);
  project.ask("CREATE SCHEMA strata; GRANT ALL ON SCHEMA strata TO PUBLIC");

  SECTION("by a superuser") {
    rights.act_as_owner();
  }
  SECTION("by another role") {
    const auto role = rights.role("plain");
    rights.as_owner("GRANT CREATE ON SCHEMA public TO " + role);
    rights.act_as(role);
  }
  const auto refused = project.strata({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "belongs to the role " + mallory));
  CHECK(project.ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'strata'::regnamespace") == "0");
  rights.as_owner("DROP SCHEMA strata");
  rights.act_as_owner();
  project.write("strata.toml", "[deploy]\nopen_schema = \"warn\"\n");  // the plain role stays, and is trusted
  heal(project);
}

TEST_CASE("rights: a function that another role put into the history's schema is a finding", "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  auto& project = rights.project;
  heal(project);
  const auto mallory = rights.role("mallory");
  rights.as_owner("GRANT CREATE, USAGE ON SCHEMA strata TO " + mallory);
  rights.act_as(mallory);
  project.ask("CREATE FUNCTION strata.claim(text) RETURNS bigint LANGUAGE sql AS 'SELECT 1::bigint'");
  rights.act_as_owner();
  project.migration("shop/20260103000000_more", "CREATE TABLE more ();");
  const auto refused = project.strata({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "the function claim, which belongs to " + mallory));
}

TEST_CASE("rights: two databases share one ledger, and what happens to one does not count against the other",
          "[servers]") {
  if (!PostgresServer::is_available()) return;
  Rights rights;
  auto& project = rights.project;
  const auto first = project.url();
  const auto second = PostgresServer::shared().create_database();
  project.set_url("");
  project.write("strata.toml", "[project]\nname = \"test\"\n[target.first]\nurl = \"" + first +
                                   "\"\n[target.second]\nurl = \"" + second + "\"\n");
  const auto on = [&](const std::string& target, Arguments arguments) {
    arguments.insert(arguments.end(), {"--target", target});
    auto result = project.strata(arguments);
    INFO(told(result));
    return result;
  };
  CHECK(on("first", {"deploy", "--to", "shop/20260101000000_items"}).exit_code == 0);
  CHECK(on("second", {"deploy"}).exit_code == 0);
  CHECK(on("first", {"deploy"}).exit_code == 0);
  project.migration("shop/20260103000000_more", "CREATE TABLE more ();");
  CHECK(on("second", {"deploy"}).exit_code == 0);
  CHECK(on("first", {"plan", "--offline", "--exit-code"}).exit_code == 2);
  CHECK(on("second", {"plan", "--offline", "--exit-code"}).exit_code == 0);
  // Killed on the one while the other goes on.
  auto killed = run({STRATA_PROGRAM, "deploy", "--target", "first"},
                    {.cwd = project.root(), .env = {{"STRATA_TEST_KILL_AT", "committed"}}});
  CHECK(killed.signal == 9);
  project.migration("shop/20260104000000_last", "CREATE TABLE last ();");
  CHECK(on("second", {"deploy"}).exit_code == 0);
  CHECK(on("first", {"deploy"}).exit_code == 0);
  for (const std::string target : {"first", "second"}) {
    const auto verified = on(target, {"audit", "verify"});
    INFO(told(verified));
    CHECK(verified.exit_code == 0);
    CHECK(on(target, {"status", "--exit-code"}).exit_code == 0);
  }
  ask(first,
      "ALTER TABLE strata.event DISABLE TRIGGER append_only; UPDATE strata.event SET subject = 'shop/x' WHERE seq "
      "= 2; ALTER TABLE strata.event ENABLE TRIGGER append_only");
  CHECK(on("first", {"audit", "verify"}).exit_code == 65);
  CHECK(on("second", {"audit", "verify"}).exit_code == 0);
}
