// What one run will do, decided before anything is touched. Pure: the same catalog and the same applied set give the
// same plan, with Postgres or from the ledger.
#pragma once

#include "core/base/result.h"
#include "core/catalog/catalog.h"
#include "core/model/applied.h"
#include "core/sql/script.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace strata {

enum class StepReason {
  pending,             // never applied here
  repeatable_new,      // a repeatable that never ran here
  repeatable_changed,  // a repeatable whose text has changed since it ran
  continues,           // begun without a transaction by an earlier run: goes on at statement resume_at + 1
};

std::string describe(StepReason reason);

struct Step {
  const Migration* migration = nullptr;  // borrowed from the catalog, which outlives the plan
  const Module* module = nullptr;
  Script script;
  Script verify;  // of verify.sql; empty where there is none
  StepReason reason = StepReason::pending;
  std::size_t resume_at = 0;       // continues: statements that are done already
  bool refused_before = false;     // continues: the server refused statement resume_at + 1, so it is surely not done
  bool out_of_order = false;       // older than one applied in its module, and that was allowed
  std::optional<Digest> replaces;  // repeatable_changed: sha256 of the text that ran before

  // One transaction for all of it. What was begun without one goes on without one, whatever its text says now.
  bool runs_in_transaction() const { return script.transactional && reason != StepReason::continues; }
};

// An applied migration whose text changed in comments, blanks or line ends only.
struct AcceptedChange {
  const Migration* migration = nullptr;
  Digest before{};
};

struct Plan {
  std::vector<Step> steps;
  std::vector<AcceptedChange> accepted;
  std::vector<MigrationId> unknown;  // applied here, but no module of this catalog contributes it
  Digest digest{};                   // of the steps: id, sha256 and resume_at of each, in order
};

struct PlanOptions {
  std::optional<MigrationId> to;  // the last step, in the catalog's order
  bool allow_out_of_order = false;
};

// An empty plan is a success. Fails with changed_migration (all of them are listed), out_of_order, needs_person (a
// migration in doubt, with the command that settles it), unknown_migration (`to` names none), bad_migration (a text of
// a step is refused).
Result<Plan> make_plan(const Catalog& catalog, const Applied& applied, const PlanOptions& options);

enum class StatusOfMigration { applied, pending, failed, changed, unknown };
const char* name_of(StatusOfMigration status);

struct MigrationStatus {
  MigrationId id;
  MigrationKind kind = MigrationKind::migration;
  StatusOfMigration status = StatusOfMigration::pending;
  std::string detail;  // "statement 2 of 3 failed", "comments or blanks changed only", …
};

// Applied by a newer version of its module than the catalog has: this is an older release.
bool is_of_newer_release(const Catalog& catalog, const AppliedMigration& migration);

// Those of the catalog's modules of which all is applied, each with its version. Left out are also those that the
// database has in a newer version: what that one has is not known here.
std::map<std::string, std::string> whole_modules(const Catalog& catalog, const Applied& applied);

// Every migration of the catalog and of the applied set, in the catalog's order, unknown ones last. Never fails over a
// changed text: that is one of the answers.
std::vector<MigrationStatus> status_of(const Catalog& catalog, const Applied& applied);

}  // namespace strata
