// What others in the database, and a password in the address, can do to a run.
#include "tests/support/project.h"

#include <csignal>
#include <fstream>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {}  // namespace

TEST_CASE("security: functions and operators that another role puts in the way are not run by strata's own SQL",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  const auto name = project.ask("SELECT current_database()");
  const auto mallory = "mallory_" + name;
  project.ask("CREATE ROLE " + mallory + " LOGIN; GRANT CREATE ON SCHEMA public TO " + mallory +
              "; CREATE TABLE public.hit (what text); "
              "GRANT INSERT ON public.hit TO PUBLIC; ALTER DATABASE " +
              name + " SET search_path = public, pg_catalog");
  const auto shadow = [&](const std::string& signature, const std::string& result, const std::string& value) {
    project.ask("SET ROLE " + mallory + "; CREATE FUNCTION public." + signature + " RETURNS " + result +
                " LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.hit VALUES ('" + signature + "'); RETURN " + value +
                "; END $$");
  };
  shadow("lower(varchar)", "text", "'x'");
  shadow("lower(text)", "text", "'x'");
  shadow("set_config(text, text, boolean)", "text", "''");
  shadow("pg_try_advisory_lock(bigint)", "boolean", "true");
  shadow("pg_advisory_unlock(bigint)", "boolean", "true");
  shadow("pg_backend_pid()", "integer", "1");
  shadow("sha256(bytea)", "bytea", "'\\x00'");
  shadow("length(bytea)", "integer", "32");
  shadow("max(bigint)", "bigint", "7");
  shadow("now()", "timestamptz", "NULL");
  shadow("clock_timestamp()", "timestamptz", "NULL");
  shadow("txid_current()", "bigint", "1");
  shadow("jsonb_each_text(jsonb)", "text", "''");
  shadow("to_regclass(text)", "regclass", "NULL");
  shadow("current_database()", "name", "'x'");
  shadow("same(bytea, bytea)", "boolean", "true");
  shadow("joined(text, text)", "text", "'x'");
  shadow("less(bigint, integer)", "boolean", "true");
  project.ask("SET ROLE " + mallory +
              "; CREATE OPERATOR public.<> (FUNCTION = public.same, LEFTARG = bytea, RIGHTARG = bytea); "
              "CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = bytea, RIGHTARG = bytea); "
              "CREATE OPERATOR public.|| (FUNCTION = public.joined, LEFTARG = text, RIGHTARG = text); "
              "CREATE OPERATOR public.>= (FUNCTION = public.less, LEFTARG = bigint, RIGHTARG = integer)");

  project.write("strata.toml", "[deploy]\nopen_schema = \"warn\"\n");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.down("shop/20260101000000_items", "DROP TABLE item;");
  project.migration("shop/20260102000000_index", "CREATE INDEX CONCURRENTLY item_id ON item (id);");
  project.down("shop/20260102000000_index", "DROP INDEX item_id;");
  project.repeatable("shop/ids", "CREATE OR REPLACE VIEW ids AS SELECT id AS n FROM item;");
  for (const Arguments& command : std::vector<Arguments>{{"plan"},
                                                         {"deploy"},
                                                         {"deploy"},
                                                         {"status"},
                                                         {"wait"},
                                                         {"wait", "--module", "shop"},
                                                         {"audit", "verify"},
                                                         {"audit", "pull"},
                                                         {"down"},
                                                         {"deploy"},
                                                         {"doctor"}}) {
    const auto result = project.strata(command);
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK(project.ask("SELECT pg_catalog.string_agg(what, ', ') FROM public.hit") == "");
  }
  // The trap does work: a statement that is not careful falls into it.
  project.ask("SELECT lower('A'::varchar)");
  CHECK(project.ask("SELECT pg_catalog.count(*) > 0 FROM public.hit") == "t");
  project.ask("DROP OWNED BY " + mallory + " CASCADE; DROP ROLE " + mallory);
}

