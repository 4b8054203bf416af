#include "core/replay.h"

#include "core/base/counted.h"
#include "core/execute/reconcile.h"
#include "core/postgres/read_inventory.h"
#include "core/run.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace strata {

namespace {

using Key = std::tuple<std::string, std::string, ObjectKind, std::string>;

Key owned_key(const DatabaseObject& object) {
  return {object.schema, object.parent, object.kind, object.name};
}

struct Story {
  std::string made_by;
  std::string changed_by;
  std::string removed_by;
};

// Which migration made, changed and removed each object: by looking after each text what is another than before.
class Stories {
 public:
  void add(const Inventory& before, const Inventory& after, const std::string& migration) {
    for (const auto& difference : compare_parts(before, after, ComparedServers::same)) {
      auto& story = stories_[owned_key(difference.object)];
      switch (difference.kind) {
        case DifferenceKind::missing:
          story.removed_by = migration;
          break;
        case DifferenceKind::unexpected:
          story = {migration, "", ""};
          break;
        case DifferenceKind::changed:
          story.changed_by = migration;
          break;
      }
    }
  }

  const Story* of(const DatabaseObject& object) const {
    const auto found = stories_.find(owned_key(object));
    return found == stories_.end() ? nullptr : &found->second;
  }

  // The module that made it, or the table or schema that it lies in.
  std::string module_of(const DatabaseObject& object) const {
    if (!object.parent.empty()) {
      for (const auto kind : {ObjectKind::table, ObjectKind::view, ObjectKind::materialized_view}) {
        const auto table = stories_.find(Key{object.schema, "", kind, object.parent});
        if (table != stories_.end()) return module_in(table->second.made_by);
      }
    }
    if (const auto* story = of(object); story != nullptr) return module_in(story->made_by);
    const auto schema = stories_.find(Key{object.schema, "", ObjectKind::schema, ""});
    return schema == stories_.end() ? "" : module_in(schema->second.made_by);
  }

 private:
  static std::string module_in(const std::string& migration) { return migration.substr(0, migration.find('/')); }

  std::map<Key, Story> stories_;
};

Result<Stories> find_stories(const Ledger& ledger, const Recording& recording, const std::vector<std::string>& roles,
                             const std::string& database_name, const Site& site, const std::string& state_folder) {
  STRATA_TRY(auto place, ReplayPlace::scratch(state_folder));
  STRATA_CHECK(place.prepare(roles, site.address.schema, database_name));
  Stories stories;
  STRATA_TRY(auto before, read_inventory(place.session(), site.config.history_schema));
  for (const auto& action : recording.actions) {
    STRATA_CHECK(run_again(ledger, action, place.session(), site.address.schema));
    STRATA_TRY(auto after, read_inventory(place.session(), site.config.history_schema));
    stories.add(before, after, action.id.text());
    before = std::move(after);
  }
  return stories;
}

Result<void> note_drift(Ledger& ledger, const DriftReport& report) {
  const auto text = drift_json(report);
  Event event;
  event.kind = EventKind::drift;
  event.database = report.database;
  event.at_ms = report.at_ms;
  event.postgres_seq = report.postgres_head.seq;
  event.postgres_chain = report.postgres_head.chain;
  event.sha256 = sha256(text);
  event.note = report.findings.empty()
                   ? "no drift in " + counted(report.objects, "object")
                   : counted(report.findings.size(), "difference") + " in " + counted(report.objects, "object");
  Ledger::Append append;
  append.events.push_back({std::move(event), 0});
  append.blobs.push_back(text);
  STRATA_CHECK(ledger.append(append));
  return {};
}

}  // namespace

