// Which attributes stand where, and which arguments they take.
#pragma once

#include "core/base/result.h"
#include "core/prisma/configuration.h"
#include "core/prisma/schema_index.h"

namespace strata::prisma {

// Checks that every attribute of `block`, its fields and its values is known there, stands once if only one makes
// sense, and has the arguments that it takes, by name or by place. Native types, @db.Text where the datasource is db,
// are left to native_type.h.
Result<void> check_attributes(const SchemaIndex& index, const Configuration& configuration,
                              const Declaration& declaration);

}  // namespace strata::prisma
