// Types of fields as types of columns.
#pragma once

#include "core/prisma/declarations.h"

namespace strata::prisma {

// Fails for a type that nothing declares, a @db.… that Postgres does not have, and for its arguments where they are no
// numbers. That a native type fits its scalar is the business of validation.
Result<ColumnType> lower_type(const Declarations& declarations, const SchemaFile& file, const Entry& field);

}  // namespace strata::prisma
