// The schema that statements are measured on: t with eleven indexes and a column of every kind, and what stands around
// it. As SQL, and as the inventory that a reader makes of it.
#pragma once

#include "core/inventory/inventory.h"

namespace strata::test {

extern const char* const lk_schema;
Inventory lk_inventory();

}  // namespace strata::test
