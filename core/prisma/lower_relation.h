// Relations with `fields` and `references`, as foreign keys.
#pragma once

#include "core/prisma/declarations.h"

#include <string>
#include <vector>

namespace strata::prisma {

// What the fields of `model` refer to, in their order. Relations with views are none to Postgres.
Result<std::vector<ForeignKey>> lower_foreign_keys(const Declarations& declarations, const Declared& model);

// What @relation calls the relation of `field`, or empty.
std::string relation_name(const Entry& field);

}  // namespace strata::prisma
