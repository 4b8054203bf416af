// The questions to Postgres' system catalogs that make an inventory (core/inventory/inventory.h).
#pragma once

#include <string>

namespace strata {

// One query: kind, schema, parent, name and properties (a JSON object of texts) of every object, in no order. $1 is
// the schema of the history, which is left out, as are Postgres' own, those of extensions, and Prisma's table. To be
// asked with an empty search_path, so that all names are printed with their schemas. `server_version` as in 150020.
std::string inventory_query(int server_version);

// schema, name, rows, bytes of the heap with its TOAST table, bytes of all indexes: of tables and materialized views.
extern const char* const table_size_query;  // $1 likewise
extern const char* const role_query;        // names of roles, but Postgres' own

}  // namespace strata
