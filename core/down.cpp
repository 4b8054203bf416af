#include "core/runner.h"

#include "core/run.h"
#include "core/sql/directives.h"
#include "core/watch.h"

#include <algorithm>
#include <set>

namespace strata {

Result<RunReport> down(const Site& site, const Catalog& catalog, const DownOptions& options,
                       const StepWatcher& outer_watcher) {
  STRATA_TRY(auto run, Run::open(site, &catalog, "down"));
  STRATA_CHECK(run.refuse_foreign_history());
  STRATA_CHECK(run.refuse_unproven_rows());
  std::vector<const AppliedMigration*> newest_first;
  for (const auto& [id, record] : run.applied()) {
    if (record.kind == MigrationKind::migration) newest_first.push_back(&record);
  }
  std::sort(newest_first.begin(), newest_first.end(),
            [](const auto* a, const auto* b) { return a->position > b->position; });
  std::vector<const Migration*> undone;
  std::vector<Script> scripts;
  const auto choose = [&]() -> Result<void> {
    if (options.to && run.applied().count(*options.to) == 0) {
      return fail(ErrorCode::unknown_migration,
                  options.to->text() + " is not applied: --to names the migration that stays as the newest one",
                  "strata status lists them");
    }
    std::set<MigrationId> chosen;
    for (const auto* record : newest_first) {
      if (options.to ? record->id == *options.to : undone.size() == options.steps) break;
      const auto* migration = catalog.find(record->id);
      if (record->state != MigrationState::applied)
        return fail(ErrorCode::refused, record->id.text() + " is " + name_of(record->state) + ": settle it first",
                    "strata status");
      if (migration == nullptr)
        return fail(ErrorCode::unknown_migration,
                    record->id.text() + " is applied, but no module contributes it: its down.sql is not at hand");
      if (!migration->down_sql) {
        return fail(ErrorCode::refused,
                    record->id.text() + " has no down.sql (" + migration->path + "): it cannot be undone",
                    "write a new migration that changes what it did");
      }
      undone.push_back(migration);
      chosen.insert(migration->id);
    }
    for (const auto& [id, record] : run.applied()) {
      const auto* migration = catalog.find(id);
      if (migration == nullptr || chosen.count(id) != 0) continue;
      for (const auto* candidate : undone) {
        const auto& needs = migration->directives.needs;
        const bool later_in_module = migration->kind == MigrationKind::migration && id.module == candidate->id.module &&
                                     id.name > candidate->id.name;
        if (later_in_module || std::find(needs.begin(), needs.end(), candidate->id) != needs.end()) {
          return fail(ErrorCode::refused,
                      candidate->id.text() + " is needed by " + id.text() + ", which is applied and would stay",
                      "undo that one as well: strata down --to ID with an older id, or more --steps");
        }
      }
    }
    for (const auto* migration : undone) {
      const auto path = migration->path.substr(0, migration->path.rfind('/') + 1) + "down.sql";
      STRATA_TRY(const auto directives, read_directives(*migration->down_sql, path));
      STRATA_TRY(auto script, read_script(*migration->down_sql, path, directives.no_transaction));
      scripts.push_back(std::move(script));
    }
    return {};
  };
  auto chosen = choose();
  if (chosen && !undone.empty()) chosen = run.refuse_open_schema();
  if (!chosen) {
    run.note_refusal(chosen.error());
    return fail(std::move(chosen.error()));
  }
  RunReport report;
  report.run = run.id();
  report.planned = undone.size();
  std::vector<MigrationId> ids;
  std::vector<std::string> subjects;
  std::vector<std::string_view> texts;
  for (const auto* migration : undone) {
    ids.push_back(migration->id);
    subjects.push_back(migration->id.text());
    texts.push_back(*migration->down_sql);
  }
  if (undone.empty() || !options.confirm(ids)) {
    STRATA_CHECK(run.end_idle(report));
    report.outcome = "nothing undone";
    return report;
  }
  std::vector<const Migration*> repeatables;  // they run again, since what they show may have changed
  for (const auto* migration : catalog.order()) {
    if (migration->kind == MigrationKind::repeatable && run.applied().count(migration->id) != 0)
      repeatables.push_back(migration);
  }
  std::set<std::string> modules;
  for (const auto* list : {&undone, &repeatables}) {
    for (const auto* migration : *list) modules.insert(migration->id.module);
  }
  run.may_take_back(std::move(modules));
  STRATA_CHECK(run.begin(subjects, texts, {}));
  outer_watcher.on_planned(undone.size());
  Watch watch(site, outer_watcher);
  watch.attach(run.session());
  const auto execution = run.execute_options(true);
  Executor executor(run.session(), run.history(), run.chain(), run.identity(), execution, site.clock, watch.watcher());
  for (std::size_t i = 0; i < undone.size() && !report.stopped_by; ++i) {
    auto reverted = executor.revert(*undone[i], catalog.module_of(*undone[i]), scripts[i], repeatables);
    if (reverted) {
      repeatables.clear();
      report.applied.push_back(*reverted);
    } else {
      report.stopped_by = std::move(reverted.error());
      report.stopped_by->subject = undone[i]->id.text();
    }
  }
  if (report.stopped_by && run.is_in_the_dark(*report.stopped_by)) {
    report.stopped_by->code = ErrorCode::outcome_unknown;
    report.stopped_by->message =
        "whether " + report.stopped_by->subject + " was undone is unknown: " + report.stopped_by->message;
    report.stopped_by->next = "run strata status: the history tells what was undone";
  }
  if (auto ended = run.end(report); !ended && !report.stopped_by) report.stopped_by = std::move(ended.error());
  if (!report.stopped_by) report.outcome = "reverted";
  return report;
}

}  // namespace strata
