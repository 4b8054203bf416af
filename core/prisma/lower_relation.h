// Relations with `fields` and `references`, as foreign keys.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"
#include "core/schema/schema.h"

#include <vector>

namespace strata::prisma {

// What the fields of `model` refer to, in their order. Relations with views are none to Postgres.
Result<std::vector<ForeignKey>> lower_foreign_keys(const SchemaIndex& index, const Declaration& model);

}  // namespace strata::prisma
