// docs/offline.md, word for word.
#include "tests/support/console.h"
#include "tests/support/plain_project.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace fs = std::filesystem;
using namespace strata::test;

namespace {

std::string text_of(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return std::move(text).str();
}

// One shell for all of them, as at a terminal. Each leaves what it printed, and the next sees its exit code.
std::string script_for(const std::vector<ConsoleCommand>& commands) {
  std::string script;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto number = std::to_string(i);
    script += "exec >" + number + ".printed 2>&1\n(exit $code)\n" + commands[i].command + "\ncode=$?\n";
  }
  return "code=0\n" + script;
}

}  // namespace

TEST_CASE("docs/offline.md: every command of the story prints what the page shows", "[docs]") {
  if (!PostgresServer::is_available()) return;
  const auto commands = console_commands(text_of(fs::path(STRATA_SOURCE_DIR) / "docs" / "offline.md"));
  REQUIRE(commands.size() > 20);
  Project project("");
  const auto story = project.root() / "story";
  const auto printed = project.root() / "printed";
  fs::create_directories(story);
  fs::create_directories(printed);
  fs::create_directories(project.root() / "bin");
  fs::create_symlink(STRATA_PROGRAM, project.root() / "bin" / "strata");
  // What scripts/demo leaves, as far as the story needs it.
  fs::create_directories(project.root() / "demo");
  fs::copy(fs::path(STRATA_BINARY_DIR) / "plugins", project.root() / "demo" / "plugins");

  auto script = script_for(commands);
  for (auto at = script.find("exec >"); at != std::string::npos; at = script.find("exec >", at + 1))
    script.insert(at + 6, printed.string() + "/");
  project.write("story.sh", script);
  const auto ended = run({"bash", (project.root() / "story.sh").string()},
                         {.cwd = story,
                          .env = {{"PATH", (project.root() / "bin").string() + ":" + std::getenv("PATH")},
                                  {"DEMO", (project.root() / "demo").string()}},
                          .timeout = std::chrono::minutes(5)});
  CHECK_FALSE(ended.timed_out);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    INFO("docs/offline.md:" << commands[i].line << ": " << commands[i].command);
    CHECK(unlike(commands[i].expected, text_of(printed / (std::to_string(i) + ".printed"))) == "");
  }
  for (const auto* target : {"staging", "production"}) {
    run({STRATA_PROGRAM, "db", "stop", "--target", target}, {.cwd = story});
  }
}
