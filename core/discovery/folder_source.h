// Modules that lie in folders, and the project's own migrations/.
#pragma once

#include "core/base/result.h"
#include "core/discovery/module_parts.h"

#include <string>

namespace strata {

// `folder` holds module.toml. Names beginning with '.' are passed over, and README.md, CMakeLists.txt and Prisma's
// migration_lock.toml; everything else below schema/, migrations/ and repeatable/ is read. Symbolic links are followed
// inside the folder only; FIFOs, devices and files over 256 MiB are errors. Fails with bad_module, naming the path.
Result<ModuleParts> read_module_folder(const std::string& folder);

// The module `base`: `folder` holds the migration folders themselves.
Result<ModuleParts> read_base_folder(const std::string& folder);

}  // namespace strata
