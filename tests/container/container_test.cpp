// The container image: what is in it, and that it does its work with no rights, no shell and no network but Postgres.
#include "tests/container/image.h"
#include "tests/support/database.h"
#include "tests/support/postgres_server.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <csignal>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>

using namespace strata::test;

namespace {

using std::chrono::seconds;
using Clock = std::chrono::steady_clock;
using Arguments = std::vector<std::string>;

std::string told(const ProcessResult& result) {
  return "exit code " + std::to_string(result.exit_code) + "\n" + result.out + result.err;
}

Arguments operator+(Arguments left, const Arguments& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// A server outside, and a database on it for each test.
class Outside {
 public:
  Outside() : url_(server().create_database()) {}

  // Of a container: `options` are for the engine, `command` is for strata.
  Arguments command_line(const std::string& image, const Arguments& command, const Arguments& options = {}) const {
    const auto socket = server().socket_folder() / ".s.PGSQL.5432";
    return hardened(socket, "postgresql:///" + name_in(url_) + "?host=/run/postgresql&user=" + user) + options +
           Arguments{image} + command;
  }
  ProcessResult run(const std::string& image, const Arguments& command, const Arguments& options = {}) const {
    return engine(command_line(image, command, options));
  }
  std::string ask(const std::string& sql) const { return strata::test::ask(url_, sql); }
  const std::string& url() const { return url_; }

  std::string user = "postgres";

 private:
  static PostgresServer& server() {
    static PostgresServer server({"-c", "unix_socket_permissions=0777"});  // a container has a user of its own
    return server;
  }

  std::string url_;
};

bool can_run() {
  return PostgresServer::is_available() && have_images();
}

std::string field_of(const std::string& image, const std::string& field) {
  auto value = engine({"image", "inspect", "--format", "{{" + field + "}}", image}).out;
  return value.substr(0, value.find('\n'));
}

// The sample project's plugins, taken out of its image.
void take_plugins(const std::filesystem::path& folder) {
  const auto taken = engine({"run", "--rm", "--network=none", "--user=0", "--volume=" + folder.string() + ":/out",
                             "--entrypoint=/bin/cp", casebook_image, "-r", "/modules/.", "/out"});
  INFO(told(taken));
  REQUIRE(taken.exit_code == 0);
}

const Arguments no_database{"run", "--rm", "--network=none", "--read-only", "--cap-drop=all"};

}  // namespace

TEST_CASE("container: at most 25 MB above its base, a user with a number, nothing of the build", "[container]") {
  if (!can_run()) return;
  const auto base = std::stol(field_of(base_image, ".Size"));
  for (const auto& image : {strata_image, casebook_image}) {
    const auto size = std::stol(field_of(image, ".Size"));
    std::cerr << image << ": " << size << " bytes, " << (size - base) / 1'000 << " kB above its base\n";
    CHECK(size - base < 25'000'000);
    CHECK(field_of(image, ".User") == "65532:65532");
    CHECK(field_of(image, ".Config.StopSignal") == "SIGTERM");
    const auto version = engine(no_database + Arguments{image, "--version"});
    INFO(told(version));
    CHECK(version.out ==
          "strata " + field_of(image, "index .Config.Labels \"org.opencontainers.image.version\"") + "\n");
  }
  for (const std::string name : {"g++", "cmake", "/src", "/root/.cache/ccache"}) {
    INFO(name);
    const auto found = engine({"run", "--rm", "--network=none", "--entrypoint=/bin/sh", casebook_image, "-c",
                               "command -v " + name + " || test -e " + name});
    CHECK(found.exit_code == 1);
  }
}

TEST_CASE("container: what it is made of is told by its SBOM, its licences and itself, alike", "[container]") {
  if (!can_run()) return;
  const auto in_image = [](const std::string& command) {
    return engine({"run", "--rm", "--network=none", "--entrypoint=/bin/sh", strata_image, "-c", command}).out;
  };
  const auto share = std::string("/usr/local/share/strata/");
  const auto sbom = nlohmann::json::parse(in_image("cat " + share + "strata.cdx.json"));
  std::set<std::string> listed;
  for (const auto& component : sbom.at("components")) {
    const auto package = component.at("name").get<std::string>();
    INFO(package);
    CHECK(component.at("properties").at(0).at("value") != "transitive");
    listed.insert(package);
    CHECK(in_image("cat /var/lib/dpkg/status.d/" + package).find("Version: " + component.at("version").get<std::string>()) !=
          std::string::npos);
    CHECK(in_image("gzip -dc " + share + "copyright/" + package + ".gz").find("opyright") != std::string::npos);
  }
  std::set<std::string> told_of;
  const auto said = nlohmann::json::parse(engine(no_database + Arguments{strata_image, "version", "--json"}).out);
  for (const auto& component : said.at("components")) told_of.insert(component.at("package"));
  CHECK(told_of == listed);
  CHECK(said.at("loaded").empty());
}

TEST_CASE("container: with no database named it says so, 78", "[container]") {
  if (!can_run()) return;
  const auto result = engine(no_database + Arguments{casebook_image});
  INFO(told(result));
  CHECK(result.exit_code == 78);
}

TEST_CASE("container: it deploys the casebook, as any user, and a second time finds nothing to do", "[container]") {
  if (!can_run()) return;
  const Outside outside;
  const auto deployed = outside.run(casebook_image, {});
  INFO(told(deployed));
  REQUIRE(deployed.exit_code == 0);
  CHECK(outside.ask("SELECT count(*) FROM pg_namespace WHERE nspname IN ('cases', 'identity', 'notifications', "
                    "'onboarding', 'payments')") == "5");
  for (const std::string user : {"--user=1000", "--user=4711:4712"}) {
    const auto again = outside.run(casebook_image, {"deploy"}, {user});
    INFO(told(again));
    CHECK(again.exit_code == 0);
    CHECK(outside.run(casebook_image, {"plan", "--exit-code"}, {user}).exit_code == 0);
  }
}

TEST_CASE("container: a volume keeps the ledger where STRATA_LEDGER names one", "[container]") {
  if (!can_run()) return;
  const Outside outside;
  const Arguments ledger{"--tmpfs=/ledger:rw,mode=1777", "--env=STRATA_LEDGER=/ledger/ledger.db"};
  const auto deployed = outside.run(casebook_image, {"deploy"}, ledger);
  INFO(told(deployed));
  CHECK(deployed.exit_code == 0);
  // A new, empty one is filled from Postgres.
  const auto verified = outside.run(casebook_image, {"deploy", "--json"}, ledger);
  INFO(told(verified));
  CHECK(verified.exit_code == 0);
}

TEST_CASE("container: SIGTERM ends a migration within two seconds, 143, and the next run ends well", "[container]") {
  if (!can_run()) return;
  const Outside outside;
  // Whatever creates a table in one of the modules' schemas takes its time.
  outside.ask(
      "CREATE FUNCTION slow() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_query() ~* 'cases\\.' "
      "THEN PERFORM pg_sleep(60); END IF; END $$;"
      "CREATE EVENT TRIGGER slow ON ddl_command_start WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION slow()");
  const std::string name = "strata-test-" + std::to_string(getpid());
  const auto deploying = start_engine(outside.command_line(casebook_image, {"deploy"}, {"--name=" + name}));
  Database database(outside.url());
  const bool is_slow = database.wait_until(
      "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()");
  INFO(deploying->err());
  REQUIRE(is_slow);
  const auto sent = Clock::now();
  engine({"stop", "--time=30", name});  // with the image's own STOPSIGNAL
  const auto stopped = deploying->wait();
  INFO(told(stopped));
  CHECK(stopped.exit_code == 143);
  CHECK(Clock::now() - sent < seconds(2));
  CHECK(database.wait_until("SELECT count(*) = 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'", seconds(2)));

  outside.ask("DROP EVENT TRIGGER slow; DROP FUNCTION slow()");
  const auto again = outside.run(casebook_image, {"deploy"});
  INFO(told(again));
  CHECK(again.exit_code == 0);
  CHECK(outside.run(casebook_image, {"plan", "--exit-code"}).exit_code == 0);
}

TEST_CASE("container: a team's own image is two lines", "[container]") {
  if (!can_run()) return;
  const Outside outside;
  const TempDir team;
  take_plugins(team.path());
  team.write("Dockerfile", "FROM " + strata_image + "\nCOPY *.so /modules/\n");
  const std::string tag = "localhost/strata-team:test";
  const auto built = build_image(team.path(), tag);
  INFO(told(built));
  REQUIRE(built.exit_code == 0);
  const auto deployed = outside.run(tag, {});
  INFO(told(deployed));
  CHECK(deployed.exit_code == 0);
  engine({"image", "rm", tag});
}

TEST_CASE("container: the sample project's image takes no plugin that it was not built with, 77", "[container]") {
  if (!can_run()) return;
  const Outside outside;
  const TempDir dir;
  dir.write("modules/cases.so", "");
  take_plugins(dir.path() / "modules");
  dir.write("modules/cases.so", dir.read("modules/cases.so") + "one byte more");
  const auto result =
      outside.run(casebook_image, {"deploy"}, {"--volume=" + (dir.path() / "modules").string() + ":/modules:ro"});
  INFO(told(result));
  CHECK(result.exit_code == 77);
  CHECK(result.err.find("cases") != std::string::npos);
}

TEST_CASE("container: one file of it, copied into another image, waits there with the right to read and no other",
          "[container]") {
  if (!can_run()) return;
  Outside outside;
  REQUIRE(outside.run(casebook_image, {"deploy"}).exit_code == 0);
  outside.user = "reader_" + name_in(outside.url());
  outside.ask("CREATE ROLE " + outside.user + " LOGIN; GRANT USAGE ON SCHEMA strata TO " + outside.user +
              "; GRANT SELECT ON ALL TABLES IN SCHEMA strata TO " + outside.user);
  const TempDir app;
  const std::string tag = "localhost/strata-app:test";
  for (const auto& base : {base_image, std::string("scratch")}) {
    INFO(base);
    app.write("Dockerfile",
              "FROM " + base + "\nCOPY --from=" + strata_image + " /usr/local/bin/strata /gate\nENTRYPOINT [\"/gate\"]\n");
    const auto built = build_image(app.path(), tag);
    INFO(told(built));
    REQUIRE(built.exit_code == 0);
    const auto found = outside.run(tag, {"wait", "--module", "cases>=1", "--timeout", "5s"}, {"--user=1000"});
    INFO(told(found));
    CHECK(found.exit_code == 0);
    CHECK(outside.run(tag, {"wait", "--module", "cases>=99", "--timeout", "200ms"}, {"--user=1000"}).exit_code == 75);
    engine({"image", "rm", tag});
  }
}
