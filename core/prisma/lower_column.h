// Fields as columns.
#pragma once

#include "core/prisma/declarations.h"

namespace strata::prisma {

// `field` is one that has a column (Declarations::is_column).
Result<Column> lower_column(const Declarations& declarations, const SchemaFile& file, const Entry& field);

}  // namespace strata::prisma
