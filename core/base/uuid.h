// Random (version 4) UUIDs: of runs, ledgers and databases. Made here, since Postgres 12 has no gen_random_uuid().
#pragma once

#include <string>

namespace strata {
std::string make_uuid();  // lower case, with hyphens
}  // namespace strata
