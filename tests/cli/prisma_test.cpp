// A folder and a database of `prisma migrate`, taken over as they are, and given back. What Prisma itself would write
// into its table is written here by hand, as facts of its version 7.8.
#include "tests/support/project.h"

#include "core/base/digest.h"

#include <csignal>
#include <thread>

using namespace strata::test;

namespace {

constexpr const char* table_sql =
    "CREATE TABLE _prisma_migrations (id VARCHAR(36) PRIMARY KEY NOT NULL, checksum VARCHAR(64) NOT NULL, finished_at "
    "TIMESTAMPTZ, migration_name VARCHAR(255) NOT NULL, logs TEXT, rolled_back_at TIMESTAMPTZ, started_at TIMESTAMPTZ "
    "NOT NULL DEFAULT now(), applied_steps_count INTEGER NOT NULL DEFAULT 0)";

// A project that is nothing but prisma/migrations.
class PrismaProject : public Project {
 public:
  using Project::Project;
  PrismaProject() {
    remove("strata.toml");  // it works without
    write("prisma/migrations/migration_lock.toml", "# x\n# y\nprovider = \"postgresql\"\n");
  }

  void add(const std::string& name, const std::string& sql) const {
    write("prisma/migrations/" + name + "/migration.sql", sql);
  }
  ProcessResult run(Arguments arguments, Environment environment = {}) const {
    arguments.insert(arguments.end(), {"--migrations", "prisma/migrations"});
    return strata(std::move(arguments), std::move(environment));
  }
  // Prisma has run it: the script, and its row. `finish` false: it has failed.
  void deployed_by_prisma(const std::string& name, const std::string& sql, bool finish = true) const {
    if (ask("SELECT count(*) FROM pg_class WHERE relname = '_prisma_migrations'") == "0") ask(table_sql);
    if (finish) ask(sql);
    ask("INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count) "
        "VALUES (gen_random_uuid(), '" +
        strata::hex(strata::sha256(sql)) + "', '" + name + "', clock_timestamp(), " +
        (finish ? "clock_timestamp(), 1)" : "NULL, 0)"));
  }
  // name|finished|rolled back|steps, in Prisma's order.
  std::string rows() const {
    return ask(
        "SELECT string_agg(migration_name || ' ' || (finished_at IS NOT NULL) || ' ' || (rolled_back_at IS NOT "
        "NULL) || ' ' || applied_steps_count, ', ' ORDER BY started_at) FROM _prisma_migrations");
  }
};

}  // namespace

