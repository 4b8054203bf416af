// What one module's schema may use of another's.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"

#include <map>
#include <set>
#include <string>

namespace strata::prisma {

// An owner -> the owners that it requires, directly or not. The base module is seen by all; everyone sees itself.
using Visibility = std::map<std::string, std::set<std::string>>;

// Fails when a field uses an enum, or has a foreign key to a model, of a module that its own does not require. The
// field at the other end of a relation, and either end of many to many, may refer to a module that requires its own:
// Prisma demands it, and the tables do not depend on it.
Result<void> validate_modules(const SchemaIndex& index, const Visibility& visibility);

}  // namespace strata::prisma
