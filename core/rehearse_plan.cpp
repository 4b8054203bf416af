#include "core/replay.h"

#include "core/collate/collate.h"
#include "core/execute/rehearsal.h"
#include "core/postgres/read_inventory.h"
#include "core/sql/owners.h"

#include <set>

namespace strata {

namespace {

// What the fragments make, in a database of its own. nullopt: there is none.
Result<std::optional<Inventory>> fragments_inventory(const Catalog& catalog, const ReplayRequest& request,
                                                     const std::vector<std::string>& roles,
                                                     const std::string& state_folder) {
  STRATA_TRY(const auto collated, collate(catalog));
  const auto text = creation_text(collated);
  if (collated.sql.empty() && collated.prisma.empty()) return std::nullopt;
  STRATA_TRY(auto place, ReplayPlace::scratch(state_folder));
  STRATA_CHECK(place.prepare(roles, request.schema, ""));
  ExecuteOptions options;
  options.search_path = request.schema;
  if (auto made = rehearse(place.session(), {"the fragments of all modules", text}, options); !made) {
    made.error().message = "the fragments do not make a schema: " + made.error().message;
    made.error().next = "strata collate shows them as one text";
    made.error().code = ErrorCode::bad_module;
    return fail(std::move(made.error()));
  }
  // Repeatables say what is wanted as well.
  for (const auto* migration : catalog.order()) {
    if (migration->kind == MigrationKind::repeatable)
      STRATA_CHECK(rehearse(place.session(), {migration->path, migration->sql}, options));
  }
  STRATA_TRY(auto inventory, read_inventory(place.session(), request.history_schema));
  return inventory;
}

}  // namespace

Result<PlanRehearsal> rehearse_plan(const Ledger* ledger, const ReplayRequest& request, const Catalog& catalog,
                                    const Plan& plan, bool is_whole, const std::string& state_folder) {
  PlanRehearsal rehearsal;
  STRATA_TRY(auto place, ReplayPlace::scratch(state_folder));
  const auto known = ledger == nullptr ? std::nullopt : ledger->target(request.target);
  std::vector<std::string> roles;
  if (known && !known->database.empty()) {
    STRATA_TRY(const auto newest, newest_measurements(*ledger, request.target));
    if (newest) roles = newest->roles;
    STRATA_TRY(const auto replayed, replay(*ledger, request, place, [](const RecordedAction&) {}));
    rehearsal.recorded = replayed.texts;
    rehearsal.remarks = replayed.remarks;
  } else {
    STRATA_CHECK(place.prepare(roles, request.schema, ""));
  }
  rehearsal.server_version = place.session().facts().server_version_text;
  ExecuteOptions options;
  options.search_path = request.schema;
  for (const auto& step : plan.steps) {
    auto done = rehearse(place.session(), {step.migration->path, step.migration->sql, step.resume_at}, options);
    if (!done) {
      auto& error = done.error();
      if (error.code == ErrorCode::interrupted || error.code == ErrorCode::connection_lost) return fail(error);
      error.subject = step.migration->id.text();
      error.next = "mend " + step.migration->path +
                   ": the target would stop there too, unless its rows, or what was made in it by hand, are the reason "
                   "that it does not";
      rehearsal.stopped_by = std::move(error);
      return rehearsal;
    }
    rehearsal.ran.push_back(step.migration->id.text());
  }
  STRATA_TRY(const auto made, read_inventory(place.session(), request.history_schema));
  rehearsal.objects = made.objects.size();
  if (!is_whole) return rehearsal;
  STRATA_TRY(const auto desired, fragments_inventory(catalog, request, roles, state_folder));
  if (!desired) return rehearsal;
  rehearsal.was_compared = true;
  std::set<std::string> without_fragments;
  for (const auto& module : catalog.modules()) {
    if (module.fragments.empty()) without_fragments.insert(module.id);
  }
  Owners owners;
  for (const auto* migration : catalog.order()) add_created(owners, migration->sql, migration->id.module);
  for (auto& difference : compare(*desired, made, ComparedServers::same)) {
    if (!without_fragments.contains(owner_of(difference.object, owners)))
      rehearsal.differences.push_back(std::move(difference));
  }
  return rehearsal;
}

}  // namespace strata
