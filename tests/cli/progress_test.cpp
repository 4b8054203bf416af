// What somebody sees while a long statement runs: on a terminal, and in a log.
#include "tests/support/project.h"

#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sstream>

using namespace strata::test;

namespace {

// An index over 300 rows of which each takes some 10 ms.
void write_slow_index(const Project& project) {
  project.migration("base/20260101000000_item",
                    "CREATE TABLE item (id int, filler char(1000) DEFAULT 'x');\n"
                    "INSERT INTO item (id) SELECT generate_series(1, 300);\n"
                    "CREATE FUNCTION slow(id int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS\n"
                    "$$ BEGIN PERFORM pg_catalog.pg_sleep(0.01); RETURN id; END $$;");
  project.migration("base/20260102000000_item_slow", "CREATE INDEX CONCURRENTLY item_slow ON item (public.slow(id));");
}

// Runs `strata deploy` on a terminal of 80 columns: all that it printed there. The exit code must be 0.
std::string deploy_on_terminal(const Project& project) {
  winsize size{24, 80, 0, 0};
  int terminal = -1;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    if (chdir(project.root().c_str()) == 0) {
      execl(STRATA_PROGRAM, STRATA_PROGRAM, "deploy", "--url", project.url().c_str(), nullptr);
    }
    _exit(127);
  }
  std::string out;
  char buffer[4096];
  for (ssize_t size_read = 0; (size_read = read(terminal, buffer, sizeof buffer)) > 0;) {
    out.append(buffer, static_cast<std::size_t>(size_read));
  }
  close(terminal);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  return out;
}

}  // namespace

TEST_CASE("progress: a terminal shows a bar, the migration in hand, and how far an index build is", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_slow_index(project);
  const auto out = deploy_on_terminal(project);
  INFO(out);
  CHECK(contains(out, " 0/2  base/20260101000000_item"));
  CHECK(contains(out, " 1/2  base/20260102000000_item_slow, 1.0 s, "));
  CHECK(contains(out, " %, building index"));
  CHECK(contains(out, "2 steps in"));
}

TEST_CASE("progress: a log has a line for each migration, and one for what takes long", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  write_slow_index(project);
  const auto result = project.strata({"deploy"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(contains(result.err, "applied base/20260101000000_item in "));
  CHECK(contains(result.err, "base/20260102000000_item_slow runs for 1.0 s, "));
  CHECK(contains(result.err, " %, building index"));
  CHECK_FALSE(contains(result.err, "░"));
}

TEST_CASE("progress: with --log-format json each line on stderr is a JSON object, the error as well", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project;
  project.migration("base/20260101000000_item",
                    "DO $$ BEGIN RAISE WARNING 'a \"quoted\" word and a \\ backslash'; END $$;");
  project.migration("base/20260102000000_broken", "SELECT \"no such column\";");
  const auto result = project.strata({"deploy", "--log-format", "json"});
  INFO(told(result));
  CHECK(result.exit_code == 1);
  std::istringstream lines(result.err);
  std::map<std::string, std::string> messages;
  for (std::string line; std::getline(lines, line);) {
    INFO(line);
    const auto entry = nlohmann::json::parse(line, nullptr, false);
    REQUIRE(entry.is_object());
    CHECK(entry.at("time").get<std::string>().back() == 'Z');
    messages[entry.at("level")] += entry.at("message").get<std::string>() + "\n";
  }
  CHECK(contains(messages["warning"], "a \"quoted\" word and a \\ backslash"));
  CHECK(contains(messages["error"], "base/20260102000000_broken"));
  CHECK(contains(messages["error"], "\n    SELECT \"no such column\";\n           ^\n"));
  // And what is wrong with the command line itself.
  for (const Arguments& line : {Arguments{"deploy", "--log-format", "json", "--no-such"},
                                Arguments{"--log-format=json", "deploy", "--parallel", "2"}}) {
    const auto refused = project.strata(line);
    CHECK(refused.exit_code == 64);
    CHECK(nlohmann::json::parse(refused.err, nullptr, false).is_object());
  }
}
