// The tables that Prisma makes by itself for relations of many to many.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"

namespace strata::prisma {

// No such table may have the name of another, nor of a model, view or enum of its schema. Prisma does not look, and
// then PostgreSQL refuses. The relations are valid.
Result<void> validate_join_tables(const SchemaIndex& index);

}  // namespace strata::prisma
