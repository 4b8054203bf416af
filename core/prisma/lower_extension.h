// `extensions` of the datasource.
#pragma once

#include "core/prisma/declarations.h"

#include <vector>

namespace strata::prisma {

// In the order of their names in the schema, not in the database.
std::vector<Extension> lower_extensions(const Declared& datasource);

}  // namespace strata::prisma
