#include "core/report/evidence_tables.h"

#include "core/report/csv.h"
#include "core/report/json_report.h"

#include <nlohmann/json.hpp>

namespace strata {

namespace {

using json = nlohmann::ordered_json;

std::string dumped(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string time_or_nothing(std::int64_t at_ms) {
  return at_ms == 0 ? "" : iso8601(at_ms);
}

std::string digest_or_nothing(const std::optional<Digest>& digest) {
  return digest ? hex(*digest) : "";
}

std::string number_or_nothing(std::int64_t n) {
  return n == 0 ? "" : std::to_string(n);
}

std::string path_of(const Evidence& evidence, const std::optional<Digest>& digest) {
  const auto text = digest ? evidence.texts.find(*digest) : evidence.texts.end();
  return text != evidence.texts.end() && text->second.is_kept ? text->second.path : "";
}

// One list of columns for both forms: a cell of the CSV is the text of the JSON value, nothing for null.
using Columns = std::vector<std::pair<const char*, json>>;

json null_if_empty(const std::string& text) {
  return text.empty() ? json() : json(text);
}

Columns columns_of(const Evidence& evidence, const EvidenceRun& run) {
  return {{"target", evidence.name_of(run.database)},
          {"database", run.database},
          {"run", run.id},
          {"command", null_if_empty(run.command)},
          {"started", iso8601(run.started_ms)},
          {"ended", null_if_empty(time_or_nothing(run.ended_ms))},
          {"outcome", null_if_empty(run.outcome)},
          {"planned", run.planned},
          {"done", run.applied},
          {"role", null_if_empty(run.actor.role)},
          {"os_user", null_if_empty(run.actor.os_user)},
          {"host", null_if_empty(run.actor.host)},
          {"commit", null_if_empty(run.actor.commit)},
          {"image", null_if_empty(run.actor.image)},
          {"pipeline", null_if_empty(run.actor.pipeline)},
          {"strata_version", null_if_empty(run.strata_version)},
          {"plan", null_if_empty(digest_or_nothing(run.plan))},
          {"plan_file", null_if_empty(path_of(evidence, run.plan))},
          {"note", null_if_empty(run.note)}};
}

Columns columns_of(const Evidence& evidence, const EvidenceMigration& migration) {
  return {{"target", evidence.name_of(migration.database)},
          {"database", migration.database},
          {"module", migration.module()},
          {"migration", migration.id},
          {"kind", null_if_empty(migration.kind)},
          {"module_version", null_if_empty(migration.module_version)},
          {"state", migration.state},
          {"sha256", null_if_empty(digest_or_nothing(migration.sha256))},
          {"file", null_if_empty(path_of(evidence, migration.sha256))},
          {"at", iso8601(migration.at_ms)},
          {"elapsed_ms", migration.elapsed_ms ? json(*migration.elapsed_ms) : json()},
          {"position", migration.position},
          {"times", migration.times},
          {"run", null_if_empty(migration.run)},
          {"role", null_if_empty(migration.actor.role)},
          {"os_user", null_if_empty(migration.actor.os_user)},
          {"host", null_if_empty(migration.actor.host)}};
}

template <typename Rows>
void write_csv(const Evidence& evidence, const Rows& rows, const TakeText& out) {
  std::vector<std::string> cells;
  for (const auto& [name, value] : columns_of(evidence, typename Rows::value_type())) cells.push_back(name);
  out(csv_row(cells));
  for (const auto& row : rows) {
    cells.clear();
    for (const auto& [name, value] : columns_of(evidence, row))
      cells.push_back(value.is_null()     ? std::string()
                      : value.is_string() ? value.template get<std::string>()
                                          : value.dump());
    out(csv_row(cells));
  }
}

template <typename Rows>
void write_json(const Evidence& evidence, const char* key, const Rows& rows, const TakeText& out) {
  out("{\"format\":1,\"ledger\":" + dumped(evidence.ledger) + ",\"" + key + "\":[");
  const char* separator = "\n";
  for (const auto& row : rows) {
    json object = json::object();
    for (const auto& [name, value] : columns_of(evidence, row)) object[name] = value;
    out(separator + dumped(object));
    separator = ",\n";
  }
  out("\n]}\n");
}

json head_of(const ChainHead& head) {
  return {{"seq", head.seq}, {"chain", hex(head.chain)}};
}

}  // namespace

void write_runs_csv(const Evidence& evidence, const TakeText& out) {
  write_csv(evidence, evidence.runs, out);
}

void write_runs_json(const Evidence& evidence, const TakeText& out) {
  write_json(evidence, "runs", evidence.runs, out);
}

void write_migrations_csv(const Evidence& evidence, const TakeText& out) {
  write_csv(evidence, evidence.migrations, out);
}

void write_migrations_json(const Evidence& evidence, const TakeText& out) {
  write_json(evidence, "migrations", evidence.migrations, out);
}

std::string verification_json(const Evidence& evidence) {
  json out = {{"format", 1},
              {"ledger", evidence.ledger},
              {"made", iso8601(evidence.made_ms)},
              {"strata_version", evidence.strata_version},
              {"ok", evidence.findings.empty()},
              {"findings", evidence.findings},
              {"head", head_of(evidence.head)},
              {"databases", json::array()},
              {"checkpoints", json::array()},
              {"drift", json::array()}};
  for (const auto& database : evidence.databases) {
    json targets = json::array();
    for (const auto& target : database.targets) targets.push_back(target.name);
    out["databases"].push_back({{"database", database.uuid}, {"targets", targets}, {"head", head_of(database.head)}});
    for (const auto* drift : evidence.drift_of(database.uuid))
      out["drift"].push_back({{"seq", drift->seq},
                              {"database", drift->database},
                              {"at", iso8601(drift->at_ms)},
                              {"note", drift->note},
                              {"file", null_if_empty(path_of(evidence, drift->sha256))}});
  }
  for (const auto& checkpoint : evidence.earlier)
    out["checkpoints"].push_back({{"ledger", checkpoint.ledger}, {"head", head_of(checkpoint.head)}});
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string events_csv_header() {
  return csv_row({"seq",
                  "at",
                  "kind",
                  "database",
                  "postgres_seq",
                  "run",
                  "subject",
                  "sha256",
                  "position",
                  "statements_done",
                  "statements_total",
                  "elapsed_ms",
                  "module_version",
                  "intent_seq",
                  "sqlstate",
                  "note",
                  "subjects",
                  "actor",
                  "strata_version",
                  "leaf",
                  "chain"});
}

std::string event_csv_row(const StoredEvent& stored, const Result<Event>& event) {
  if (!event) {
    std::vector<std::string> cells(21);
    cells[0] = std::to_string(stored.seq);
    cells[2] = "unreadable";
    cells[15] = event.error().message;
    cells[19] = hex(stored.leaf);
    cells[20] = hex(stored.chain);
    return csv_row(cells);
  }
  std::string subjects;
  for (const auto& subject : event->subjects) subjects += (subjects.empty() ? "" : " ") + subject;
  return csv_row({std::to_string(stored.seq),
                  iso8601(event->at_ms),
                  name_of(event->kind),
                  event->database,
                  number_or_nothing(stored.postgres_seq > 0 ? stored.postgres_seq : event->postgres_seq),
                  event->run,
                  event->subject,
                  digest_or_nothing(event->sha256),
                  number_or_nothing(event->position),
                  number_or_nothing(event->statements_done),
                  number_or_nothing(event->statements_total),
                  number_or_nothing(event->elapsed_ms),
                  event->module_version,
                  number_or_nothing(event->intent_seq),
                  event->sqlstate,
                  event->note,
                  subjects,
                  event->actor,
                  event->strata_version,
                  hex(stored.leaf),
                  hex(stored.chain)});
}

std::string event_json_object(const StoredEvent& stored, const Result<Event>& event) {
  if (!event)
    return dumped({{"seq", stored.seq},
                   {"kind", "unreadable"},
                   {"note", event.error().message},
                   {"leaf", hex(stored.leaf)},
                   {"chain", hex(stored.chain)}});
  auto line = json_line_of_event({stored.seq, *event, stored.postgres_seq, stored.leaf, stored.chain});
  line.pop_back();
  return line;
}

}  // namespace strata
