// Ids, uniques and indexes.
#pragma once

#include "core/prisma/declarations.h"

#include <optional>
#include <vector>

namespace strata::prisma {

// Of @id or @@id. Nothing for a model without.
Result<std::optional<PrimaryKey>> lower_primary_key(const Declared& model);

// The uniques of fields, then @@index, then @@unique.
Result<std::vector<Index>> lower_indexes(const Declared& model);

// The columns of the fields that a list like [a, b(sort: Desc)] names, by their names in the database. `list` is null
// where the argument is missing. Fails for a name that is no field of `model`, and for an empty list.
Result<std::vector<std::string>> lower_column_names(const Declared& model, const Value* list, Place place);

}  // namespace strata::prisma
