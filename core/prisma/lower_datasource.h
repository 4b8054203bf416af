// What the datasource says about the database itself.
#pragma once

#include "core/prisma/schema_tree.h"
#include "core/schema/schema.h"

#include <vector>

namespace strata::prisma {

// In the order of their names in the schema language, not in the database.
std::vector<Extension> lower_extensions(const std::vector<SchemaFile>& files);

// False for relationMode = "prisma": the client looks after relations, not the database.
bool has_foreign_keys(const std::vector<SchemaFile>& files);

}  // namespace strata::prisma
