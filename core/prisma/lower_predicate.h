// `where` of an index: which rows it has.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"

#include <string>

namespace strata::prisma {

// The SQL between the parentheses of WHERE; empty without a `where`. Of raw("…") as it is written; of
// { a: 1, b: { not: null } } the conditions, joined by AND.
Result<std::string> lower_predicate(const Declaration& model, const Attribute& index);

}  // namespace strata::prisma
