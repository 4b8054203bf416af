// Plugins in a run: none of their code counts, and strata.lock says which are taken.
#include "tests/support/project.h"

#include <csignal>
#include <fstream>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

// A project whose one module, greeting, comes as the hostile plugin.
fs::path put_plugin(const Project& project, std::string_view bytes = bytes_of(STRATA_HOSTILE_PLUGIN)) {
  project.write("strata.toml", "[project]\nmodules = []\nplugins = [\"plugins\"]\n");
  return project.write("plugins/greeting.so", bytes);
}

}  // namespace

TEST_CASE("plugin: one that does harm as soon as it is loaded is inspected, planned and deployed, and does none",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  const auto plugin = put_plugin(project);
  const auto mark = project.root() / "harmed";
  const Environment environment{{"STRATA_HOSTILE_MARK", mark.string()}};
  CHECK(project.json({"module", "inspect", plugin.string()})["module"]["id"] == "greeting");
  for (const Arguments& command : {Arguments{"module", "list"}, {"plan"}, {"deploy"}, {"deploy"}, {"status"}}) {
    const auto result = project.strata(command, environment);
    INFO(told(result));
    CHECK(result.exit_code == 0);
    CHECK_FALSE(fs::exists(mark));
  }
  check_settled(project);
  // The harm is real: whoever loads it dies of it.
  CHECK(run({STRATA_LOAD_TABLE, plugin.string()}, {.env = environment}).signal == SIGABRT);
  CHECK(fs::exists(mark));
}

TEST_CASE("plugin: --locked takes the modules that strata.lock pins, and refuses any other with what was expected",
          "[cli]") {
  if (!PostgresServer::is_available()) return;
  const Project project;
  const auto plugin = put_plugin(project);
  const auto refused = [&](const std::string& because, int exit_code = 77) {
    for (const auto& command : {"plan", "deploy"}) {
      const auto result = project.strata({command, "--locked"});
      INFO(told(result));
      CHECK(result.exit_code == exit_code);
      CHECK(contains(result.err, because));
    }
    CHECK(project.ask("SELECT to_regnamespace('strata') IS NULL") == "t");
  };
  refused("strata module lock writes it", 65);
  REQUIRE(project.strata({"module", "lock"}).exit_code == 0);
  CHECK(project.strata({"plan"}, {{"STRATA_LOCKED", "1"}}).exit_code == 0);
  CHECK(project.strata({"module", "lock", "--check"}).exit_code == 0);

  // A byte of the file that is no part of the bundle, one that is, one module more, one less.
  auto bytes = bytes_of(plugin);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  put_plugin(project, bytes);
  refused("expected a library with SHA-256");
  CHECK(project.strata({"module", "lock", "--check"}).exit_code == 77);
  put_plugin(project);
  project.module("extra");
  project.write("strata.toml", "[project]\nmodules = [\"modules\"]\nplugins = [\"plugins\"]\n");
  refused("extra (modules/extra) is not pinned");
  put_plugin(project);
  project.remove("modules");
  const auto lock = bytes_of(project.root() / "strata.lock");
  project.write("strata.lock", lock + "\n[module.gone]\ndigest = \"" + std::string(64, 'a') + "\"\n");
  refused("gone  is pinned, but not there");
  project.write("strata.lock", "format = 1\n");
  refused("greeting (plugins/greeting.so) is not pinned");

  project.write("strata.lock", lock);
  CHECK(project.strata({"deploy", "--locked"}).exit_code == 0);
}

TEST_CASE("plugin: a lock file written from folders holds for the plugins made of them", "[cli]") {
  const Project project("");
  project.migration("shop/20260101000000_items", "CREATE TABLE item (id int);");
  REQUIRE(project.strata({"module", "lock"}).exit_code == 0);
  const auto first = bytes_of(project.root() / "strata.lock");
  CHECK(contains(first, "[module.shop]"));
  CHECK_FALSE(contains(first, "library"));
  REQUIRE(project.strata({"module", "lock"}).exit_code == 0);
  CHECK(bytes_of(project.root() / "strata.lock") == first);
  project.write("modules/shop/migrations/20260101000000_items/migration.sql", "CREATE TABLE item (id bigint);");
  const auto changed = project.strata({"module", "list", "--locked"});
  INFO(told(changed));
  CHECK(changed.exit_code == 77);
  CHECK(contains(changed.err, "expected digest"));
}
