// Commands that need little, and what all commands have in common.
#include "tests/support/project.h"

#include <csignal>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

ProcessResult strata_alone(Arguments arguments, ProcessOptions options = {}) {
  arguments.insert(arguments.begin(), STRATA_PROGRAM);
  return run(std::move(arguments), std::move(options));
}

const std::vector<Arguments> all_commands{{"init"},
                                          {"module", "new"},
                                          {"module", "list"},
                                          {"module", "inspect"},
                                          {"module", "pack"},
                                          {"module", "graph"},
                                          {"migration", "new"},
                                          {"explain"},
                                          {"plan"},
                                          {"plan", "show"},
                                          {"deploy"},
                                          {"status"},
                                          {"wait"},
                                          {"resolve"},
                                          {"baseline"},
                                          {"down"},
                                          {"audit", "log"},
                                          {"audit", "verify"},
                                          {"audit", "pull"},
                                          {"db", "start"},
                                          {"db", "stop"},
                                          {"db", "url"},
                                          {"db", "shell"},
                                          {"doctor"},
                                          {"completion"},
                                          {"collate"},
                                          {"diff"},
                                          {"reset"},
                                          {"version"}};

}  // namespace

TEST_CASE("commands: every one has a --help with an example", "[cli]") {
  for (auto command : all_commands) {
    std::string name;
    for (const auto& word : command) name += " " + word;
    INFO("strata" << name);
    command.push_back("--help");
    const auto help = strata_alone(command);
    CHECK(help.exit_code == 0);
    CHECK(contains(help.out, "Example:"));
    CHECK(contains(help.out, "strata" + name));
  }
  const auto help = strata_alone({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(contains(help.out, "First steps:"));
}

TEST_CASE("commands: what is no command line exits 64 and says where help is", "[cli]") {
  for (const Arguments& line : std::vector<Arguments>{{},
                                                      {"deploj"},
                                                      {"deploy", "--atomicly"},
                                                      {"explain"},
                                                      {"resolve"},
                                                      {"plan", "--log-level", "loud"},
                                                      {"migration", "new", "x"},
                                                      {"down", "--steps", "0"},
                                                      {"module"}}) {
    const auto result = strata_alone(line);
    INFO(told(result));
    CHECK(result.exit_code == 64);
    CHECK(contains(result.err, "error: "));
    CHECK(contains(result.err, "--help"));
    CHECK(result.out.empty());
  }
  Project project("");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  CHECK(project.strata({"resolve", "shop/20260101000000_items"}).exit_code == 64);
  CHECK(project.strata({"resolve", "shop/20260101000000_items", "--applied", "--retry"}).exit_code == 64);
  CHECK(project.strata({"resolve", "no/such/id", "--applied"}).exit_code == 64);
  CHECK(project.strata({"deploy", "--lock-wait", "soon", "--url", "postgresql://127.0.0.1:1/x"}).exit_code == 64);
  CHECK(project.strata({"migration", "new", "Bad Name", "--module", "base"}).exit_code == 64);
  CHECK(project.strata({"migration", "new", "good_name", "--module", "nowhere"}).exit_code == 64);
  CHECK(project.strata({"module", "new", "base"}).exit_code == 64);
}

TEST_CASE("commands: an option whose value is empty is refused: it is a variable that nobody set", "[cli]") {
  Project project("");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  for (const Arguments& line : {Arguments{"deploy", "--plan", ""},
                                {"deploy", "--fleet", ""},
                                {"deploy", "--to", ""},
                                {"deploy", "--url", ""},
                                {"deploy", "--url="},
                                {"deploy", "--target", ""},
                                {"deploy", "--lock-wait", ""},
                                {"wait", "--module", ""},
                                {"plan", "--ledger", ""},
                                {"down", "--to", ""},
                                {"module", "inspect", ""}}) {
    const auto result = project.strata(line);
    INFO(told(result));
    CHECK(result.exit_code == 64);
  }
  const auto refused = project.strata({"deploy", "--plan", ""});
  CHECK(contains(refused.err, "--plan: its value is empty"));
  CHECK_FALSE(std::filesystem::exists(project.root() / ".strata"));
}

TEST_CASE("commands: a database that cannot be reached is 69 within the time given", "[cli]") {
  Project project("postgresql://someone@127.0.0.1:1/nowhere");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  for (const Arguments& command : std::vector<Arguments>{{"deploy"}, {"plan"}, {"status"}, {"audit", "pull"}}) {
    auto line = command;
    line.insert(line.end(), {"--connect-timeout", "1s"});
    const auto result = project.strata(line);
    INFO(told(result));
    CHECK(result.exit_code == 69);
    CHECK(contains(result.err, "127.0.0.1"));
    CHECK(contains(result.err, "cannot be reached"));
    CHECK(contains(result.err, "--url"));
    CHECK(result.elapsed < std::chrono::seconds(5));
  }
}

TEST_CASE("commands: no database named is a mistake in the configuration, 78", "[cli]") {
  Project project("");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 78);
  CHECK(contains(result.err, "DATABASE_URL"));
  project.write("strata.toml", "[project]\nnome = \"test\"\n");
  const auto unknown = project.strata({"deploy"});
  CHECK(unknown.exit_code == 78);
  CHECK(contains(unknown.err, "nome"));
  CHECK(contains(unknown.err, "strata.toml:2:"));
  CHECK(project.strata({"deploy", "--config", "nowhere.toml"}).exit_code == 78);
}

TEST_CASE("commands: --json prints one document of format 1, errors included, and logs go to stderr", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.json({"version"});
  project.json({"plan"});
  project.json({"deploy", "--dry-run"});
  project.json({"deploy"});
  project.json({"deploy", "--log-level", "debug"});
  project.json({"status"});
  project.json({"status", "--offline"});
  project.json({"wait"});
  project.json({"audit", "log"});
  project.json({"audit", "verify"});
  project.json({"audit", "pull"});
  project.json({"module", "list"});
  project.json({"baseline"});
  project.json({"migration", "new", "more", "--module", "shop"});
  project.json({"module", "new", "mail"});
  project.json({"explain", project.root() / "modules/shop/migrations/20260101000000_items/migration.sql"});

  const auto refused = project.json({"deploy", "--to", "shop/20260109000000_nothing"}, 65);
  CHECK(refused["outcome"] == "refused");
  CHECK(refused["stopped_by"]["code"] == "unknown_migration");
  CHECK(refused["stopped_by"]["exit_code"] == 65);
  const auto usage = project.json({"resolve", "shop/20260101000000_items"}, 64);
  CHECK(usage["error"]["code"] == "usage");
  project.migration("shop/20260108000000_bad", "SELECT 1;\nSELECT nothing;\n");
  const auto failed = project.json({"deploy"}, 1);
  CHECK(failed["outcome"] == "failed");
  CHECK(failed["stopped_by"]["id"] == "shop/20260108000000_bad");
  CHECK(failed["stopped_by"]["sqlstate"] == "42703");
  CHECK(failed["stopped_by"]["line"] == 2);
  CHECK(failed["stopped_by"]["column"] == 8);
  CHECK(failed["stopped_by"]["exit_code"] == 1);
}

TEST_CASE("commands: explain reads one file as deploy would, without project or database", "[cli]") {
  TempDir folder;
  const auto file = folder.write("some.sql",
                                 "-- strata: lock-timeout 2s\n"
                                 "CREATE TABLE t (id int); -- über\n"
                                 "  INSERT INTO t VALUES (1);\n"
                                 "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\n");
  const auto result = strata_alone({"explain", file, "--json"}, {.cwd = folder.path()});
  REQUIRE(result.exit_code == 0);
  const auto read = nlohmann::json::parse(result.out);
  CHECK(read["transactional"] == true);
  REQUIRE(read["statements"].size() == 3);
  CHECK(read["statements"][1]["line"] == 3);
  CHECK(read["statements"][1]["column"] == 3);
  CHECK(read["statements"][1]["kind"] == "INSERT");
  CHECK(read["statements"][2]["text"] == "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$");

  const auto piped = strata_alone({"explain", "-"}, {.cwd = folder.path(), .input = "VACUUM t;"});
  CHECK(piped.exit_code == 0);
  CHECK(contains(piped.out, "without a transaction"));

  const auto mixed =
      strata_alone({"explain", folder.write("mixed.sql", "CREATE TABLE t ();\nVACUUM t;\n")}, {.cwd = folder.path()});
  INFO(told(mixed));
  CHECK(mixed.exit_code == 65);
  CHECK(contains(mixed.err, "mixed.sql:2:1"));
  CHECK(strata_alone({"explain", folder.path()}).exit_code == 65);
  CHECK(strata_alone({"explain", folder.path() / "nothing.sql"}).exit_code == 65);
}

TEST_CASE("commands: module list, graph, pack and inspect show the same module", "[cli]") {
  Project project("");
  project.module("shop", "1.2.0");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  project.module("mail", "2.0.0", {"shop >= 1.2"});
  project.migration("mail/20260102000000_letters", "CREATE TABLE letter (id int);");

  const auto list = project.json({"module", "list"});
  CHECK(ids_in(list["modules"]) == std::vector<std::string>{"shop", "mail"});
  CHECK(list["order"] == nlohmann::json{"shop/20260101000000_items", "mail/20260102000000_letters"});
  CHECK(contains(project.strata({"module", "list", "--migrations"}).out, "20260101000000_items"));
  CHECK(contains(project.strata({"module", "graph"}).out, "mail -> shop"));

  const auto packed = project.strata({"module", "pack", "modules/shop", "-o", "shop.bundle"});
  INFO(told(packed));
  CHECK(packed.exit_code == 0);
  CHECK(project.strata({"module", "pack", "modules/shop"}).out.size() == fs::file_size(project.root() / "shop.bundle"));

  const auto inspected = project.json({"module", "inspect", STRATA_CASES_PLUGIN});
  CHECK(inspected["module"]["id"] == "cases");
  CHECK(inspected["module"]["migrations"].size() > 10);
  const auto no_plugin = project.strata({"module", "inspect", "strata.toml"});
  CHECK(no_plugin.exit_code == 65);
}

TEST_CASE("commands: modules that do not fit each other are refused with all that concerns them", "[cli]") {
  Project project("");
  project.module("shop", "1.2.0");
  SECTION("a version that does not fit") {
    project.module("mail", "2.0.0", {"shop >= 1.3"});
    const auto result = project.strata({"module", "list"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "shop"));
    CHECK(contains(result.err, "1.3"));
  }
  SECTION("a cycle") {
    project.migration("shop/20260101000000_a", "-- strata: needs mail/20260102000000_b\nSELECT 1;");
    project.migration("mail/20260102000000_b", "-- strata: needs shop/20260101000000_a\nSELECT 1;");
    const auto result = project.strata({"module", "list"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "shop/20260101000000_a"));
    CHECK(contains(result.err, "mail/20260102000000_b"));
  }
  SECTION("a file that is nothing") {
    project.write("modules/shop/migrations/notes.txt", "remember the milk");
    const auto result = project.strata({"module", "list"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "modules/shop/migrations/notes.txt"));
  }
  SECTION("a directive that nobody knows") {
    project.migration("shop/20260101000000_a", "-- strata: no-transactions\nSELECT 1;");
    const auto result = project.strata({"module", "list"});
    INFO(told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "modules/shop/migrations/20260101000000_a/migration.sql:1:"));
  }
}

