#include "core/runner.h"

#include "core/run.h"

#include <functional>

namespace strata {

namespace {

// baseline and resolve: one transaction that changes the history and runs nothing.
Result<RunReport> change_history(Run& run, const std::vector<std::string>& subjects,
                                 const std::vector<std::string_view>& texts,
                                 const std::function<Result<void>()>& change) {
  RunReport report;
  report.run = run.id();
  report.planned = subjects.size();
  STRATA_CHECK(run.begin(subjects, texts, {}));
  if (auto changed = change(); !changed) {
    report.stopped_by = std::move(changed.error());
    if (report.stopped_by->code == ErrorCode::connection_lost) report.stopped_by->code = ErrorCode::outcome_unknown;
  } else {
    for (const auto& subject : subjects) report.applied.push_back({*parse_migration_id(subject), {}});
  }
  if (auto ended = run.end(report); !ended && !report.stopped_by) report.stopped_by = std::move(ended.error());
  return report;
}

}  // namespace

Result<RunReport> baseline(const Site& site, const Catalog& catalog, const std::optional<MigrationId>& to) {
  if (to && catalog.find(*to) == nullptr) {
    return fail(ErrorCode::unknown_migration, "no module contributes " + to->text() + ", which --to names",
                "strata status lists the ids");
  }
  STRATA_TRY(auto run, Run::open(site, &catalog, "baseline"));
  std::vector<const Migration*> adopted;
  std::vector<std::string> subjects;
  std::vector<std::string_view> texts;
  for (const auto* migration : catalog.order()) {
    if (migration->kind == MigrationKind::migration && run.applied().count(migration->id) == 0) {
      adopted.push_back(migration);
      subjects.push_back(migration->id.text());
      texts.push_back(migration->sql);
    }
    if (to && migration->id == *to) break;
  }
  if (adopted.empty()) {
    RunReport report;
    report.run = run.id();
    STRATA_CHECK(run.end_idle(report));
    return report;
  }
  const auto first = run.next_position();
  return change_history(run, subjects, texts, [&] {
    return adopt(run.session(), run.history(), run.chain(), run.identity(), catalog, adopted, first, site.clock);
  });
}

Result<RunReport> resolve_migration(const Site& site, const Catalog& catalog, const MigrationId& id,
                                    Resolution resolution, std::optional<int> step) {
  STRATA_TRY(auto run, Run::open(site, &catalog, "resolve"));
  const auto* migration = catalog.find(id);
  const auto found = run.applied().find(id);
  const auto check = [&]() -> Result<void> {
    if (migration == nullptr)
      return fail(ErrorCode::unknown_migration, "no module contributes " + id.text(), "strata status lists the ids");
    if (found == run.applied().end() && (resolution != Resolution::applied || step)) {
      return fail(ErrorCode::refused, id.text() + " has left no trace in this database: there is nothing to settle",
                  "strata deploy runs it");
    }
    return {};
  };
  if (auto fits = check(); !fits) {
    run.note_refusal(fits.error());
    return fail(std::move(fits.error()));
  }
  STRATA_TRY(const auto script, read_script(migration->sql, migration->path, migration->directives.no_transaction));
  const auto first = run.next_position();
  const auto record = found == run.applied().end() ? AppliedMigration{} : found->second;
  if (found != run.applied().end() && record.state == MigrationState::applied) {
    const auto error = Error{.code = ErrorCode::refused,
                             .message = id.text() + " is applied: there is nothing to settle",
                             .next = "strata down undoes it, where it has a down.sql"};
    run.note_refusal(error);
    return fail(error);
  }
  const bool adopts = found == run.applied().end();
  return change_history(run, {id.text()}, {migration->sql}, [&] {
    if (adopts)
      return adopt(run.session(), run.history(), run.chain(), run.identity(), catalog, {migration}, first, site.clock);
    return resolve(run.session(), run.history(), run.chain(), run.identity(), record, script, resolution, step,
                   site.clock);
  });
}

}  // namespace strata
