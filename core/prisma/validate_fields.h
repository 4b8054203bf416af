// Fields: their types, and what their attributes say about them alone.
#pragma once

#include "core/base/result.h"
#include "core/prisma/configuration.h"
#include "core/prisma/schema_index.h"

namespace strata::prisma {

// Checks types, native types, defaults and @updatedAt of every field of a model or view. Composite types are refused:
// PostgreSQL has none; views too unless the preview feature is asked for.
Result<void> validate_fields(const SchemaIndex& index, const Configuration& configuration,
                             const Declaration& declaration);

}  // namespace strata::prisma