TEST_CASE("prisma: a folder of Prisma's is deployed as it is, in Prisma's order, and its table written as Prisma does",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260101000000_First", "CREATE TABLE a (id int);");
  project.add("0_init", "CREATE TABLE \"before\" (id int);");
  project.add("20260101000000_first", "CREATE TABLE c (id int);");
  project.add("9_x", "CREATE TABLE last (id int);");
  project.write("prisma/migrations/notes.txt", "Prisma does not look at files");
  project.write("prisma/migrations/0_init/README.md", "nor at these");
  const auto result = project.run({"deploy"});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  CHECK(project.rows() ==
        "0_init true false 1, 20260101000000_first true false 1, 20260101000000_First true false 1, "
        "9_x true false 1");
  CHECK(project.ask("SELECT string_agg(migration_name, ' ') FROM _prisma_migrations WHERE checksum <> "
                    "(SELECT encode(sha256, 'hex') FROM strata.migration WHERE name = migration_name) OR "
                    "started_at > finished_at OR id !~ '^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                    "[0-9a-f]{12}$' OR logs IS NOT NULL") == "");
  CHECK(project.ask("SELECT string_agg(column_name || ' ' || data_type || ' ' || coalesce(character_maximum_length, 0) "
                    "|| ' ' || is_nullable || ' ' || coalesce(column_default, '-'), ', ' ORDER BY ordinal_position) "
                    "FROM information_schema.columns WHERE table_name = '_prisma_migrations'") ==
        "id character varying 36 NO -, checksum character varying 64 NO -, "
        "finished_at timestamp with time zone 0 YES -, migration_name character varying 255 NO -, logs text 0 YES -, "
        "rolled_back_at timestamp with time zone 0 YES -, started_at timestamp with time zone 0 NO now(), "
        "applied_steps_count integer 0 NO 0");
  CHECK(contains(project.run({"deploy"}).out, "nothing to do"));
}

TEST_CASE("prisma: what Prisma has applied is adopted, once, and nothing of it runs again", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  const std::vector<std::pair<std::string, std::string>> all{{"20260101000000_a", "CREATE TABLE a (id int);\n"},
                                                             {"20260102000000_b", "CREATE TABLE b (id int);\r\n"}};
  for (const auto& [name, sql] : all) {
    project.add(name, sql);
    project.deployed_by_prisma(name, sql);
  }
  project.add("20260103000000_c", "CREATE TABLE c (id int);");
  const auto before = project.run({"status"});
  CHECK(contains(before.out, "applied by prisma migrate; the next deploy adopts it"));
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");  // to look writes nothing

  SECTION("the text as it was") {}
  SECTION("with other line ends") {
    project.add("20260101000000_a", "CREATE TABLE a (id int);\r\n");
  }
  const auto result = project.run({"deploy"});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out, "adopted   base/20260101000000_a"));
  CHECK(project.ask("SELECT string_agg(kind || ' ' || subject, ', ' ORDER BY seq) FROM strata.event WHERE kind <> "
                    "'genesis'") ==
        "adopted base/20260101000000_a, adopted base/20260102000000_b, applied base/20260103000000_c");
  CHECK(project.ask("SELECT count(*) FROM _prisma_migrations") == "3");
  CHECK(project.run({"audit", "verify"}).exit_code == 0);

  // Prisma goes on with the same folder, and strata follows.
  project.add("20260104000000_d", "CREATE TABLE d (id int);");
  project.deployed_by_prisma("20260104000000_d", "CREATE TABLE d (id int);");
  CHECK(contains(project.run({"deploy"}).out, "adopted   base/20260104000000_d"));
  CHECK(contains(project.run({"deploy"}).out, "nothing to do"));
  CHECK(project.run({"status", "--offline", "--exit-code"}).exit_code == 0);
}

