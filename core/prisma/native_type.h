// PostgreSQL's types behind @db.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"
#include "core/schema/schema.h"

#include <string>

namespace strata::prisma {

// The field's @db attribute, whatever the datasource is called; nullptr: it has none.
const Attribute* native_type_of(const Entry& field);

// `Int`, or with a native type `Int@SmallInt`: how tables of what fits what name a column's type. Lists: `Int[]`.
std::string column_type(const Entry& field);

// The type of PostgreSQL's that a scalar field has, or the items of a list: that of its @db attribute, which has to be
// known, for this scalar, and with numbers that PostgreSQL takes; else the one that Prisma has chosen for the scalar.
Result<BuiltInType> built_in_type(const SchemaFile& file, const Entry& field);

}  // namespace strata::prisma
