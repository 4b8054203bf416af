// What a database holds, asked of its system catalogs.
#pragma once

#include "core/base/result.h"
#include "core/inventory/inventory.h"
#include "core/postgres/pg_session.h"

#include <string>
#include <vector>

namespace strata {

// Everything but Postgres' own schemas, what belongs to extensions, the schema of the history, and Prisma's table.
// Not looked at: owners, privileges, the order of columns, and what is not in ObjectKind (operators, casts, text
// search, publications, foreign servers, event triggers). In one round trip; the session keeps its settings. Printing
// views and rules takes ACCESS SHARE locks: waits for them at most 200 ms, then fails with lock_unavailable.
Result<Inventory> read_inventory(PgSession& session, const std::string& history_schema);

// The same with how big it is, in one round trip too.
struct DatabaseContents {
  Inventory inventory;
  std::vector<TableSize> sizes;    // sorted by schema and name
  std::vector<std::string> roles;  // of the server, but Postgres' own; sorted
};
Result<DatabaseContents> read_contents(PgSession& session, const std::string& history_schema);

}  // namespace strata
