// What all objects of a database schema have: a name there, and a place where the schema language defines them.
#pragma once

#include "core/prisma/schema_tree.h"
#include "core/schema/schema.h"

namespace strata::prisma {

// Of @@schema and @@map, or the default schema and the name in the schema language.
ObjectName object_name(const Block& block);

Definition defined_at(const SchemaFile& file, Place place);

}  // namespace strata::prisma
