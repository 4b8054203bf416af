// Fields as columns.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"
#include "core/schema/schema.h"

#include <vector>

namespace strata::prisma {

// One for each field but relations and composite types, which have no column.
Result<std::vector<Column>> lower_columns(const SchemaIndex& index, const Declaration& model);

}  // namespace strata::prisma
