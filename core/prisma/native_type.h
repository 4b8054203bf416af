// PostgreSQL's types behind @db.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"

#include <string>

namespace strata::prisma {

// The field's @db attribute; nullptr: it has none.
const Attribute* native_type_of(const Entry& field);

// `Int`, or with a native type `Int@SmallInt`: how tables of what fits what name a column's type. Lists: `Int[]`.
std::string column_type(const Entry& field);

// Checks the @db attribute of a scalar field: known, for this scalar, with numbers that PostgreSQL takes.
Result<void> check_native_type(const SchemaFile& file, const Entry& field);

}  // namespace strata::prisma
