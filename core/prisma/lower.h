// From Prisma's schema language to the database schema that it asks for.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"
#include "core/schema/schema.h"

#include <vector>

namespace strata::prisma {

// Lowers all files together, in the order given. They have passed validation; what has not is lowered as far as it
// makes sense, or fails with bad_module. Views and composite types give nothing.
Result<DesiredSchema> lower(const std::vector<SchemaFile>& files);

}  // namespace strata::prisma
