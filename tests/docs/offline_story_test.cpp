// docs/offline.md, word for word.
#include "tests/support/console.h"
#include "tests/support/plain_project.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <filesystem>

namespace fs = std::filesystem;
using namespace strata::test;

TEST_CASE("docs/offline.md: every command of the story prints what the page shows", "[docs]") {
  if (!PostgresServer::is_available()) return;
  const auto commands = console_commands(bytes_of(STRATA_SOURCE_DIR "/docs/offline.md"));
  REQUIRE(commands.size() > 20);
  Project project("");
  const auto story = project.root() / "story";
  fs::create_directories(story);
  fs::create_directories(project.root() / "bin");
  fs::create_symlink(STRATA_PROGRAM, project.root() / "bin" / "strata");
  // What scripts/demo leaves, as far as the story needs it.
  fs::create_directories(project.root() / "demo");
  fs::copy(fs::path(STRATA_BINARY_DIR) / "plugins", project.root() / "demo" / "plugins");

  const auto printed =
      run_console(commands, {.cwd = story,
                             .env = {{"PATH", (project.root() / "bin").string() + ":" + std::getenv("PATH")},
                                     {"DEMO", (project.root() / "demo").string()}},
                             .timeout = std::chrono::minutes(5)});
  CHECK(printed.size() == commands.size());
  for (std::size_t i = 0; i < printed.size(); ++i) {
    INFO("docs/offline.md:" << commands[i].line << ": " << commands[i].command);
    CHECK(unlike(commands[i].expected, printed[i]) == "");
  }
  for (const auto* target : {"staging", "production"}) {
    run({STRATA_PROGRAM, "db", "stop", "--target", target}, {.cwd = story});
  }
}
