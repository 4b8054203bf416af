#include "core/plan_fit.h"

#include "core/base/escape.h"
#include "core/execute/reconcile.h"
#include "core/runner.h"

#include <algorithm>
#include <set>

namespace strata {

namespace {

constexpr std::size_t most_lines = 20;  // of one kind

std::string event_of(const std::string& database, std::int64_t seq) {
  return "event " + std::to_string(seq) + " of database " + database;
}

std::string told(const EventSince& item) {
  const auto& event = item.event;
  auto text = "event " + std::to_string(item.seq) + ": " + name_of(event.kind);
  if (!event.subject.empty()) text += " " + event.subject;
  if (event.kind == EventKind::resolved) text += " (" + one_line(event.note, 80) + ")";
  if (!event.actor.empty()) text += " by " + one_line(event.actor, 120);
  return text + (event.run.empty() ? "" : ", run " + event.run);
}

// What runs of the plan have begun, and what happened besides that the plan does not know. A person may settle what
// such a run left half done; that the history was created changes nothing.
struct Deeds {
  std::set<MigrationId> begun;
  std::vector<std::string> foreign;
};

Deeds sorted_out(const std::vector<EventSince>& since) {
  Deeds deeds;
  for (const auto& item : since) {
    const auto subject = parse_migration_id(item.event.subject);
    const bool settles = item.event.kind == EventKind::resolved && subject && deeds.begun.count(*subject) != 0;
    if (item.of_plan && subject) deeds.begun.insert(*subject);
    if (!item.of_plan && !settles && item.event.kind != EventKind::genesis) deeds.foreign.push_back(told(item));
  }
  return deeds;
}

std::vector<std::string> differing_adoptions(const PlanFile& file, const std::vector<Adoption>& found,
                                             const std::set<MigrationId>& begun) {
  std::vector<std::string> findings;
  for (const auto& adoption : found) {
    const auto is_it = [&](const PlannedAdoption& one) {
      return one.id == adoption.migration->id && one.sha256 == adoption.sha256;
    };
    if (std::none_of(file.adopted.begin(), file.adopted.end(), is_it))
      findings.push_back(adoption.migration->id.text() +
                         " was applied by prisma migrate, which the plan does not know");
  }
  for (const auto& planned : file.adopted) {
    const auto is_it = [&](const Adoption& one) { return one.migration->id == planned.id; };
    if (begun.count(planned.id) == 0 && std::none_of(found.begin(), found.end(), is_it))
      findings.push_back(planned.id.text() + ", which the plan takes over from prisma migrate, is not applied there");
  }
  return findings;
}

std::vector<std::string> differing_state(const PlanFile& file, const AppliedView& view, const Deeds& deeds) {
  std::vector<std::string> findings;
  const auto& there = view.postgres_head;
  const auto& planned = file.state;
  if (planned && there.seq < planned->seq) {
    findings.push_back("expected " + event_of(planned->database, planned->seq) + ", found " +
                       event_of(view.database, there.seq) + ": it has lost events (a restore, a failover?)");
  } else if (planned && there.seq == planned->seq && there.chain != planned->chain) {
    findings.push_back("expected " + event_of(planned->database, planned->seq) + " with the chain value " +
                       hex(planned->chain) + ", found " + hex(there.chain) + ": it has another past");
  }
  if (!deeds.foreign.empty())
    findings.push_back("the plan was made " +
                       (planned ? "at event " + std::to_string(planned->seq) : std::string("without a history")) +
                       "; since then, not by this plan:");
  findings.insert(findings.end(), deeds.foreign.begin(), deeds.foreign.end());
  const auto adoptions =
      differing_adoptions(file, view.prisma ? view.prisma->adopted : std::vector<Adoption>(), deeds.begun);
  findings.insert(findings.end(), adoptions.begin(), adoptions.end());
  return findings;
}

std::string listed(const std::string& title, const std::vector<std::string>& findings) {
  std::string text = "\n  " + title + ":";
  for (std::size_t i = 0; i < findings.size() && i < most_lines; ++i) text += "\n    " + findings[i];
  return findings.size() > most_lines ? text + "\n    … and " + std::to_string(findings.size() - most_lines) + " more"
                                      : text;
}

}  // namespace

Result<std::vector<EventSince>> read_since(PgSession& session, const History& history, const HistoryMeta& meta,
                                           const PlanFile& file) {
  std::vector<EventSince> since;
  const auto head = file.state ? ChainHead{file.state->seq, file.state->chain} : ChainHead{};
  if ((file.state && file.state->database != meta.database) || meta.head.seq <= head.seq) return since;
  auto events = read_checked_events(session, history, meta.database, head);
  if (!events) {
    if (events.error().code == ErrorCode::history_damaged)
      events.error().message =
          file.path + " was made at event " + std::to_string(head.seq) + "; " + events.error().message;
    return fail(std::move(events.error()));
  }
  STRATA_TRY(const auto runs, history.read_runs_of_plan(session, digest_of(file)));
  for (const auto& item : *events) {
    STRATA_TRY(auto event, decode(item.body));
    const bool of_plan = runs.count(event.run) != 0;
    since.push_back({item.seq, std::move(event), of_plan});
  }
  return since;
}

Result<void> check_target(const PlanFile& file, const std::string& target) {
  if (file.target == target) return {};
  return fail(ErrorCode::plan_moved,
              file.path + " is a plan for target " + file.target + ", and this run is for target " + target,
              "strata deploy --target " + file.target + " --plan " + file.path +
                  "; or plan for this one: strata plan --target " + target + " --out FILE");
}

Result<void> check_fit(const PlanFile& file, const Catalog& catalog, const AppliedView& view, const std::string& place,
                       const Result<Plan>& now) {
  const auto anew = "strata plan --target " + file.target + " --out FILE plans for it as it is now";
  const auto& planned = file.state;
  if (planned && view.database != planned->database) {
    const auto here = view.database.empty() ? "no history yet" : event_of(view.database, view.postgres_head.seq);
    return fail(ErrorCode::plan_moved,
                file.path + " is a plan for another database than target " + file.target + " leads to:\n  plan: " +
                    event_of(planned->database, planned->seq) + "\n  here: " + place + ", " + here,
                "use the URL of the database that was planned for; or " + anew);
  }
  const auto deeds = sorted_out(view.since);
  const auto state = differing_state(file, view, deeds);
  const auto modules = differing_modules(file, catalog.modules());
  std::vector<std::string> migrations;
  if (now) {
    migrations = differing_steps(file, *now, catalog, deeds.begun);
  } else if (!state.empty() || !modules.empty()) {
    migrations = {now.error().message};
  }
  std::string moved;
  std::string lists;
  const auto tell = [&](const std::string& title, const std::vector<std::string>& findings) {
    if (findings.empty()) return;
    moved += (moved.empty() ? "the " : " and the ") + title;
    lists += listed(title, findings);
  };
  tell("migrations", migrations);
  tell("modules", modules);
  tell("state", state);
  if (!moved.empty()) {
    return fail(ErrorCode::plan_moved,
                file.path + " does not fit any more, and nothing else is run instead: " + moved + " moved" + lists,
                "bring back what was planned for; or " + anew);
  }
  return now ? Result<void>() : Result<void>(fail(now.error()));
}

}  // namespace strata
