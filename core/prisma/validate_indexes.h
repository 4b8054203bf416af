// Ids, uniques and indexes.
#pragma once

#include "core/base/result.h"
#include "core/prisma/configuration.h"
#include "core/prisma/criterion.h"

namespace strata::prisma {

// Checks a model's or view's ids, uniques and indexes: one id of required fields; some criterion that identifies a row,
// unless the model is ignored; types, sort orders and operator classes that PostgreSQL has for the columns.
Result<void> validate_indexes(const SchemaIndex& index, const Configuration& configuration,
                              const Declaration& declaration);

// No two keys, uniques or indexes of one database schema may have one name.
Result<void> validate_index_names(const SchemaIndex& index);

}  // namespace strata::prisma
