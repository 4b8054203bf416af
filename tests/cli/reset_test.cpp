// reset: everything dropped and made again, where strata.toml says that it may be.
#include "tests/support/project.h"

#include <csignal>

using namespace strata::test;

namespace {

// A project whose target may be dropped. Commands are given no --url.
class DisposableProject : public Project {
 public:
  explicit DisposableProject(bool disposable) : Project(""), database_(PostgresServer::shared().create_database()) {
    write("strata.toml", "[project]\nname = \"x\"\n[target.default]\nurl = \"" + database_ +
                             "\"\ndisposable = " + (disposable ? "true" : "false") + "\n");
    migration("base/20260101000000_item", "CREATE SCHEMA shop;\nCREATE TABLE shop.item (id int);");
  }
  std::string ask_database(const std::string& sql) const { return strata::test::ask(database_, sql); }
  const std::string& database() const { return database_; }

 private:
  std::string database_;
};

}  // namespace

TEST_CASE("reset: a disposable database is dropped and rebuilt, and the ledger keeps both lives", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const DisposableProject project(true);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask_database("INSERT INTO shop.item VALUES (1); CREATE TABLE public.stray (id int)");
  const auto result = project.strata({"reset", "--yes"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(project.ask_database("SELECT count(*) FROM shop.item") == "0");
  CHECK(project.ask_database("SELECT count(*) FROM pg_class WHERE relname = 'stray'") == "0");
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);
  CHECK(contains(project.strata({"audit", "log"}).out, "reset"));
  CHECK(contains(project.strata({"deploy"}).out, "nothing to do"));
}

TEST_CASE("reset: without the word disposable, without a yes, or by --url, nothing is dropped", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const bool disposable = GENERATE(true, false);
  const DisposableProject project(disposable);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  project.ask_database("INSERT INTO shop.item VALUES (1)");
  CHECK(project.strata({"reset"}).exit_code == (disposable ? 64 : 65));
  if (!disposable) CHECK(project.strata({"reset", "--yes"}).exit_code == 65);
  CHECK(project.strata({"reset", "--yes", "--url", project.database()}).exit_code == 65);
  CHECK(project.ask_database("SELECT count(*) FROM shop.item") == "1");
}

TEST_CASE("reset: killed anywhere, the next one ends it", "[cli]") {
  if (!PostgresServer::is_available()) return;
  const std::string where = GENERATE("reset-intent", "reset-done", "intent", "guarded");
  const DisposableProject project(true);
  REQUIRE(project.strata({"deploy"}).exit_code == 0);
  REQUIRE(project.strata({"reset", "--yes"}, {{"STRATA_TEST_KILL_AT", where}}).signal == SIGKILL);
  const auto result = project.strata({"reset", "--yes"});
  INFO(told(result));
  CHECK(result.exit_code == 0);
  CHECK(project.strata({"audit", "verify"}).exit_code == 0);
  CHECK(project.ask_database("SELECT count(*) FROM shop.item") == "0");
}
