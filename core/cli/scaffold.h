// The files that `init`, `module new` and `migration new` write. An existing file is never overwritten there; what a
// command was given with -o is.
#pragma once

#include "core/base/result.h"

#include <string>
#include <utility>
#include <vector>

namespace strata {

using NewFiles = std::vector<std::pair<std::string, std::string>>;  // path, text

NewFiles new_module_files(const std::string& folder, const std::string& id, const std::string& timestamp);
NewFiles new_migration_files(const std::string& migrations_folder, const std::string& folder_name,
                             const std::string& module);
NewFiles new_project_files(const std::string& root, const std::string& project, const std::string& module,
                           const std::string& timestamp);

// For a project of Prisma's: `migrations` is its folder of migrations, `schema` its schema file or folder, or empty.
NewFiles new_prisma_project_files(const std::string& project, const std::string& migrations, const std::string& schema);

// Writes all or, where one of them exists already, none. Fails with refused or io_failed, naming the path.
Result<void> write_new_files(const NewFiles& files);

}  // namespace strata
