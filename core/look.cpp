#include "core/runner.h"

#include "core/base/uuid.h"
#include "core/execute/reconcile.h"
#include "core/origin.h"
#include "core/run.h"

#include <algorithm>

namespace strata {

namespace {

const Step* step_with_text(const Plan& plan, const Digest& sha256) {
  const auto found = std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& step) {
    return step.migration->sha256 == sha256 && !step.script.statements.empty();
  });
  return found == plan.steps.end() ? nullptr : &*found;
}

}  // namespace

Result<Plan> plan_for(const Catalog& catalog, const AppliedView& view, const PlanOptions& options,
                      const Ledger* ledger) {
  if (view.prisma) STRATA_CHECK(refuse_failed(*view.prisma));
  STRATA_TRY(auto plan, make_plan(catalog, view.applied, options));
  std::string missing;
  for (const auto& id : plan.unknown) {
    const auto& record = view.applied.at(id);
    if (record.kind == MigrationKind::repeatable) continue;
    if (const auto* again = step_with_text(plan, record.sha256)) {
      return fail(ErrorCode::unknown_migration,
                  id.text() + " is applied and gone here, and " + again->migration->id.text() +
                      " has its text: it would run a second time",
                  "was a folder or a module renamed? Give it its name back; if it is meant to run again, change a comment in it");
    }
    if (is_of_newer_release(catalog, record)) continue;  // this is an older one, rolled back to
    const auto text =
        ledger != nullptr ? ledger->blob(record.sha256) : Result<std::optional<std::string>>(std::nullopt);
    if (!text || !*text) missing += "\n  " + id.text();
  }
  if (!missing.empty()) {
    return fail(ErrorCode::unknown_migration,
                "the database has applied migrations that no module contributes any more, and the ledger does not hold "
                "their text:" +
                    missing,
                "bring the files back, or the module's plugin: all modules of a database are deployed together");
  }
  return plan;
}

Result<Plan> plan_for_file(const Site& site, const Catalog& catalog, const AppliedView& view, const PlanFile& file,
                           const Ledger* ledger) {
  STRATA_CHECK(check_target(file, site.target));
  auto now = plan_for(catalog, view, file.options, ledger);
  STRATA_CHECK(check_fit(file, catalog, view, site.address.described(), now));
  return now;
}

PlanFile plan_file_for(const Plan& plan, const Catalog& catalog, const AppliedView& view, const PlanOptions& options,
                       const std::string& target) {
  auto file = plan_file_of(plan, catalog);
  file.strata_version = strata_version;
  file.target = target;
  file.options = options;
  if (!view.database.empty()) file.state = {view.database, view.postgres_head.seq, view.postgres_head.chain};
  for (const auto& adoption : view.prisma ? view.prisma->adopted : std::vector<Adoption>())
    file.adopted.push_back({adoption.migration->id, adoption.sha256});
  return file;
}

std::vector<MigrationStatus> status_for(const Catalog& catalog, const AppliedView& view) {
  auto all = status_of(catalog, view.applied);
  if (!view.prisma) return all;
  const auto of_name = [&](const std::string& name) -> MigrationStatus& {
    const MigrationId id{view.prisma->owner, name};
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& status) { return status.id == id; });
    if (found != all.end()) return *found;
    return all.emplace_back(MigrationStatus{id, MigrationKind::migration, StatusOfMigration::unknown, ""});
  };
  for (const auto& adoption : view.prisma->adopted) {
    auto& status = of_name(adoption.migration->id.name);
    if (status.detail.empty()) status.detail = "applied by prisma migrate; the next deploy adopts it";
  }
  for (const auto& row : view.prisma->failed) {
    auto& status = of_name(row.name);
    status.status = StatusOfMigration::failed;
    status.detail = "begun by prisma migrate at " + row.started_at + " and not finished [P3009]: strata resolve " +
                    status.id.text() + " --rolled-back | --applied";
  }
  for (const auto& name : view.prisma->unknown)
    of_name(name).detail = "applied by prisma migrate, but its folder is not there";
  return all;
}

