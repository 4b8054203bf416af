// @default as the default of a column.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"
#include "core/schema/schema.h"

#include <optional>

namespace strata::prisma {

// Nothing for a field without @default and for what the client makes: uuid(), autoincrement(), … Fails for a function
// or a value that is no default of the field's type.
Result<std::optional<ColumnDefault>> lower_default(const SchemaIndex& index, const SchemaFile& file,
                                                   const Entry& field);

// Whether the field says @default(autoincrement()).
bool is_autoincrement(const Entry& field);

}  // namespace strata::prisma