TEST_CASE("prisma: a migration that was edited after Prisma applied it is refused, each by name", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  for (const std::string name : {"20260101000000_a", "20260102000000_b", "20260103000000_c"}) {
    project.deployed_by_prisma(name, "CREATE TABLE " + name.substr(15) + " (id int);");
    project.add(name, "CREATE TABLE " + name.substr(15) + (name.back() == 'b' ? " (id int);" : " (id bigint);"));
  }
  const auto result = project.run({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 65);
  CHECK(contains(result.err, "20260101000000_a"));
  CHECK_FALSE(contains(result.err, "20260102000000_b"));
  CHECK(contains(result.err, "20260103000000_c"));
  CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
}

TEST_CASE("prisma: a changed comment is accepted where the ledger still has the text that Prisma applied", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  const std::string sql = "CREATE TABLE a (id int);";
  project.add("20260101000000_a", sql);
  REQUIRE(project.run({"deploy"}).exit_code == 0);  // here strata sees the text
  project.set_url(PostgresServer::shared().create_database());
  project.deployed_by_prisma("20260101000000_a", sql);
  project.add("20260101000000_a", "-- a comment\n" + sql);
  const auto adopted = project.run({"deploy", "--target", "other"});
  INFO(told(adopted));
  CHECK(adopted.exit_code == 0);
  CHECK(contains(adopted.out, "adopted   base/20260101000000_a"));
}

TEST_CASE("prisma: a failed migration stops everything until it is settled, as resolve says", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  project.deployed_by_prisma("20260101000000_a", "CREATE TABLE a (id int);", false);
  const auto refused = project.run({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 3);
  CHECK(contains(refused.err, "[P3009]"));
  CHECK(contains(refused.err, "strata resolve base/20260101000000_a --rolled-back"));
  CHECK(contains(project.run({"status"}).out, "failed   base/20260101000000_a"));

  SECTION("rolled back: it runs again") {
    const auto settled = project.run({"resolve", "base/20260101000000_a", "--rolled-back"});
    INFO(told(settled));
    REQUIRE(settled.exit_code == 0);
    CHECK(project.rows() == "20260101000000_a false true 0");
    CHECK(project.run({"resolve", "base/20260101000000_a", "--rolled-back"}).exit_code == 0);  // as Prisma: again
    REQUIRE(project.run({"deploy"}).exit_code == 0);
    CHECK(project.rows() == "20260101000000_a false true 0, 20260101000000_a true false 1");
    CHECK(project.ask("SELECT count(*) FROM a") == "0");
  }
  SECTION("applied: as Prisma's own resolve writes it") {
    const auto settled =
        project.run({"resolve", "--applied", "20260101000000_a"});  // the name alone, as Prisma takes it
    INFO(told(settled));
    REQUIRE(settled.exit_code == 0);
    CHECK(project.rows() == "20260101000000_a false true 0, 20260101000000_a true false 0");
    CHECK(project.ask("SELECT count(*) FROM _prisma_migrations WHERE started_at = finished_at AND logs = ''") == "1");
    CHECK(contains(project.run({"deploy"}).out, "nothing to do"));
    CHECK(contains(project.run({"resolve", "--applied", "20260101000000_a"}).err, "[P3008]"));
    CHECK(contains(project.run({"resolve", "--rolled-back", "20260101000000_a"}).err, "[P3012]"));
  }
  CHECK(contains(project.run({"resolve", "--rolled-back", "20270101000000_x"}).err, "[P3011]"));
  CHECK(contains(project.run({"resolve", "--applied", "20270101000000_x"}).err, "[P3017]"));
  CHECK(project.run({"audit", "verify"}).exit_code == 0);
}

TEST_CASE("prisma: rows of folders that are gone are named, and stop nothing", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.deployed_by_prisma("20250101000000_squashed", "CREATE TABLE old (id int);");
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  const auto status = project.run({"status"});
  CHECK(contains(status.out, "unknown  base/20250101000000_squashed"));
  const auto result = project.run({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "20250101000000_squashed"));
}

TEST_CASE("prisma: a schema that is not empty and has no history is refused with P3005, and baseline settles it",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  project.ask("CREATE TABLE a (id int)");
  const auto refused = project.run({"deploy"});
  INFO(told(refused));
  CHECK(refused.exit_code == 65);
  CHECK(contains(refused.err, "[P3005]"));
  REQUIRE(project.run({"baseline"}).exit_code == 0);
  CHECK(project.rows() == "20260101000000_a true false 0");
  CHECK(contains(project.run({"deploy"}).out, "nothing to do"));
}

TEST_CASE("prisma: strata waits while prisma migrate holds its lock", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  Database prisma(project.url());
  prisma.ask("SELECT pg_advisory_lock(72707369)");
  const auto gave_up = project.run({"deploy", "--lock-wait", "200ms"});
  INFO(told(gave_up));
  CHECK(gave_up.exit_code == 75);
  CHECK(contains(gave_up.err, "[P1002]"));
  CHECK(project.run({"deploy"}, {{"PRISMA_SCHEMA_DISABLE_ADVISORY_LOCK", "1"}}).exit_code == 0);
}

TEST_CASE("prisma: without a transaction the row is there while it runs, and says how it ended", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);\nINSERT INTO a VALUES (1), (1);");
  project.add("20260102000000_index", "CREATE UNIQUE INDEX CONCURRENTLY a_id ON a (id);");
  const auto failed = project.run({"deploy"});
  INFO(told(failed));
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "[P3018]"));
  CHECK(project.rows() == "20260101000000_a true false 1, 20260102000000_index false false 0");
  CHECK(contains(project.ask("SELECT logs FROM _prisma_migrations WHERE finished_at IS NULL"),
                 "could not create unique"));
  project.ask("DELETE FROM a");
  CHECK(project.run({"deploy"}).exit_code == 0);
  CHECK(project.rows() == "20260101000000_a true false 1, 20260102000000_index true false 1");
  CHECK(project.ask("SELECT count(*) FROM _prisma_migrations WHERE logs IS NOT NULL") == "0");
}

