#include "core/plan/plan.h"

#include <algorithm>
#include <map>

namespace strata {

namespace {

Result<Script> script_of(const Migration& migration) {
  return read_script(migration.sql, migration.path, migration.directives.no_transaction);
}

bool precedes(const Module* module, std::string_view a, std::string_view b) {
  return module != nullptr && module->is_prisma ? precedes_in_prisma(a, b) : a < b;
}

// The newest applied migration of each module: what an older one that turns up is compared with.
std::map<std::string, std::string> newest_applied(const Catalog& catalog, const Applied& applied) {
  std::map<std::string, std::string> newest;
  for (const auto& [id, record] : applied) {
    if (record.kind != MigrationKind::migration) continue;
    auto& name = newest[id.module];
    if (name.empty() || precedes(catalog.find_module(id.module), name, id.name)) name = id.name;
  }
  return newest;
}

bool same_statements(const Migration& migration, const AppliedMigration& record) {
  const auto fingerprint = fingerprint_of(migration.sql, migration.path);
  return fingerprint && *fingerprint == record.fingerprint;
}

Error in_doubt_error(const AppliedMigration& record) {
  const auto id = record.id.text();
  if (record.statements_done == record.statements_total) {
    return Error{.code = ErrorCode::needs_person,
                 .message = id + " is in doubt: its down.sql was begun without a transaction and has not ended",
                 .next = "look at the database, then: strata resolve " + id +
                         " --applied (all of it is there), or strata "
                         "resolve " +
                         id + " --rolled-back (all of it is undone)",
                 .subject = id};
  }
  const auto statement = std::to_string(record.statements_done + 1);
  return Error{
      .code = ErrorCode::needs_person,
      .message = id + " is in doubt: statement " + statement + " of " + std::to_string(record.statements_total) +
                 " ran without a transaction when its run ended, and the catalogs cannot tell whether it was done",
      .next = "look at the database, then: strata resolve " + id + " --step " + statement +
              " --applied (it was done), strata resolve " + id + " --retry (it was not), or strata resolve " + id +
              " --rolled-back (all of it was undone by hand)",
      .subject = id};
}

// The step for a migration that was begun without a transaction. The statements that are done must be the same still.
Result<Step> continued(const Migration& migration, const AppliedMigration& record) {
  if (record.state == MigrationState::in_doubt) return fail(in_doubt_error(record));
  Step step{.migration = &migration, .reason = StepReason::continues};
  STRATA_TRY(step.script, script_of(migration));
  step.resume_at = static_cast<std::size_t>(record.statements_done);
  step.refused_before = record.state == MigrationState::failed;
  // In a transaction there is no half way: such a row was left by a migration that ended its own transaction.
  if (step.script.transactional && !step.refused_before) return fail(in_doubt_error(record));
  if (step.script.fingerprint_of_first(step.resume_at) != record.fingerprint ||
      step.resume_at > step.script.statements.size()) {
    return fail(Error{.code = ErrorCode::changed_migration,
                      .message = migration.id.text() + " stopped after statement " + std::to_string(step.resume_at) +
                                 ", and the statements that are done already are different now: " + migration.path,
                      .next = "restore those statements (the later ones may change), or: strata resolve " +
                              migration.id.text() + " --applied | --rolled-back",
                      .subject = migration.id.text()});
  }
  // The run that did them is gone, and with it what they left in its session.
  for (std::size_t index = 0; index < step.resume_at && step.resume_at < step.script.statements.size(); ++index) {
    const auto& statement = step.script.statements[index];
    if (statement.session != SessionEffect::bound) continue;
    return fail(Error{.code = ErrorCode::needs_person,
                      .message = migration.id.text() + " stopped after statement " + std::to_string(step.resume_at) +
                                 ", and statement " + std::to_string(index + 1) + " (" + statement.kind +
                                 ") left something in the session of that run which is gone with it, a temporary table "
                                 "or a setting: the statements to come would not find it",
                      .next = "finish it by hand, then strata resolve " + migration.id.text() +
                              " --applied; or undo it by hand, then strata resolve " + migration.id.text() +
                              " --rolled-back",
                      .where = {migration.path, statement.line, statement.column},
                      .subject = migration.id.text()});
  }
  return step;
}

std::string plan_text(const std::vector<Step>& steps) {
  std::string text = "strata-plan-1\n";
  for (const auto& step : steps) {
    text += step.migration->id.text() + " " + hex(step.migration->sha256) + " " + std::to_string(step.resume_at) + "\n";
  }
  return text;
}

}  // namespace

std::string describe(StepReason reason) {
  switch (reason) {
    case StepReason::pending:
      return "pending";
    case StepReason::repeatable_new:
      return "repeatable, new";
    case StepReason::repeatable_changed:
      return "repeatable, changed";
    case StepReason::continues:
      return "continues";
  }
  return "pending";
}

Result<Plan> make_plan(const Catalog& catalog, const Applied& applied, const PlanOptions& options) {
  if (options.to && catalog.find(*options.to) == nullptr) {
    return fail(ErrorCode::unknown_migration, "no module contributes " + options.to->text() + ", which --to names",
                "strata status lists the ids");
  }
  Plan plan;
  std::vector<std::string> changed;
  std::vector<std::string> late;
  const auto newest = newest_applied(catalog, applied);
  bool past_the_end = false;
  for (const auto* migration : catalog.order()) {
    const auto found = applied.find(migration->id);
    const auto* record = found == applied.end() ? nullptr : &found->second;
    const bool same_text = record != nullptr && record->sha256 == migration->sha256;
    const bool finished = record != nullptr && record->state == MigrationState::applied;
    if (finished && !same_text && migration->kind == MigrationKind::migration) {
      if (same_statements(*migration, *record)) {
        plan.accepted.push_back({migration, record->sha256});
      } else {
        changed.push_back(migration->id.text() + "  (" + migration->path + ")");
      }
    }
    if (!past_the_end && !(finished && (same_text || migration->kind == MigrationKind::migration))) {
      Step step{.migration = migration};
      if (record != nullptr && !finished) {
        STRATA_TRY(step, continued(*migration, *record));
      } else {
        STRATA_TRY(step.script, script_of(*migration));
        if (migration->kind == MigrationKind::repeatable) {
          step.reason = finished ? StepReason::repeatable_changed : StepReason::repeatable_new;
          if (finished) step.replaces = record->sha256;
        } else if (const auto latest = newest.find(migration->id.module);
                   latest != newest.end() &&
                   precedes(&catalog.module_of(*migration), migration->id.name, latest->second)) {
          step.out_of_order = true;
          // Prisma applies what comes late, and teams that use it rely on that.
          if (!catalog.module_of(*migration).is_prisma)
            late.push_back(migration->id.text() + " is older than " + migration->id.module + "/" + latest->second +
                           ", which is applied  (" + migration->path + ")");
        }
      }
      if (migration->verify_sql) {
        STRATA_TRY(step.verify,
                   read_script(*migration->verify_sql,
                               migration->path.substr(0, migration->path.rfind('/') + 1) + "verify.sql", false));
      }
      step.module = &catalog.module_of(*migration);
      plan.steps.push_back(std::move(step));
    }
    if (options.to && migration->id == *options.to) past_the_end = true;
  }
  const auto list = [](const std::vector<std::string>& lines) {
    std::string text;
    for (const auto& line : lines) text += "\n  " + line;
    return text;
  };
  if (!changed.empty()) {
    return fail(ErrorCode::changed_migration,
                (changed.size() == 1
                     ? "the statements of an applied migration were changed:"
                     : "the statements of " + std::to_string(changed.size()) + " applied migrations were changed:") +
                    list(changed),
                "restore the text that was applied and put the change into a new migration: strata migration new NAME "
                "--module M");
  }
  if (!late.empty() && !options.allow_out_of_order) {
    return fail(ErrorCode::out_of_order, "a migration turned up behind its time in its own module:" + list(late),
                "give its folder a new timestamp, or say --allow-out-of-order (the ledger keeps that it was said)");
  }
  for (const auto& [id, record] : applied) {
    if (catalog.find(id) == nullptr) plan.unknown.push_back(id);
  }
  plan.digest = sha256(plan_text(plan.steps));
  return plan;
}

const char* name_of(StatusOfMigration status) {
  switch (status) {
    case StatusOfMigration::applied:
      return "applied";
    case StatusOfMigration::pending:
      return "pending";
    case StatusOfMigration::failed:
      return "failed";
    case StatusOfMigration::changed:
      return "changed";
    case StatusOfMigration::unknown:
      return "unknown";
  }
  return "unknown";
}

bool is_of_newer_release(const Catalog& catalog, const AppliedMigration& migration) {
  const auto* module = catalog.find_module(migration.id.module);
  const auto version = parse_version(migration.module_version);
  return module != nullptr && version && *version > module->version;
}

std::map<std::string, std::string> whole_modules(const Catalog& catalog, const Applied& applied) {
  std::map<std::string, std::string> whole;
  for (const auto& module : catalog.modules()) whole[module.id] = module.version.text();
  for (const auto& status : status_of(catalog, applied)) {
    if (status.status != StatusOfMigration::applied && status.status != StatusOfMigration::unknown)
      whole.erase(status.id.module);
  }
  for (const auto& [id, record] : applied) {
    if (catalog.find(id) == nullptr && is_of_newer_release(catalog, record)) whole.erase(id.module);
  }
  return whole;
}

std::vector<MigrationStatus> status_of(const Catalog& catalog, const Applied& applied) {
  std::vector<MigrationStatus> all;
  for (const auto* migration : catalog.order()) {
    MigrationStatus status{migration->id, migration->kind, StatusOfMigration::pending, {}};
    if (const auto found = applied.find(migration->id); found != applied.end()) {
      const auto& record = found->second;
      status.status = StatusOfMigration::applied;
      if (record.state != MigrationState::applied) {
        status.status = StatusOfMigration::failed;
        status.detail = std::string(name_of(record.state)) + ": " + std::to_string(record.statements_done) + " of " +
                        std::to_string(record.statements_total) + " statements done";
      } else if (record.sha256 != migration->sha256 && migration->kind == MigrationKind::repeatable) {
        status.status = StatusOfMigration::pending;
        status.detail = "its text has changed: it runs again";
      } else if (record.sha256 != migration->sha256) {
        const bool same = same_statements(*migration, record);
        if (!same) status.status = StatusOfMigration::changed;
        status.detail = same ? "comments or blanks were changed" : "its statements were changed after it was applied";
      }
    }
    all.push_back(std::move(status));
  }
  for (const auto& [id, record] : applied) {
    if (catalog.find(id) != nullptr) continue;
    all.push_back({id, record.kind, StatusOfMigration::unknown, "applied here, but no module contributes it"});
  }
  return all;
}

}  // namespace strata