TEST_CASE("commands: text that must not be sent is refused at plan time, with its place", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  using namespace std::string_view_literals;
  const auto refused = [&](std::string_view sql, const std::string& where, const std::string& what) {
    project.migration("shop/20260101000000_a", sql);
    for (const std::string command : {"plan", "deploy"}) {
      const auto result = project.strata({command});
      INFO(told(result));
      CHECK(result.exit_code == 65);
      CHECK(contains(result.err, "modules/shop/migrations/20260101000000_a/migration.sql" + where));
      CHECK(contains(result.err, what));
    }
    CHECK(project.ask("SELECT count(*) FROM pg_namespace WHERE nspname = 'strata'") == "0");
  };
  refused("CREATE TABLE a ();\nCREATE \0TABLE b ();\n"sv, ":2:8", "NUL");
  refused("CREATE TABLE a ();\n-- \xff\n", ":2:4", "UTF-8");
  refused("CREATE TABLE a ();\n\\i other.sql\n", ":2:1", "\\i");
  refused("CREATE TABLE a ();\nCOMMIT;\nCREATE TABLE b ();\n", ":2:1", "COMMIT");
  refused("ROLLBACK; BEGIN;\n", ":1:1", "ROLLBACK");
  refused("CREATE TABLE a ();\nCOMMIT AND CHAIN;\n", ":2:1", "COMMIT");
  refused("CREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\n", ":2:1", "no-transaction");
}

