// Types of fields as types of columns.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"
#include "core/schema/schema.h"

namespace strata::prisma {

// Fails for a type that nothing declares, a @db.… that Postgres does not have, and for its arguments where they are no
// numbers. That a native type fits its scalar is the business of validation.
Result<ColumnType> lower_type(const SchemaIndex& index, const SchemaFile& file, const Entry& field);

}  // namespace strata::prisma
