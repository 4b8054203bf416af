// What one statement does to the tables that are there: which lock it takes on each, and whether that lasts as long as
// the table is big. Facts: sql.md section 1, measured on Postgres 12 to 18.
#pragma once

#include "core/forecast/lock_mode.h"
#include "core/forecast/world.h"
#include "core/inventory/inventory.h"
#include "core/sql/script.h"

#include <string>
#include <vector>

namespace strata {

struct TableImpact {
  std::string schema;
  std::string table;  // or view, materialized view, sequence, composite type
  ObjectKind kind = ObjectKind::table;
  LockMode lock = LockMode::none;            // the strongest
  bool scans = false;                        // reads all of it, or may
  bool rewrites = false;                     // writes all of it anew, and its indexes; it is read for that as well
  bool drops = false;                        // the table itself
  bool empties = false;                      // TRUNCATE: a new, empty file
  std::vector<std::string> rebuilt_indexes;  // the table is kept, these are built again
  std::string because;                       // of the worst of these

  bool lasts() const { return scans || rewrites || !rebuilt_indexes.empty(); }
};

struct StatementImpact {
  std::vector<TableImpact> tables;  // by name; only those that were there before the plan
  std::string unknown;              // why there may be more; "" where there is none
};

// Brings `world` to what it is after the statement.
StatementImpact impact_of(const Statement& statement, World& world, int server_major);

}  // namespace strata