TEST_CASE("commands: nothing that prints is stopped by a reader that has gone", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto piped =
      run({"sh", "-c", "{ \"$0\" deploy --url \"$1\" --log-level off; echo \"exit code $?\" >&2; } | true",
           STRATA_PROGRAM, project.url()},
          {.cwd = project.root()});
  INFO(told(piped));
  CHECK(piped.err == "exit code 0\n");
  check_settled(project);
}

TEST_CASE("commands: output that a full disk cut is an error, but never that of a run", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  const auto into_full = [&](const std::string& command) {
    return run({"sh", "-c", "exec \"$0\" " + command + " --url \"$1\" > /dev/full", STRATA_PROGRAM, project.url()},
               {.cwd = project.root()});
  };
  CHECK(into_full("deploy").exit_code == 0);
  CHECK(into_full("deploy --json").exit_code == 0);
  for (const char* command : {"status", "status --json", "audit log --json", "module list"}) {
    const auto result = into_full(command);
    INFO(command << "\n" << told(result));
    CHECK(result.exit_code == 65);
    CHECK(contains(result.err, "the output is not whole: No space left on device"));
  }
}

TEST_CASE("commands: a lock file that is a link is not written through, and a FIFO in its place keeps nobody waiting",
          "[cli]") {
  const Project project("");
  project.module("shop");
  const auto victim = project.write("victim.txt", "mine\n");
  fs::create_symlink("victim.txt", project.root() / "strata.lock");
  const auto linked = project.strata({"module", "lock"});
  INFO(told(linked));
  CHECK(linked.exit_code == 65);
  CHECK(contains(linked.err, "is a symbolic link"));
  CHECK(fs::file_size(victim) == 5);
  fs::remove(project.root() / "strata.lock");
  REQUIRE(run({"mkfifo", "strata.lock"}, {.cwd = project.root()}).exit_code == 0);
  const auto waited = project.strata({"module", "list", "--locked"});
  INFO(told(waited));
  CHECK_FALSE(waited.timed_out);
  CHECK(waited.exit_code == 78);
}

