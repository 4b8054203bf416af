#include "core/cli/completion.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <sstream>
#include <vector>

namespace strata {

namespace {

// One command with what may follow it: "", "plan", "audit verify".
struct Entry {
  std::string path;
  std::vector<const CLI::App*> commands;
  std::vector<const CLI::Option*> options;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Entry>& entries) {
  Entry entry{path, app.get_subcommands(nullptr), {}};
  for (const auto* option : app.get_options()) {
    if (!option->get_lnames().empty()) entry.options.push_back(option);
  }
  entries.push_back(entry);
  for (const auto* command : entry.commands)
    collect(*command, path.empty() ? command->get_name() : path + " " + command->get_name(), entries);
}

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

// bash, and zsh through its bashcompinit: the words so far decide which list is offered.
std::string bash_script(const std::vector<Entry>& entries, bool zsh) {
  std::ostringstream out;
  if (zsh) out << "#compdef strata\nautoload -U +X bashcompinit && bashcompinit\n";
  out << "_strata() {\n  local word path='' current=\"${COMP_WORDS[COMP_CWORD]}\" words=''\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n    case \"$word\" in -*) ;; *) path=\"${path:+$path "
         "}$word\" ;; esac\n  done\n"
         "  while :; do\n    case \"$path\" in\n";
  std::string global;
  for (const auto* option : entries.front().options) global += " --" + option->get_lnames().front();
  for (const auto& entry : entries) {
    std::string words;
    for (const auto* command : entry.commands) words += " " + command->get_name();
    for (const auto* option : entry.options) words += " --" + option->get_lnames().front();
    out << "      " << shell_quoted(entry.path)
        << ") words=" << shell_quoted(words + (entry.path.empty() ? "" : global)) << "; break ;;\n";
  }
  out << "      *' '*) path=\"${path% *}\" ;;\n      *) path='' ;;\n    esac\n  done\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}\ncomplete -o default -F _strata strata\n";
  return out.str();
}

std::string fish_script(const std::vector<Entry>& entries) {
  std::ostringstream out;
  out << "complete -c strata -f\n";
  for (const auto& entry : entries) {
    std::string condition = "__fish_use_subcommand";
    if (!entry.path.empty()) {
      condition.clear();
      std::istringstream words(entry.path);
      for (std::string word; words >> word;)
        condition += (condition.empty() ? "" : "; and ") + std::string("__fish_seen_subcommand_from ") + word;
    }
    for (const auto* command : entry.commands) {
      out << "complete -c strata -n " << shell_quoted(condition) << " -a " << command->get_name() << " -d "
          << shell_quoted(command->get_description()) << "\n";
    }
    for (const auto* option : entry.options) {
      out << "complete -c strata " << (entry.path.empty() ? "" : "-n " + shell_quoted(condition) + " ") << "-l "
          << option->get_lnames().front() << " -d " << shell_quoted(option->get_description()) << "\n";
    }
  }
  return out.str();
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  std::vector<Entry> entries;
  collect(app, "", entries);
  return shell == "fish" ? fish_script(entries) : bash_script(entries, shell == "zsh");
}

}  // namespace strata
