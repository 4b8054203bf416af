// Relations of two lists, which have a table of their own.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"
#include "core/schema/schema.h"

#include <vector>

namespace strata::prisma {

// The tables of the implicit many-to-many relations, in the order of the fields on their A sides. `tables` are
// those of the models, with the ids that the new ones refer to. Fails for a model that has no id of one column.
Result<std::vector<Table>> lower_many_to_many(const SchemaIndex& index, const std::vector<Table>& tables);

}  // namespace strata::prisma
