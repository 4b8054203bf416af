// Catalogs of a few migrations, and databases in which some of them are applied.
#pragma once

#include "core/plan/plan.h"

#include "tests/support/builders.h"

namespace strata::test {

inline Catalog catalog_of(const std::vector<MigrationSketch>& sketches) {
  return value_of(Catalog::build(modules_of(sketches)));
}

// Applied as `sketches` say, to the end.
inline Applied applied_of(const std::vector<MigrationSketch>& sketches) {
  Applied applied;
  for (const auto& sketch : sketches) {
    const auto migration = migration_of(sketch);
    const auto script = value_of(read_script(migration.sql, migration.path, migration.directives.no_transaction));
    AppliedMigration record{
        .id = migration.id, .kind = migration.kind, .sha256 = migration.sha256, .fingerprint = script.fingerprint};
    record.statements_done = record.statements_total = static_cast<int>(script.statements.size());
    applied[migration.id] = record;
  }
  return applied;
}

// Begun without a transaction, and stopped after `done` statements.
inline Applied stopped_after(int done, MigrationState state, MigrationSketch sketch) {
  sketch.no_transaction = true;
  auto applied = applied_of({sketch});
  auto& record = applied.begin()->second;
  const auto script = value_of(read_script(sketch.sql, "m.sql", true));
  record.state = state;
  record.statements_done = done;
  record.fingerprint = script.fingerprint_of_first(static_cast<std::size_t>(done));
  return applied;
}

inline std::vector<std::string> steps_of(const Plan& plan) {
  std::vector<std::string> ids;
  for (const auto& step : plan.steps) ids.push_back(step.migration->id.text());
  return ids;
}

}  // namespace strata::test
