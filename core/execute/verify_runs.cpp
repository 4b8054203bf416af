#include "core/execute/verify_runs.h"

#include <map>
#include <set>

namespace strata {

namespace {

// What the ledger wrote down before the run began.
std::string differs_from_intent(const RunRow& row, const Event& intent) {
  if (row.command != intent.note) return "the command " + row.command + " instead of " + intent.note;
  if (row.strata_version != intent.strata_version)
    return "strata " + row.strata_version + " instead of " + intent.strata_version;
  const auto who = row.role + "@" + row.host + " (" + row.os_user + ")";
  if (!intent.actor.starts_with(who)) return who + " instead of " + intent.actor.substr(0, intent.actor.find(") ") + 1);
  if (intent.fingerprint && row.plan_digest != intent.fingerprint)
    return "the plan " + (row.plan_digest ? hex(*row.plan_digest) : std::string("none")) + " instead of " +
           hex(*intent.fingerprint);
  return "";
}

}  // namespace

void compare_runs(const std::vector<RunRow>& rows, const std::vector<LedgerEvent>& in_postgres,
                  const std::vector<LedgerEvent>& in_ledger, std::vector<std::string>& findings) {
  std::map<std::string, std::string> spoken_of;  // run → what it did first
  for (const auto& item : in_postgres) {
    if (item.event.kind != EventKind::genesis && !item.event.run.empty())
      spoken_of.emplace(item.event.run, item.event.subject);
  }
  std::map<std::string, const Event*> intents;
  for (const auto& item : in_ledger) {
    if (item.event.kind == EventKind::intent) intents[item.event.run] = &item.event;
  }
  std::set<std::string> there;
  for (const auto& row : rows) {
    there.insert(row.id);
    const auto name = "Postgres: the row of run " + row.id + " in the run table ";
    const auto intent = intents.find(row.id);
    if (intent != intents.end()) {
      if (const auto what = differs_from_intent(row, *intent->second); !what.empty())
        findings.push_back(name + "was edited: it has " + what);
    }
    if (row.applied > 0 && spoken_of.count(row.id) == 0)
      findings.push_back(name + "claims " + std::to_string(row.applied) + " applied, but no event is of that run");
  }
  for (const auto& [run, subject] : spoken_of) {
    if (there.count(run) == 0)
      findings.push_back("Postgres: the run table has no row of run " + run + " any more, which began with " + subject);
  }
}

}  // namespace strata
