// Modules that lie in folders, and the project's own migrations/.
#pragma once

#include "core/base/result.h"
#include "core/discovery/module_parts.h"

#include <string>

namespace strata {

// `folder` holds module.toml. Names beginning with '.' are passed over, and README.md and CMakeLists.txt; everything
// else below schema/, migrations/ and repeatable/ is read. Symbolic links are followed inside the folder only; FIFOs,
// devices and files over 256 MiB are errors. Where migrations/ holds migration_lock.toml it is Prisma's, and read as
// Prisma does: each folder in it is a migration, and links and other files mean nothing. Fails with bad_module, naming
// the path.
Result<ModuleParts> read_module_folder(const std::string& folder);

// The module `base`: `folder` holds the migration folders themselves, `schema` the fragments, in folders of any depth,
// or is the only one. Neither need be there. `prisma`: it is Prisma's folder also without migration_lock.toml.
Result<ModuleParts> read_base_folder(const std::string& folder, const std::string& schema, bool prisma);

}  // namespace strata
