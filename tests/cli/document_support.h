// Commands that stand in a document, run as a reader would: in the project's folder, with strata in the PATH.
#pragma once

#include "tests/support/project.h"

#include <cstdlib>
#include <regex>
#include <string>
#include <vector>

namespace strata::test {

// The blocks between "```sh" and "```".
inline std::vector<std::string> shell_blocks_of(const std::string& text) {
  std::vector<std::string> blocks;
  const std::regex block("```sh\n([^`]*)```");
  for (std::sregex_iterator at(text.begin(), text.end(), block), end; at != end; ++at) blocks.push_back((*at)[1]);
  return blocks;
}

inline ProcessResult run_block(const Project& project, const std::string& block, Environment environment) {
  environment["PATH"] = std::filesystem::path(STRATA_PROGRAM).parent_path().string() + ":" + std::getenv("PATH");
  return run({"sh", "-e", "-c", block}, {.cwd = project.root(), .env = std::move(environment)});
}

// An Ed25519 key as openssl makes it: NAME.pem and NAME.pub.pem in the project's folder.
inline void make_key(const Project& project, const std::string& name) {
  const ProcessOptions there{.cwd = project.root()};
  REQUIRE(run({"openssl", "genpkey", "-algorithm", "ed25519", "-out", name + ".pem"}, there).exit_code == 0);
  std::filesystem::permissions(project.root() / (name + ".pem"), std::filesystem::perms{0600});
  REQUIRE(run({"openssl", "pkey", "-in", name + ".pem", "-pubout", "-out", name + ".pub.pem"}, there).exit_code == 0);
}

}  // namespace strata::test