Result<AppliedView> look(const Site& site, const Catalog& catalog, const PlanFile* file) {
  STRATA_TRY(auto session, connect_to_look(site, "look"));
  const History history(site.config.history_schema);
  // Before Postgres is asked: what the ledger knows must be the older of the two.
  if (site.ledger != nullptr) STRATA_CHECK(site.ledger->refresh());
  // One snapshot for all that is read, since no lock is held. Without a history the first look aborts it, which is
  // fine.
  STRATA_TRY(auto meta, history.read_meta(session));
  AppliedView view;
  view.as_of_ms = site.clock.now_ms();
  if (meta) {
    STRATA_CHECK(session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    STRATA_TRY(meta, history.read_meta(session));
    STRATA_TRY(view.applied, history.read_applied(session));
    view.database = meta->database;
    view.postgres_head = meta->head;
  }
  if (meta && file != nullptr) {
    STRATA_TRY(view.since, read_since(session, history, *meta, *file));
  }
  STRATA_TRY(auto prisma, meet_prisma(site, &catalog, session, view.applied));
  if (prisma) {
    view.applied = with_adopted(std::move(view.applied), prisma->contact);
    view.prisma = std::move(prisma->contact);
  }
  if (site.ledger != nullptr) {
    STRATA_CHECK(check_identity(*site.ledger, site.target, session.facts(), meta));
    if (!site.ledger->may_append()) return view;
    ReconcileOptions options;
    options.target = site.target;
    options.settle_intents = false;
    if (auto done = reconcile(*site.ledger, session, history, meta, &catalog, site.clock, options); !done) {
      site.say("what was seen is not in the ledger: " + done.error().message);
    }
  }
  return view;
}

Result<AppliedView> look_offline(const Ledger& ledger, const std::string& target, const Clock& clock,
                                 std::optional<std::chrono::milliseconds> max_age) {
  const auto known = ledger.target(target);
  const auto snapshot = ledger.snapshot(target);
  if (!known || !snapshot) {
    return fail(
        ErrorCode::bad_ledger,
        "no ledger for target " + target + ": " + ledger.path() + " has never seen that database",
        "strata audit pull --target " + target + " fetches what is applied, from where the database can be reached");
  }
  AppliedView view{snapshot->applied, true, known->last_seen_ms, known->database, known->postgres_head, ledger.path()};
  const auto age = std::chrono::milliseconds(clock.now_ms() - known->last_seen_ms);
  if (max_age && age > *max_age) {
    return fail(ErrorCode::stale,
                "what the ledger knows of target " + target + " is " + human_duration(age) + " old (as of " +
                    iso8601(known->last_seen_ms) + "); --max-age allows " + human_duration(*max_age),
                "strata audit pull --target " + target + " refreshes it");
  }
  return view;
}

Result<PullReport> pull(const Site& site, const Catalog* catalog) {
  STRATA_TRY(auto connection, Connection::open(site, "audit pull", make_uuid(), site.connect_budget));
  const History history(site.config.history_schema);
  STRATA_TRY(const auto meta, history.read_meta(connection.session()));
  STRATA_CHECK(site.ledger->refresh());
  STRATA_CHECK(check_identity(*site.ledger, site.target, connection.session().facts(), meta));
  ReconcileOptions options;
  options.target = site.target;
  STRATA_TRY(auto done, reconcile(*site.ledger, connection.session(), history, meta, catalog, site.clock, options));
  if (meta) leave_snapshot(site, connection.session(), history, *meta);
  STRATA_CHECK(connection.release());
  return PullReport{done.imported, std::move(done.settled), meta ? meta->head : ChainHead{}, site.ledger->head()};
}

Result<VerifyReport> verify_site(const Site& site, const std::vector<Checkpoint>& checkpoints) {
  STRATA_TRY(auto session, connect_to_look(site, "audit verify"));
  const History history(site.config.history_schema);
  STRATA_CHECK(session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  return verify(*site.ledger, site.target, &session, history, checkpoints);
}

}  // namespace strata
