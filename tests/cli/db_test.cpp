// The embedded Postgres of a project.
#include "tests/support/project.h"

using namespace strata::test;

TEST_CASE("db: start, url, a deploy on it, and stop", "[cli]") {
  if (!PostgresServer::is_available()) return;
  Project project("");
  project.write("strata.toml", "[project]\nname = \"test\"\n[target.default]\nurl = \"local:\"\n");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");

  const auto started = project.json({"db", "start"});
  CHECK(started["running"] == true);
  const auto pid = started["pid"].get<pid_t>();
  const auto url = project.strata({"db", "url"});
  CHECK(url.out == started["url"].get<std::string>() + "\n");
  CHECK(project.json({"db", "start"})["pid"] == pid);

  CHECK(project.json({"deploy"})["applied"].size() == 1);
  CHECK(ask(started["url"], "SELECT count(*) FROM item") == "0");
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);

  CHECK(project.strata({"db", "stop"}).out == "stopped\n");
  CHECK_THROWS(ask(started["url"], "SELECT 1"));
  CHECK(project.strata({"db", "stop"}).out == "it was not running\n");
  // A command that needs it starts it.
  CHECK(project.json({"status"})["modules"].back()["applied"] == 1);
  CHECK(project.strata({"db", "stop"}).exit_code == 0);

  const auto refused = project.strata({"db", "start", "--url", "postgresql://127.0.0.1/x"});
  CHECK(refused.exit_code == 64);
  CHECK(contains(refused.err, "local:"));
}
