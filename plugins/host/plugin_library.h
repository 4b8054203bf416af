// A plugin's file: who may have written it, its bytes, and the bundle within. No code of it runs.
#pragma once

#include "core/base/result.h"

#include <string>
#include <vector>

namespace strata {

struct PluginLibrary {
  std::string path;
  std::string bytes;   // the whole file, read once: what is checked is what is used
  std::string bundle;  // the section .strata.bundle
  std::string machine;
};

// The *.so files of a folder, sorted. Fails with not_permitted (naming path, owner, mode and the chmod) when the folder
// or one of its ancestors could have been written by somebody else than root or this user, with bad_config when it is
// not there. A sticky folder that all may write, such as /tmp, passes as an ancestor: its entries are their owners'
// own.
Result<std::vector<std::string>> list_plugin_files(const std::string& folder);

// Fails with not_permitted or bad_module, naming the path. Opens without following a symlink at the end and without
// ever waiting (a FIFO, a device).
Result<PluginLibrary> read_plugin_library(const std::string& path);

}  // namespace strata
