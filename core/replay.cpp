#include "core/replay.h"

#include "core/base/counted.h"
#include "core/execute/rehearsal.h"
#include "core/postgres/read_inventory.h"
#include "core/postgres/server_version.h"
#include "core/sql/quote.h"

#include <algorithm>
#include <map>

namespace strata {

namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 18 && text.find_first_not_of("0123456789") == std::string::npos;
}

// The events up to the one that `at` means, inclusive.
Result<std::vector<LedgerEvent>> events_until(std::vector<LedgerEvent> events, const std::string& at) {
  if (at.empty()) return events;
  const auto cut = [&](const auto& is_within) -> Result<std::vector<LedgerEvent>> {
    const auto last = std::find_if(events.rbegin(), events.rend(), is_within);
    if (last == events.rend())
      return fail(ErrorCode::usage, "--at: nothing was recorded for '" + at + "'",
                  "strata audit log lists events with numbers and times; or name a migration's id");
    events.erase(last.base(), events.end());
    return std::move(events);
  };
  if (is_number(at) && at.size() != 4 && (events.empty() || std::stoll(at) > events.back().seq)) {
    return fail(ErrorCode::usage,
                "--at: the ledger's last event of this target is " +
                    std::to_string(events.empty() ? 0 : events.back().seq) + ", there is none " + at,
                "strata audit log lists events with their numbers");
  }
  if (is_number(at) && at.size() != 4)  // four digits are a year
    return cut([seq = std::stoll(at)](const LedgerEvent& item) { return item.seq <= seq; });
  if (parse_migration_id(at))
    return cut([&](const LedgerEvent& item) {
      return item.event.subject == at && is_shared(item.event.kind) && item.event.kind != EventKind::reverted;
    });
  if (!begins_a_time(at)) {
    return fail(ErrorCode::usage, "--at: '" + at + "' is no event's number, no time in UTC, and no migration's id",
                "strata audit log lists all three");
  }
  return cut([&](const LedgerEvent& item) { return iso8601(item.event.at_ms).substr(0, at.size()) <= at; });
}

// The chain values of Postgres' events, by their numbers there.
std::map<std::int64_t, Digest> chain_values(const std::vector<LedgerEvent>& events, const std::string& database) {
  std::map<std::int64_t, Digest> values;
  auto chain = first_chain_of(database);
  for (const auto& item : events) {
    if (is_shared(item.event.kind)) values[item.postgres_seq] = chain = chain_of(chain, item.leaf);
  }
  return values;
}

std::string path_of(const RecordedAction& action) {
  return action.id.text() + (action.is_undo ? "/down.sql" : "");
}

}  // namespace

Result<ReplayPlace> ReplayPlace::scratch(const std::string& state_folder) {
  ReplayPlace place;
  STRATA_TRY(place.scratch_, ScratchDatabase::create(state_folder));
  return place;
}

Result<ReplayPlace> ReplayPlace::empty(const DatabaseAddress& address, const std::string& history_schema) {
  ReplayPlace place;
  STRATA_TRY(place.session_, PgSession::connect(address, {.application_name = "strata replay"}));
  STRATA_TRY(const auto there, read_inventory(*place.session_, history_schema));
  const auto in_the_way = std::find_if(there.objects.begin(), there.objects.end(), [](const DatabaseObject& object) {
    return object.kind != ObjectKind::extension && !(object.kind == ObjectKind::schema && object.schema == "public");
  });
  STRATA_TRY(const auto history, place.session_->query("SELECT FROM pg_catalog.pg_namespace WHERE nspname = " +
                                                       quote_literal(history_schema)));
  if (in_the_way == there.objects.end() && history.rows() == 0) return place;
  return fail(ErrorCode::refused,
              address.described() + " is not empty: it has " +
                  (in_the_way != there.objects.end() ? described(*in_the_way) : "the schema " + history_schema),
              "createdb makes an empty one; without --into the embedded Postgres is used");
}

Result<void> ReplayPlace::prepare(const std::vector<std::string>& roles, const std::string& schema,
                                  const std::string& database_name) {
  if (scratch_) STRATA_CHECK(scratch_->make_surroundings(roles, database_name));
  if (schema == "public") return {};
  STRATA_CHECK(session().query("CREATE SCHEMA " + quote_identifier(schema)));
  return {};
}

ComparedServers compared_servers(const std::string& version, const std::string& other_version) {
  return major_in(version) == major_in(other_version) ? ComparedServers::same_major : ComparedServers::different_major;
}