TEST_CASE("commands: a working directory that is gone is said, and is no bug", "[cli]") {
  const Project project("");
  const auto result = run({"sh", "-c", "mkdir gone; cd gone; rmdir ../gone; exec \"$0\" status", STRATA_PROGRAM},
                          {.cwd = project.root()});
  INFO(told(result));
  CHECK(result.exit_code == 78);
  CHECK(contains(result.err, "working directory is not there"));
}

TEST_CASE("commands: a file that is written is the old one or the new one, wherever the writer is killed", "[cli]") {
  const Project project("");
  project.module("shop");
  REQUIRE(project.strata({"module", "lock"}).exit_code == 0);
  fs::permissions(project.root() / "strata.lock", fs::perms{0640});
  const auto lock = [&] {
    std::ifstream file(project.root() / "strata.lock", std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  const auto before = lock();
  project.module("shop", "1.1.0");
  for (const std::string command : {"module lock", "collate -o strata.lock"}) {
    project.write("strata.lock", before);
    std::vector<std::string> words{"sh", "-c", "exec \"$0\" " + command, STRATA_PROGRAM};
    CHECK(run(words, {.cwd = project.root(), .env = {{"STRATA_TEST_KILL_AT", "file-written"}}}).signal == SIGKILL);
    CHECK(lock() == before);
    CHECK(run(words, {.cwd = project.root(), .env = {{"STRATA_TEST_KILL_AT", "file-replaced"}}}).signal == SIGKILL);
    const auto after = lock();
    CHECK(after != before);
    CHECK(run(words, {.cwd = project.root()}).exit_code == 0);
    CHECK(lock() == after);
  }
  CHECK(fs::status(project.root() / "strata.lock").permissions() == fs::perms{0640});
  // The name that it has before is nobody's to prepare.
  const auto victim = project.write("victim.txt", "mine\n");
  fs::create_symlink("victim.txt", project.root() / "strata.lock.new");
  REQUIRE(project.strata({"module", "lock"}).exit_code == 0);
  CHECK(fs::file_size(victim) == 5);
}
