// Console blocks of a document: what somebody types, and what he then sees.
//
//   ```console
//   $ strata status
//   cases  1.4.0  …
//   …
//   ```
//
// A line that begins with "$ " is a command; lines below it that begin with "> " belong to it. What follows, up to the
// next command, is what it prints, on either stream. "…" stands for anything within a line, a line of it alone for any
// number of lines.
#pragma once

#include "tests/support/process.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata::test {

struct ConsoleCommand {
  int line = 0;  // in the document, from 1
  std::string command;
  std::vector<std::string> expected;
};

// Of every console block, in order.
std::vector<ConsoleCommand> console_commands(std::string_view document);

// Runs them in one bash, as at a terminal: each sees the folder, the variables and the exit code that those before it
// left. What each printed; fewer than there are commands when time was up.
std::vector<std::string> run_console(const std::vector<ConsoleCommand>& commands, ProcessOptions options);

// Empty when it is as expected; else what is wrong, and all that was printed.
std::string unlike(const std::vector<std::string>& expected, const std::string& printed);

}  // namespace strata::test