Result<DriftReport> find_drift(const Site& site, const Catalog* catalog, const std::string& state_folder) {
  // The ledger is brought level first, so that it has the texts of what others ran.
  STRATA_TRY(auto session, connect_to_look(site, "drift"));
  const History history(site.config.history_schema);
  STRATA_CHECK(site.ledger->refresh());
  STRATA_TRY(const auto meta, history.read_meta(session));
  if (!meta) {
    return fail(ErrorCode::refused,
                site.address.described() + " has no history of strata's: there is nothing to compare it with",
                "strata deploy, or strata baseline for a database that has everything already");
  }
  STRATA_CHECK(check_identity(*site.ledger, site.target, session.facts(), meta));
  if (site.ledger->may_append()) {
    ReconcileOptions options;
    options.target = site.target;
    options.settle_intents = false;
    STRATA_CHECK(reconcile(*site.ledger, session, history, meta, catalog, site.clock, options));
  }
  STRATA_TRY(const auto live, take_snapshot(session, history, *meta, site.ledger, site.address.schema, site.clock));

  DriftReport report;
  report.target = site.target;
  report.database = meta->database;
  report.postgres_head = meta->head;
  report.at_ms = live.at_ms;
  report.server_version = session.facts().server_version_text;
  report.objects = live.inventory.objects.size();
  const auto database_name = session.facts().database;
  session.close();

  STRATA_TRY(const auto events, site.ledger->events(meta->database));
  const auto recording = recording_of(events, meta->database);
  if (recording.postgres_head != meta->head) {
    return fail(ErrorCode::bad_ledger,
                "the ledger " + site.ledger->path() + " ends at event " + std::to_string(recording.postgres_head.seq) +
                    " of this database, whose history is at " + std::to_string(meta->head.seq),
                "strata audit pull --target " + site.target + " fetches what is missing");
  }
  STRATA_TRY(auto place, ReplayPlace::scratch(state_folder));
  STRATA_CHECK(place.prepare(live.measured.roles, site.address.schema, database_name));
  for (const auto& action : recording.actions) {
    STRATA_CHECK(run_again(*site.ledger, action, place.session(), site.address.schema));
    if (action.first == 0) ++report.texts;
  }
  STRATA_TRY(const auto replayed, read_inventory(place.session(), site.config.history_schema));
  report.remarks = recording.remarks;
  report.replayed_on = place.session().facts().server_version_text;
  auto differences = compare(replayed, live.inventory, compared_servers(report.server_version, report.replayed_on));
  if (!differences.empty()) {
    // Only now is it worth to look after each text what it did.
    STRATA_TRY(const auto stories,
               find_stories(*site.ledger, recording, live.measured.roles, database_name, site, state_folder));
    for (auto& difference : differences) {
      DriftFinding finding;
      finding.module = stories.module_of(difference.object);
      if (const auto* story = stories.of(difference.object)) {
        finding.made_by = story->made_by;
        finding.changed_by = story->changed_by;
        finding.removed_by = story->removed_by;
      }
      finding.difference = std::move(difference);
      report.findings.push_back(std::move(finding));
    }
    std::stable_sort(report.findings.begin(), report.findings.end(),
                     [](const auto& a, const auto& b) { return a.module < b.module; });
  }
  if (site.ledger->may_append()) {
    if (auto noted = note_drift(*site.ledger, report); !noted)
      site.say("what was found is not in the ledger: " + noted.error().message);
  }
  return report;
}

std::string drift_json(const DriftReport& report) {
  using Json = nlohmann::ordered_json;
  Json findings = Json::array();
  for (const auto& finding : report.findings) {
    const auto& difference = finding.difference;
    Json changes = Json::array();
    for (const auto& change : difference.changes)
      changes.push_back({{"property", change.property}, {"expected", change.expected}, {"found", change.found}});
    findings.push_back({{"what", difference.kind == DifferenceKind::missing      ? "missing"
                                 : difference.kind == DifferenceKind::unexpected ? "unexpected"
                                                                                 : "changed"},
                        {"object", described(difference.object)},
                        {"kind", name_of(difference.object.kind)},
                        {"schema", difference.object.schema},
                        {"parent", difference.object.parent},
                        {"name", difference.object.name},
                        {"module", finding.module},
                        {"made_by", finding.made_by},
                        {"changed_by", finding.changed_by},
                        {"removed_by", finding.removed_by},
                        {"changes", changes}});
  }
  const Json json = {{"format", 1},
                     {"target", report.target},
                     {"database", report.database},
                     {"postgres_head", {{"seq", report.postgres_head.seq}, {"chain", hex(report.postgres_head.chain)}}},
                     {"at", iso8601(report.at_ms)},
                     {"server", report.server_version},
                     {"replayed_on", report.replayed_on},
                     {"objects", report.objects},
                     {"texts", report.texts},
                     {"remarks", report.remarks},
                     {"findings", findings}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace strata
