// @default as the default of a column.
#pragma once

#include "core/prisma/declarations.h"

#include <optional>

namespace strata::prisma {

// Nothing for a field without @default and for what the client makes: uuid(), autoincrement(), … Fails for a function
// or a value that is no default of the field's type.
Result<std::optional<ColumnDefault>> lower_default(const Declarations& declarations, const SchemaFile& file,
                                                   const Entry& field);

// Whether the field says @default(autoincrement()).
bool is_autoincrement(const Entry& field);

}  // namespace strata::prisma
