// What @default may be given.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"

namespace strata::prisma {

// Checks @default of a field that is no relation: a function that PostgreSQL or the client has for this type, or a
// value of the field's type; for a list a list of them. An Int is only checked to fit 64 bits, as Prisma does.
Result<void> check_default(const SchemaIndex& index, const SchemaFile& file, const Entry& field);

}  // namespace strata::prisma
