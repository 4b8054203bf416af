// Shell completion, made from the command line's own definition so that it cannot go stale.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace strata {

std::string completion_script(const CLI::App& app, const std::string& shell);  // bash, zsh or fish

}  // namespace strata