TEST_CASE("security: a schema in which a stranger may put functions is refused before anything runs, with the REVOKE",
          "[execute]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  const auto name = project.ask("SELECT current_database()");
  const auto stranger = "stranger_" + name;
  const auto friendly = "friend_" + name;
  project.ask("CREATE ROLE " + stranger + " LOGIN; CREATE ROLE " + friendly +
              " LOGIN IN ROLE postgres; GRANT CREATE ON SCHEMA public TO PUBLIC");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.down("shop/20260101000000_items", "DROP TABLE item;");

  const auto refused = [&](const Arguments& command, const std::string& revoke) {
    const auto before = project.dump();
    const auto result = project.strata(command);
    INFO(told(result));
    CHECK(result.exit_code == 77);
    CHECK(contains(result.err, stranger));
    CHECK_FALSE(contains(result.err, friendly));
    CHECK(contains(result.err, revoke));
    CHECK(project.dump() == before);
  };
  refused({"deploy"}, "REVOKE CREATE ON SCHEMA \"public\" FROM PUBLIC");
  CHECK(project.strata({"plan"}).exit_code == 0);
  project.ask("REVOKE CREATE ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO " + stranger);
  refused({"deploy"}, "REVOKE CREATE ON SCHEMA \"public\" FROM \"" + stranger);

  SECTION("nobody else may") {
    project.ask("REVOKE CREATE ON SCHEMA public FROM " + stranger);
    CHECK(project.strata({"deploy"}).exit_code == 0);
    project.ask("GRANT CREATE ON SCHEMA public TO " + stranger);
    CHECK(project.strata({"deploy"}).exit_code == 0);  // nothing to do: nothing of theirs can be called
    refused({"down"}, "REVOKE CREATE ON SCHEMA \"public\" FROM \"" + stranger);
  }
  SECTION("the strangers are trusted") {
    project.write("strata.toml", "[deploy]\nopen_schema = \"warn\"\n");
    const auto result = project.strata({"deploy"});
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK(contains(result.err, "CVE-2018-1058"));
  }
  SECTION("the target is disposable") {
    project.write("strata.toml", "[target.default]\ndisposable = true\n");
    CHECK(project.strata({"deploy"}).exit_code == 0);
  }
  project.ask("DROP OWNED BY " + stranger + ", " + friendly + "; DROP ROLE " + stranger + ", " + friendly);
}

TEST_CASE("security: a password is in no output, no ledger, no history and no process title", "[execute]") {
  if (!PostgresServer::is_available()) return;
  const std::string canary = "CANARY-s3cr%t+w0rd";
  const std::string encoded = "CANARY-s3cr%25t%2Bw0rd";
  std::string all;
  const auto keep = [&](const ProcessResult& result) {
    all += result.out + result.err;
    return result.exit_code;
  };

  Project project("");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);\nSELECT pg_sleep(0.3);");
  project.migration("shop/20260102000000_bad", "SELECT missing;");
  const auto database = PostgresServer::shared().create_database();
  const auto with_password = [&](std::string url) {
    return url.replace(url.find(":///") + 3, 0, "postgres:" + encoded + "@");
  };

  // A server that refuses, an address that is none, a host that nobody knows.
  for (const std::string& url : {"postgresql://someone:" + encoded + "@127.0.0.1:1/nowhere",
                                 "postgresql://someone:" + encoded + "@127.0.0.1:port/nowhere",
                                 "postgresql://someone:" + canary + "@127.0.0.1/nowhere",
                                 "postgresql://someone:" + encoded + "@no.such.host.invalid/nowhere",
                                 "postgresql://someone:" + encoded + "@[::1/nowhere",
                                 "postgresql://someone:" + encoded + "@127.0.0.1/nowhere?sslmode=" + "wrong",
                                 "postgres//someone:" + encoded + "@127.0.0.1/nowhere",
                                 "host=127.0.0.1 port=1 password=" + encoded + " pasword=" + encoded}) {
    for (const std::string command : {"deploy", "plan", "doctor"}) {
      CHECK(keep(project.strata({command, "--connect-timeout", "100ms", "--log-level", "debug"},
                                {{"DATABASE_URL", url}})) != 0);
      CHECK(keep(project.strata({command, "--connect-timeout", "100ms", "--json", "--url", url})) != 0);
    }
  }

  // One that lets it in: while the migration sleeps its processes are looked at.
  const auto url = with_password(database);
  for (const bool on_the_command_line : {false, true}) {
    project.remove(".strata");
    ask(database, "DROP SCHEMA IF EXISTS strata CASCADE; DROP TABLE IF EXISTS item");
    Arguments arguments{"deploy", "--log-level", "debug"};
    Environment environment;
    if (on_the_command_line) {
      arguments.insert(arguments.end(), {"--url", url});
    } else {
      environment["DATABASE_URL"] = url;
    }
    const auto process = project.start(arguments, environment);
    REQUIRE(Database(database).wait_until(
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"));
    all += bytes_of("/proc/" + std::to_string(process->pid()) + "/cmdline");
    all += bytes_of("/proc/" + std::to_string(process->pid()) + "/comm");
    all += ask(database, "SELECT string_agg(application_name || query, ' ') FROM pg_stat_activity");
    const auto result = process->wait();
    INFO(told(result));
    CHECK(keep(result) == 1);
    all += bytes_of(project.ledger());
    all += run({"pg_dump", database}).out;
  }
  for (const Arguments& command : std::vector<Arguments>{
           {"status"}, {"audit", "log", "--json"}, {"audit", "verify"}, {"doctor"}, {"wait", "--timeout", "100ms"}}) {
    keep(project.strata(command, {{"DATABASE_URL", url}}));
  }
  CHECK(all.size() > 10'000);
  CHECK_FALSE(contains(all, canary));
  CHECK_FALSE(contains(all, encoded));
  CHECK_FALSE(contains(all, "CANARY"));
}
