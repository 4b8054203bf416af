// Types of fields as types of columns.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"
#include "core/schema/schema.h"

namespace strata::prisma {

// Fails for a type that nothing declares, and for a @db.… that does not fit (built_in_type).
Result<ColumnType> lower_type(const SchemaIndex& index, const SchemaFile& file, const Entry& field);

}  // namespace strata::prisma