TEST_CASE("prisma: killed anywhere, both histories say the same", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const std::string where = GENERATE("settle", "settled", "adopted", "claimed", "guarded", "committed:1", "committed:2",
                                     "started", "bare", "bare-done", "step", "durable");
  INFO("killed at " << where);
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  project.deployed_by_prisma("20260101000000_a", "CREATE TABLE a (id int);");
  project.add("20260102000000_b", "CREATE TABLE b (id int);");
  project.add("20260103000000_index", "CREATE INDEX CONCURRENTLY b_id ON b (id);");
  REQUIRE(project.run({"deploy"}, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
  const auto result = project.run({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(project.rows() ==
        "20260101000000_a true false 1, 20260102000000_b true false 1, 20260103000000_index true false 1");
  CHECK(project.run({"audit", "verify"}).exit_code == 0);
}

TEST_CASE("prisma: down.sql takes the row back, and off leaves the table alone", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  project.write("prisma/migrations/20260101000000_a/down.sql", "DROP TABLE a;");
  REQUIRE(project.run({"deploy"}).exit_code == 0);
  REQUIRE(project.run({"down"}).exit_code == 0);
  CHECK(project.rows() == "20260101000000_a true true 1");
  REQUIRE(project.run({"deploy"}).exit_code == 0);
  CHECK(project.rows() == "20260101000000_a true true 1, 20260101000000_a true false 1");
  project.write("strata.toml", "[history]\nprisma = \"off\"\n");
  project.add("20260102000000_b", "CREATE TABLE b (id int);");
  REQUIRE(project.run({"deploy"}).exit_code == 0);
  CHECK_FALSE(contains(project.rows(), "20260102000000_b"));
  // Switched on again, what was applied meanwhile is told to Prisma as well.
  project.write("strata.toml", "[history]\nprisma = \"on\"\n");
  REQUIRE(project.run({"deploy"}).exit_code == 0);
  CHECK(contains(project.rows(), "20260102000000_b true false 1"));
}

TEST_CASE("prisma: the database is found in mounted secrets, of which names are told and values never", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const PrismaProject server;
  PrismaProject project("");
  project.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  project.write("secrets/vault/DATABASE_URL", server.url() + "&application_name=canary\n");
  const auto result = project.run({"deploy", "--secrets-dir", "secrets"}, {{"DATABASE_URL", "postgresql://nowhere/x"}});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "secrets in secrets: DATABASE_URL"));
  CHECK_FALSE(contains(result.err + result.out, "canary"));
  CHECK(server.ask("SELECT count(*) FROM a") == "0");
}

TEST_CASE("prisma: --migrations is Prisma's folder also without migration_lock.toml", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.remove("prisma/migrations/migration_lock.toml");
  project.add("0_Init", "CREATE TABLE a (id int);");
  REQUIRE(project.run({"deploy"}).exit_code == 0);
  CHECK(project.rows() == "0_Init true false 1");
  CHECK(project.strata({"init", "--from-prisma", "prisma"}).exit_code == 0);
  CHECK(contains(project.strata({"deploy"}).out, "nothing to do"));
}

TEST_CASE("prisma: the schema that ?schema= names is made, and everything is in it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.set_url(project.url() + "&schema=Other");
  project.add("0_init", "CREATE TABLE a (id int);");
  const std::string where = GENERATE("intent", "schema-made");
  REQUIRE(project.run({"deploy"}, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
  const auto result = project.run({"deploy"});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  CHECK(contains(project.run({"deploy"}).out, "nothing to do"));
}

TEST_CASE("prisma: directives at the head do not make another text of what Prisma has applied", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  const std::string sql = "CREATE TYPE e AS ENUM ('a');\n";
  project.deployed_by_prisma("20260101000000_e", sql);
  project.add("20260101000000_e", "-- strata: no-transaction\n" + sql);
  const auto result = project.run({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "adopted   base/20260101000000_e"));
  project.add("20260102000000_b", "ALTER TYPE e ADD VALUE 'b';\nCREATE TABLE t (e e DEFAULT 'b');");
  const auto failed = project.run({"deploy"});
  CHECK(failed.exit_code == 1);
  CHECK(contains(failed.err, "-- strata: no-transaction"));
}

TEST_CASE("prisma: a role that may not create schemas can be given one", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("0_init", "CREATE TABLE a (id int);");
  project.ask(
      "CREATE ROLE low_rights LOGIN; GRANT ALL ON SCHEMA public TO low_rights; "
      "CREATE SCHEMA strata AUTHORIZATION low_rights");
  const auto owner = project.url();
  project.set_url(owner.substr(0, owner.find("&user=")) + "&user=low_rights");
  const auto result = project.run({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  project.set_url(owner);
  project.ask("DROP OWNED BY low_rights CASCADE; DROP ROLE low_rights");
}

TEST_CASE("prisma: a late migration is applied all the same, with a word about it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260102000000_b", "CREATE TABLE b (id int);");
  REQUIRE(project.run({"deploy"}).exit_code == 0);
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  const auto result = project.run({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "is older than one that is applied"));
}

TEST_CASE("prisma: a folder that is not Postgres's, or a migration without its script, is refused", "[cli]") {
  PrismaProject project("");
  project.write("prisma/migrations/migration_lock.toml", "provider = \"postgresql\"\n");
  project.add("20260101000000_a", "SELECT 1;");
  SECTION("another provider") {
    project.write("prisma/migrations/migration_lock.toml", "provider = \"mysql\"\n");
    const auto result = project.run({"plan", "--offline"});
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "[P3019]"));
  }
  SECTION("no migration.sql") {
    project.write("prisma/migrations/20260102000000_b/notes.md", "x");
    const auto result = project.run({"plan", "--offline"});
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "[P3015]"));
    CHECK(contains(result.err, "prisma/migrations/20260102000000_b"));
  }
  SECTION("no such folder") {
    const auto result = project.strata({"deploy", "--migrations", "nowhere"});
    CHECK(result.exit_code == 78);
    CHECK(contains(result.err, "nowhere"));
  }
}

TEST_CASE("prisma: init --from-prisma writes a strata.toml that finds everything", "[cli]") {
  if (!PostgresServer::is_available()) return;
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  project.write("prisma/schema.prisma", "datasource db {\n  provider = \"postgresql\"\n}\n");
  const std::string folder = GENERATE(".", "prisma", "prisma/migrations");
  const auto result = project.strata({"init", "--from-prisma", folder});
  INFO(told(result));
  REQUIRE(result.exit_code == 0);
  const auto deployed = project.strata({"deploy"});  // without --migrations
  INFO(told(deployed));
  CHECK(deployed.exit_code == 0);
  CHECK(project.rows() == "20260101000000_a true false 1");
  CHECK(project.strata({"init", "--from-prisma", folder}).exit_code == 65);  // nothing is overwritten
  CHECK(project.strata({"init", "--from-prisma", "nowhere"}).exit_code == 64);
}

TEST_CASE("prisma: killed around what resolve, baseline and down write, both histories say the same", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const auto [command, where] = GENERATE(table<std::string, std::string>({
      {"resolve", "settle"},
      {"resolve", "settled"},
      {"baseline", "settle"},
      {"baseline", "settled"},
      {"down", "guarded"},
      {"down", "committed"},
  }));
  INFO(command << " killed at " << where);
  PrismaProject project;
  project.add("20260101000000_a", "CREATE TABLE a (id int);");
  project.write("prisma/migrations/20260101000000_a/down.sql", "DROP TABLE a;");
  const bool is_down = command == "down";
  if (is_down) REQUIRE(project.run({"deploy"}).exit_code == 0);
  if (command == "resolve") project.deployed_by_prisma("20260101000000_a", "CREATE TABLE a (id int);", false);
  auto arguments = command == "resolve" ? Arguments{"resolve", "--applied", "20260101000000_a"} : Arguments{command};
  REQUIRE(project.run(arguments, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
  const auto again = project.run(arguments);  // done before, or done now
  INFO(told(again));
  const auto row = [&](const std::string& what) { return contains(project.rows(), "20260101000000_a true " + what); };
  CHECK((is_down ? row("true 1") : row("false 0")));
  CHECK(project.ask("SELECT count(*) FROM _prisma_migrations WHERE rolled_back_at IS NULL") == (is_down ? "0" : "1"));
  CHECK(project.ask("SELECT count(*) FROM strata.migration") == (is_down ? "0" : "1"));
  CHECK(project.run({"audit", "verify"}).exit_code == 0);
}