Result<void> run_again(const Ledger& ledger, const RecordedAction& action, PgSession& session,
                       const std::string& schema) {
  STRATA_TRY(const auto text, ledger.blob(action.text));
  const auto path = path_of(action);
  if (!text) {
    return fail(ErrorCode::bad_ledger,
                "the ledger " + ledger.path() + " does not hold the text of " + path + " (SHA-256 " + hex(action.text) +
                    ", event " + std::to_string(action.seq) + "): it cannot be replayed",
                "strata audit pull, from a project that has the file, fetches it");
  }
  ExecuteOptions options;
  options.search_path = schema;
  auto done = rehearse(session, {path, *text, action.first, action.last}, options);
  if (done) return {};
  auto error = std::move(done.error());
  error.message = "what the ledger recorded does not run again: " + error.message;
  error.subject = action.id.text();
  if (error.message.find("extension") != std::string::npos && error.sqlstate != "42601") {
    error.next = "install the extension on this machine, or name an empty database that has it: --into URL";
  } else {
    error.next = "it ran on the target at " + iso8601(action.at_ms) +
                 "; does it rely on rows that were mended by hand, or on something that no migration made? "
                 "strata replay --at stops before it";
  }
  return fail(std::move(error));
}

Result<ReplayReport> replay(const Ledger& ledger, const ReplayRequest& request, ReplayPlace& place,
                            const std::function<void(const RecordedAction&)>& on_action) {
  const auto known = ledger.target(request.target);
  if (!known || known->database.empty()) {
    return fail(ErrorCode::bad_ledger, "the ledger " + ledger.path() + " has nothing of target " + request.target,
                "strata audit pull --target " + request.target + " fetches it, from where the database can be reached");
  }
  STRATA_TRY(auto all, ledger.events(known->database));
  std::map<std::int64_t, std::vector<LedgerEvent>> snapshots;  // by the event of Postgres that they are of
  const auto chain = chain_values(all, known->database);
  for (const auto& item : all) {
    if (item.event.kind != EventKind::snapshot) continue;
    // One that was taken in the middle of a run may be of what a crash of the server took back.
    const auto value = chain.find(item.event.postgres_seq);
    if (value != chain.end() && value->second == item.event.postgres_chain)
      snapshots[item.event.postgres_seq].push_back(item);
  }
  STRATA_TRY(const auto newest, newest_measurements(ledger, request.target));
  STRATA_TRY(const auto events, events_until(std::move(all), request.at));
  const auto recording = recording_of(events, known->database);
  STRATA_CHECK(
      place.prepare(newest ? newest->roles : std::vector<std::string>(), request.schema, known->database_name));

  ReplayReport report;
  report.target = request.target;
  report.database = known->database;
  report.remarks = recording.remarks;
  report.postgres_seq = recording.postgres_head.seq;
  report.at_ms = events.empty() ? 0 : events.back().event.at_ms;
  report.server_version = place.session().facts().server_version_text;
  const auto last_seq = events.empty() ? 0 : events.back().seq;
  auto next = snapshots.begin();
  // The recorded states up to (not including) the event of Postgres that comes next.
  const auto compare_before = [&](std::int64_t postgres_seq) -> Result<void> {
    for (; next != snapshots.end() && next->first < postgres_seq; ++next) {
      const bool is_taken_back =
          std::any_of(recording.taken_back.begin(), recording.taken_back.end(),
                      [&](const auto& range) { return next->first >= range.first && next->first < range.second; });
      if (is_taken_back) continue;
      Digest seen{};
      for (const auto& item : next->second) {
        // The first is how its run left the database; those behind the end that was asked for tell of later days.
        const bool is_later = item.seq > last_seq && &item != &next->second.front();
        if (is_later || item.event.sha256 == seen) continue;
        seen = item.event.sha256.value_or(Digest{});
        STRATA_TRY(const auto recorded, read_snapshot(ledger, item.event));
        STRATA_TRY(const auto here, read_inventory(place.session(), request.history_schema));
        ++report.compared;
        auto differences = compare(here, recorded.inventory,
                                   compared_servers(recorded.measured.server_version, report.server_version));
        if (!differences.empty() && !report.first_difference)
          report.first_difference =
              StateComparison{item.seq, next->first, recorded.at_ms, report.last_migration, std::move(differences)};
      }
    }
    return {};
  };
  for (const auto& action : recording.actions) {
    STRATA_CHECK(compare_before(action.postgres_seq));
    on_action(action);
    STRATA_CHECK(run_again(ledger, action, place.session(), request.schema));
    if (action.first == 0) ++report.texts;  // of what ran in pieces, the first stands for all
    report.last_migration = action.id.text();
  }
  STRATA_CHECK(compare_before(recording.postgres_head.seq + 1));
  STRATA_TRY(report.inventory, read_inventory(place.session(), request.history_schema));
  return report;
}

}  // namespace strata
