#include "tests/support/console.h"

#include "tests/support/temp_dir.h"

#include <sstream>

namespace strata::test {

namespace {

constexpr std::string_view anything = "…";

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

bool line_fits(std::string_view pattern, std::string_view line) {
  const auto mark = pattern.find(anything);
  if (mark == std::string_view::npos) return pattern == line;
  if (!line.starts_with(pattern.substr(0, mark))) return false;
  const auto rest = pattern.substr(mark + anything.size());
  for (auto from = mark; from <= line.size(); ++from) {
    if (line_fits(rest, line.substr(from))) return true;
  }
  return false;
}

bool lines_fit(const std::vector<std::string>& patterns, std::size_t p, const std::vector<std::string>& lines,
               std::size_t l) {
  if (p == patterns.size()) return l == lines.size();
  if (patterns[p] == anything) {
    for (; l <= lines.size(); ++l) {
      if (lines_fit(patterns, p + 1, lines, l)) return true;
    }
    return false;
  }
  return l < lines.size() && line_fits(patterns[p], lines[l]) && lines_fit(patterns, p + 1, lines, l + 1);
}

}  // namespace

std::vector<ConsoleCommand> console_commands(std::string_view document) {
  std::vector<ConsoleCommand> commands;
  bool inside = false;
  int number = 0;
  for (const auto& line : lines_of(document)) {
    ++number;
    if (line.starts_with("```")) {
      inside = !inside && line == "```console";
    } else if (inside && line.starts_with("$ ")) {
      commands.push_back({number, line.substr(2), {}});
    } else if (inside && !commands.empty() && line.starts_with("> ")) {
      commands.back().command += "\n" + line.substr(2);
    } else if (inside && !commands.empty()) {
      commands.back().expected.push_back(line);
    }
  }
  return commands;
}

std::vector<std::string> run_console(const std::vector<ConsoleCommand>& commands, ProcessOptions options) {
  const TempDir dir;
  std::string script = "code=0\n";
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const auto file = (dir.path() / std::to_string(i)).string();
    script += "exec >" + file + " 2>&1\n(exit $code)\n" + commands[i].command + "\ncode=$?\n";
  }
  dir.write("script", script);
  run({"bash", (dir.path() / "script").string()}, std::move(options));
  std::vector<std::string> printed;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (!std::filesystem::exists(dir.path() / std::to_string(i))) break;
    printed.push_back(dir.read(std::to_string(i)));
  }
  return printed;
}

std::string unlike(const std::vector<std::string>& expected, const std::string& printed) {
  const auto lines = lines_of(printed);
  if (lines_fit(expected, 0, lines, 0)) return "";
  std::string text = "expected:\n";
  for (const auto& line : expected) text += "  " + line + "\n";
  text += "printed:\n";
  for (const auto& line : lines) text += "  " + line + "\n";
  return text;
}

}  // namespace strata::test
