// What stands in the parentheses of @@index: the type, columns with sort and ops, and where.
#pragma once

#include "core/base/result.h"
#include "core/prisma/criterion.h"

namespace strata::prisma {

// Checks type:, and sort: and ops: of each column, against the columns' types.
Result<void> check_index_columns(const Declaration& declaration, const Criterion& criterion);

// Checks a partial index's condition: raw("sql"), or an object of fields and values, null or { not: value }.
Result<void> check_where_value(const SchemaIndex& index, const Declaration& declaration, const Value& where);

}  // namespace strata::prisma
