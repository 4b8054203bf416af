#include "core/runner.h"

#include "core/run.h"

#include <algorithm>
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
    if (run.is_in_the_dark(*report.stopped_by)) {
      report.stopped_by->code = ErrorCode::outcome_unknown;
      report.stopped_by->message = "whether it was recorded is unknown: " + report.stopped_by->message;
    }
  } else {
    for (const auto& subject : subjects) report.applied.push_back({*parse_migration_id(subject), {}});
  }
  if (auto ended = run.end(report); !ended && !report.stopped_by) report.stopped_by = std::move(ended.error());
  if (!report.stopped_by) report.outcome = "recorded";
  return report;
}

bool failed_in_prisma(const PrismaSide& side, const MigrationId& id) {
  const auto& failed = side.contact.failed;
  return std::any_of(failed.begin(), failed.end(), [&](const PrismaRow& row) { return row.name == id.name; });
}

// Recorded as applied without running it: by strata, and in Prisma's table where that is kept.
Result<void> adopt_here(Run& run, const Site& site, const Catalog& catalog, const std::vector<Adoption>& adoptions) {
  std::vector<Request> rows;
  for (const auto& adoption : adoptions) {
    const auto& id = adoption.migration->id;
    if (!run.prisma() || id.module != run.prisma()->owner->id) continue;
    rows.push_back(run.prisma()->table.give_up(id.name));
    rows.push_back(run.prisma()->table.mark_applied(id.name, hex(adoption.sha256)));
  }
  return adopt(run.session(), run.history(), run.chain(), run.identity(), catalog, adoptions, run.next_position(),
               site.clock, std::move(rows));
}

}  // namespace

Result<RunReport> baseline(const Site& site, const Catalog& catalog, const std::optional<MigrationId>& to) {
  if (to && catalog.find(*to) == nullptr) {
    return fail(ErrorCode::unknown_migration, "no module contributes " + to->text() + ", which --to names",
                "strata status lists the ids");
  }
  if (to && catalog.find(*to)->kind == MigrationKind::repeatable) {
    return fail(ErrorCode::refused,
                to->text() + " is a repeatable: it runs whenever its text changes, and is never adopted",
                "name the last migration that the database has already");
  }
  STRATA_TRY(auto run, Run::open(site, &catalog, "baseline"));
  STRATA_CHECK(run.refuse_foreign_history());
  std::vector<Adoption> adopted;
  std::vector<std::string> subjects;
  std::vector<std::string_view> texts;
  for (const auto* migration : catalog.order()) {
    if (migration->kind == MigrationKind::migration && run.applied().count(migration->id) == 0) {
      STRATA_TRY(auto adoption, adoption_of(*migration));
      adopted.push_back(std::move(adoption));
      subjects.push_back(migration->id.text());
      texts.push_back(migration->sql);
    }
    if (to && migration->id == *to) break;
  }
  if (adopted.empty() && !run.has_to_adopt()) {
    RunReport report;
    report.run = run.id();
    STRATA_CHECK(run.end_idle(report));
    return report;
  }
  return change_history(run, subjects, texts, [&] { return adopt_here(run, site, catalog, adopted); });
}

Result<RunReport> resolve_migration(const Site& site, const Catalog& catalog, const MigrationId& id,
                                    Resolution resolution, std::optional<int> step) {
  STRATA_TRY(auto run, Run::open(site, &catalog, "resolve"));
  STRATA_CHECK(run.refuse_foreign_history());
  const auto* migration = catalog.find(id);
  const auto found = run.applied().find(id);
  const bool is_known = found != run.applied().end();
  const bool in_prisma = run.prisma() && id.module == run.prisma()->owner->id;
  STRATA_TRY(const bool lost,
             is_known ? Result<bool>(false) : run.was_done(id));  // its row is gone, its events are not
  // As Prisma has it, what is rolled back already may be said to be so again.
  const bool again =
      in_prisma && !is_known && resolution == Resolution::rolled_back &&
      std::count(run.prisma()->contact.rolled_back.begin(), run.prisma()->contact.rolled_back.end(), id.name) != 0;
  if (again && !failed_in_prisma(*run.prisma(), id)) {
    RunReport report;
    report.run = run.id();
    STRATA_CHECK(run.end_idle(report));
    report.outcome = "recorded";
    return report;
  }
  const auto fits = [&]() -> Result<void> {
    const auto code = [&](const char* prisma_code) {
      return in_prisma ? " [" + std::string(prisma_code) + "]" : std::string();
    };
    const bool failed_there = in_prisma && failed_in_prisma(*run.prisma(), id);
    if (migration == nullptr && !(failed_there && resolution == Resolution::rolled_back))
      return fail(ErrorCode::unknown_migration,
                  "no module contributes " + id.text() + code(resolution == Resolution::applied ? "P3017" : "P3011"),
                  "strata status lists the ids");
    if (failed_there && resolution == Resolution::retry)
      return fail(ErrorCode::refused, id.text() + " was begun by prisma migrate, which does not know how far it came",
                  "say --rolled-back if nothing of it is left, --applied if all of it is there");
    if (is_known && found->second.state == MigrationState::applied)
      return fail(ErrorCode::refused,
                  id.text() + " is applied" + code(resolution == Resolution::applied ? "P3008" : "P3012") +
                      ": there is nothing to settle",
                  "strata down undoes it, where it has a down.sql");
    if (!is_known && !failed_there && !lost && (resolution != Resolution::applied || step))
      return fail(ErrorCode::refused,
                  id.text() + " has left no trace in this database" + code("P3011") + ": there is nothing to settle",
                  "strata deploy runs it");
    return {};
  }();
  if (!fits) {
    run.note_refusal(fits.error());
    return fail(fits.error());
  }
  // A folder that is gone can still be given up.
  const auto text = migration == nullptr ? std::string_view() : std::string_view(migration->sql);
  STRATA_TRY(const auto script, read_script(text, migration == nullptr ? "" : migration->path,
                                            migration != nullptr && migration->directives.no_transaction));
  const auto record = is_known ? found->second : AppliedMigration{};
  if (resolution == Resolution::rolled_back) {
    // Of a newer version than the one that is whole here it takes nothing from that one. Prisma's folder has no versions.
    std::optional<Version> whole;
    const auto its_version = in_prisma ? std::nullopt : parse_version(record.module_version);
    if (its_version) {
      STRATA_TRY(const auto last, run.history().read_module_version(run.session(), id.module));
      if (last) whole = parse_version(*last);
    }
    if (!whole || *its_version <= *whole) run.may_take_back({id.module});
  }
  return change_history(run, {id.text()}, {text}, [&]() -> Result<void> {
    if (!is_known && resolution == Resolution::applied) {
      STRATA_TRY(auto adoption, adoption_of(*migration));
      return adopt_here(run, site, catalog, {adoption});
    }
    std::vector<Request> rows;
    if (in_prisma && resolution != Resolution::retry && !step) rows.push_back(run.prisma()->table.give_up(id.name));
    if (!is_known)
      return give_up(run.session(), run.history(), run.chain(), run.identity(), id, site.clock, std::move(rows));
    if (in_prisma && resolution == Resolution::applied && !step)
      rows.push_back(run.prisma()->table.mark_applied(id.name, hex(record.sha256)));
    return resolve(run.session(), run.history(), run.chain(), run.identity(), record, script, resolution, step,
                   site.clock, std::move(rows));
  });
}

}  // namespace strata
