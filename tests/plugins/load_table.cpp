// Loads a plugin, as the host's child process does, and prints what its exported table says: the size of the table,
// module and version, a line each, then the bundle. A program of its own, so that only it runs what a library does when
// it is loaded.
#include <strata/plugin.h>

#include <boost/dll/shared_library.hpp>

#include <exception>
#include <iostream>
#include <string_view>

namespace {

std::string_view view(const strata_text& text) {
  return {text.data, text.size};
}

}  // namespace

int main(int, char** arguments) {
  try {
    const boost::dll::shared_library library(arguments[1], boost::dll::load_mode::rtld_now);
    const auto& plugin = library.get<const strata_plugin>("strata_plugin_v1");
    std::cout << plugin.struct_size << "\n"
              << view(plugin.module) << "\n"
              << view(plugin.version) << "\n"
              << view(plugin.bundle);
    return STRATA_HAS(strata_plugin, &plugin, capability) && plugin.capability == nullptr ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
