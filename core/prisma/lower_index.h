// Ids, uniques and indexes.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"
#include "core/schema/schema.h"

#include <optional>
#include <vector>

namespace strata::prisma {

// Of @id or @@id. Nothing for a model without.
Result<std::optional<PrimaryKey>> lower_primary_key(const SchemaIndex& index, const Declaration& model);

// The uniques of fields, then @@index, then @@unique.
Result<std::vector<Index>> lower_indexes(const SchemaIndex& index, const Declaration& model);

}  // namespace strata::prisma
