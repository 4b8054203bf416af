// Relations under relationMode = "prisma": the client does what a foreign key would do.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"

namespace strata::prisma {

// Checks, for relations that have passed validate_relations, that the client knows their actions, and that none of what
// it does at an update or delete comes back to the model where it began.
Result<void> validate_relation_mode(const SchemaIndex& index);

}  // namespace strata::prisma
