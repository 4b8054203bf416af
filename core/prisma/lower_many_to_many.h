// Relations of two lists, which have a table of their own.
#pragma once

#include "core/prisma/declarations.h"

#include <vector>

namespace strata::prisma {

// The tables of the implicit many-to-many relations, in the order of the fields on their A sides: the model whose name
// comes first in byte order, or the field, where a model is related to itself. Fails for a model that has no id of one
// column. Foreign keys included.
Result<std::vector<Table>> lower_many_to_many(const Declarations& declarations);

}  // namespace strata::prisma
