// The schema files of all modules as one.
#pragma once

#include "core/prisma/schema_tree.h"

#include <map>
#include <string>
#include <vector>

namespace strata::prisma {

// One formatted schema of `files`, which come in dependency order: datasource and generators first, then all other
// blocks in their order, nothing left out. With more than one owner, a comment names owner and file above each file's
// blocks; `versions` has the versions of owners that have one. Without a datasource, one for PostgreSQL is put first.
std::string collate(const std::vector<SchemaFile>& files, const std::map<std::string, std::string>& versions);

}  // namespace strata::prisma
