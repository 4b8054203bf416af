// Relations: both sides, and the foreign key between them.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"

namespace strata::prisma {

// Checks every relation field of a model or view: it has exactly one opposite field, by relation name if there are
// several; one side has fields: and references: that fit each other, and the model they refer to; many to many needs
// models with an id of one field.
Result<void> validate_relations(const SchemaIndex& index, const Declaration& declaration);

}  // namespace strata::prisma
