// Names: well formed, not reserved, and each one once.
#pragma once

#include "core/base/result.h"
#include "core/prisma/configuration.h"
#include "core/prisma/schema_index.h"

namespace strata::prisma {

// The block's own name, and those of its fields or values: in the schema, and for fields in the database too.
Result<void> validate_names(const Declaration& declaration);

// Tables and enums of one database schema share their names: PostgreSQL makes a type for each table. Also checks
// @@schema against the datasource's schemas.
Result<void> validate_database_names(const SchemaIndex& index, const Configuration& configuration);

}  // namespace strata::prisma
