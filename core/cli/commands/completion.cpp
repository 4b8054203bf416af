#include "core/cli/completion.h"
#include "core/cli/workbench.h"

#include <CLI/CLI.hpp>

namespace strata {

void add_completion(CLI::App& app, Workbench& bench) {
  auto* sub = app.add_subcommand("completion", "Completion for your shell");
  auto shell = std::make_shared<std::string>();
  sub->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  sub->footer("Example:  source <(strata completion bash)");
  sub->callback([&app, &bench, shell] {
    bench.chosen = [&app, &bench, shell] {
      bench.print(completion_script(app, *shell));
      return 0;
    };
  });
}

}  // namespace strata
