#include "core/report/json_report.h"

#include "core/report/forecast_report.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

namespace strata {

namespace {

using json = nlohmann::ordered_json;

// Two blanks of indent; bytes that are no UTF-8 (a server in another encoding) become U+FFFD instead of an exception.
std::string print(const json& document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

json document() {
  return {{"format", 1}};
}

json error_value(const Error& error) {
  return {{"id", error.subject.empty() ? json() : json(error.subject)},
          {"code", name_of(error.code)},
          {"sqlstate", error.sqlstate.empty() ? json() : json(error.sqlstate)},
          {"file", error.where.line > 0 ? json(error.where.file) : json()},
          {"line", error.where.line > 0 ? json(error.where.line) : json()},
          {"column", error.where.line > 0 ? json(error.where.column) : json()},
          {"message", error.message},
          {"next", error.next},
          {"exit_code", exit_code_of(error)}};
}

std::string text_in(const json& of, const char* key) {
  return of.contains(key) && of.at(key).is_string() ? of.at(key).get<std::string>() : "";
}

int number_in(const json& of, const char* key) {
  return of.contains(key) && of.at(key).is_number_integer() ? of.at(key).get<int>() : 0;
}

std::optional<Error> read_error(const json& of) {
  if (!of.is_object()) return std::nullopt;
  return Error{.code = error_code_of(text_in(of, "code")).value_or(ErrorCode::bug),
               .message = text_in(of, "message"),
               .next = text_in(of, "next"),
               .sqlstate = text_in(of, "sqlstate"),
               .where = {text_in(of, "file"), number_in(of, "line"), number_in(of, "column")},
               .subject = text_in(of, "id"),
               .signal = std::max(0, number_in(of, "exit_code") - 128)};
}

json head_value(const ChainHead& head) {
  if (head.seq == 0) return nullptr;
  return {{"seq", head.seq}, {"chain", hex(head.chain)}};
}

json module_value(const Module& module) {
  json requirements = json::array();
  for (const auto& requirement : module.requirements)
    requirements.push_back(requirement.module + " " + requirement.range.text());
  json migrations = json::array();
  for (const auto* list : {&module.migrations, &module.repeatables}) {
    for (const auto& migration : *list) {
      json needs = json::array();
      for (const auto& id : migration.directives.needs) needs.push_back(id.text());
      migrations.push_back({{"id", migration.id.text()},
                            {"kind", migration.kind == MigrationKind::repeatable ? "repeatable" : "migration"},
                            {"sha256", hex(migration.sha256)},
                            {"needs", std::move(needs)},
                            {"down", migration.down_sql.has_value()},
                            {"verify", migration.verify_sql.has_value()}});
    }
  }
  json fragments = json::array();
  for (const auto& fragment : module.fragments) fragments.push_back(fragment.path);
  return {{"id", module.id},
          {"version", module.version.text()},
          {"team", module.team},
          {"requires", std::move(requirements)},
          {"owns", {{"schemas", module.owned_schemas}}},
          {"origin", module.origin == ModuleOrigin::plugin ? "plugin" : "folder"},
          {"path", module.path},
          {"digest", hex(module.digest)},
          {"code", module.offers_code},
          {"fragments", std::move(fragments)},
          {"migrations", std::move(migrations)}};
}

json event_value(const LedgerEvent& item) {
  const auto& event = item.event;
  json value = {
      {"seq", item.seq},  {"kind", name_of(event.kind)}, {"at", iso8601(event.at_ms)}, {"database", event.database},
      {"run", event.run}, {"subject", event.subject}};
  const auto put_number = [&](const char* key, std::int64_t n) {
    if (n != 0) value[key] = n;
  };
  const auto put_text = [&](const char* key, const std::string& text) {
    if (!text.empty()) value[key] = text;
  };
  const auto put_digest = [&](const char* key, const std::optional<Digest>& digest) {
    if (digest) value[key] = hex(*digest);
  };
  // Of an anchor and of what was imported this is a field of the event; of a shared event its place in Postgres.
  put_number("postgres_seq", item.postgres_seq > 0 ? item.postgres_seq : event.postgres_seq);
  put_digest("postgres_chain", event.postgres_chain);
  put_text("migration_kind", event.migration_kind);
  put_digest("sha256", event.sha256);
  put_digest("measured", event.measured);
  put_digest("fingerprint", event.fingerprint);
  put_text("module_version", event.module_version);
  put_digest("module_digest", event.module_digest);
  put_number("position", event.position);
  put_number("statements_done", event.statements_done);
  put_number("statements_total", event.statements_total);
  put_number("elapsed_ms", event.elapsed_ms);
  if (!event.subjects.empty()) value["subjects"] = event.subjects;
  put_text("ledger", event.ledger);
  put_number("intent_seq", event.intent_seq);
  put_digest("intent_chain", event.intent_chain);
  put_text("sqlstate", event.sqlstate);
  put_text("note", event.note);
  put_text("actor", event.actor);
  put_text("strata_version", event.strata_version);
  value["leaf"] = hex(item.leaf);
  value["chain"] = hex(item.chain);
  return value;
}

}  // namespace

std::string json_of_error(const Error& error) {
  auto out = document();
  out["error"] = error_value(error);
  return print(out);
}

std::string json_of_plan(const Plan& plan, const AppliedView& view, const std::string& target,
                         const PlanAddenda& addenda) {
  const auto& [file, forecast, rehearsal] = addenda;
  auto out = document();
  out["target"] = target;
  out["offline"] = view.offline;
  out["as_of"] = iso8601(view.as_of_ms);
  out["event"] = view.postgres_head.seq;
  out["ledger"] = view.offline ? json(view.ledger_path) : json();
  out["digest"] = hex(plan.digest);
  out["steps"] = json::array();
  for (const auto& step : plan.steps) {
    json statements = json::array();
    for (const auto& statement : step.script.statements)
      statements.push_back({{"line", statement.line}, {"kind", statement.kind}, {"analysed", statement.analysed}});
    out["steps"].push_back({{"id", step.migration->id.text()},
                            {"module", step.module->id},
                            {"kind", step.migration->kind == MigrationKind::repeatable ? "repeatable" : "migration"},
                            {"transactional", step.runs_in_transaction()},
                            {"reason", describe(step.reason)},
                            {"sha256", hex(step.migration->sha256)},
                            {"resume_at", step.resume_at},
                            {"out_of_order", step.out_of_order},
                            {"statements", std::move(statements)},
                            {"forecast", nullptr}});
    if (forecast == nullptr) continue;
    const auto& of_step = forecast->steps[out["steps"].size() - 1];
    out["steps"].back()["forecast"] = json::parse(json_of_forecast(of_step, *forecast));
  }
  out["accepted"] = json::array();
  for (const auto& change : plan.accepted) out["accepted"].push_back(change.migration->id.text());
  out["unknown"] = json::array();
  for (const auto& id : plan.unknown) out["unknown"].push_back(id.text());
  out["file"] = nullptr;
  if (file != nullptr) {
    json signers = json::array();
    for (const auto& signature : file->signatures) signers.push_back(hex(signature.key));
    out["file"] = {{"path", file->path}, {"digest", hex(digest_of(*file))}, {"signed_by", std::move(signers)}};
  }
  out["verified"] = nullptr;
  if (rehearsal != nullptr) {
    json differences = json::array();
    for (const auto& difference : rehearsal->differences) differences.push_back(described(difference));
    out["verified"] = {{"ok", rehearsal->is_sound()},
                       {"recorded", rehearsal->recorded},
                       {"ran", rehearsal->ran},
                       {"server", rehearsal->server_version},
                       {"remarks", rehearsal->remarks},
                       {"stopped_by", rehearsal->stopped_by ? error_value(*rehearsal->stopped_by) : json()},
                       {"compared", rehearsal->was_compared},
                       {"differences", std::move(differences)}};
  }
  return print(out);
}

std::string json_of_plan_file(const PlanFile& file, const std::vector<PublicKey>& keys) {
  auto out = document();
  const auto text = signed_text(file);
  out["file"] = file.path;
  out["digest"] = hex(sha256(text));
  out["signatures"] = json::array();
  for (const auto& signature : file.signatures) {
    const auto key = std::find_if(keys.begin(), keys.end(), [&](const auto& one) { return one.id() == signature.key; });
    out["signatures"].push_back(
        {{"key", hex(signature.key)},
         {"valid", key == keys.end() ? json() : json(key->verifies(text, signature.signature))}});
  }
  out["plan"] = json::parse(text);  // strata's own, as it was read
  return print(out);
}

std::string json_of_status(const Catalog& catalog, const std::vector<MigrationStatus>& all, const AppliedView& view,
                           const std::string& target) {
  auto out = document();
  out["target"] = target;
  out["offline"] = view.offline;
  out["as_of"] = iso8601(view.as_of_ms);
  out["event"] = view.postgres_head.seq;
  std::vector<std::string> order;
  for (const auto& module : catalog.modules()) order.push_back(module.id);
  std::map<std::string, json> modules;
  for (const auto& id : order) modules[id] = json::array();
  std::map<std::string, std::map<StatusOfMigration, int>> counts;
  for (const auto& status : all) {
    if (modules.count(status.id.module) == 0) order.push_back(status.id.module);
    ++counts[status.id.module][status.status];
    auto& list = modules[status.id.module];
    list.push_back({{"id", status.id.text()},
                    {"kind", status.kind == MigrationKind::repeatable ? "repeatable" : "migration"},
                    {"state", name_of(status.status)},
                    {"detail", status.detail}});
  }
  out["modules"] = json::array();
  for (const auto& id : order) {
    auto& of = counts[id];
    const auto* module = catalog.find_module(id);
    out["modules"].push_back({{"id", id},
                              {"version", module == nullptr ? json() : json(module->version.text())},
                              {"applied", of[StatusOfMigration::applied]},
                              {"pending", of[StatusOfMigration::pending]},
                              {"failed", of[StatusOfMigration::failed]},
                              {"changed", of[StatusOfMigration::changed]},
                              {"unknown", of[StatusOfMigration::unknown]},
                              {"migrations", std::move(modules[id])}});
  }
  return print(out);
}

std::string json_of_run(const RunReport& report, const std::string& target) {
  auto out = document();
  out["run"] = report.run;
  out["target"] = target;
  out["outcome"] = report.outcome;
  out["applied"] = json::array();
  for (const auto& step : report.applied)
    out["applied"].push_back({{"id", step.id.text()}, {"ms", step.elapsed.count()}});
  out["planned"] = report.planned;
  out["lock_waits"] = {{"count", report.lock_waits}, {"ms", report.lock_waited.count()}};
  out["accepted"] = report.accepted;
  out["adopted"] = report.adopted;
  out["stopped_by"] = report.stopped_by ? error_value(*report.stopped_by) : json();
  out["ledger_behind"] = report.ledger_behind ? error_value(*report.ledger_behind) : json();
  out["heads"] = {{"postgres", head_value(report.postgres_head)}, {"ledger", head_value(report.ledger_head)}};
  return print(out);
}

std::string json_of_refusal(const Error& error, const std::string& target) {
  auto out = document();
  out["run"] = nullptr;
  out["target"] = target;
  out["outcome"] = "refused";
  out["applied"] = json::array();
  out["stopped_by"] = error_value(error);
  return print(out);
}

std::optional<RunReport> read_run(const std::string& text) {
  try {
    const auto in = json::parse(text);
    RunReport report;
    report.run = text_in(in, "run");
    report.outcome = in.at("outcome").get<std::string>();
    report.stopped_by = read_error(in.at("stopped_by"));
    if (report.run.empty()) return report;
    for (const auto& step : in.at("applied")) {
      if (auto id = parse_migration_id(text_in(step, "id")))
        report.applied.push_back({std::move(*id), std::chrono::milliseconds(step.at("ms").get<std::int64_t>())});
    }
    report.planned = in.at("planned").get<std::size_t>();
    report.lock_waits = in.at("lock_waits").at("count").get<std::size_t>();
    report.lock_waited = std::chrono::milliseconds(in.at("lock_waits").at("ms").get<std::int64_t>());
    report.accepted = in.at("accepted").get<std::vector<std::string>>();
    report.adopted = in.at("adopted").get<std::vector<std::string>>();
    report.ledger_behind = read_error(in.at("ledger_behind"));
    for (const auto& [key, head] : {std::pair{"postgres", &report.postgres_head}, {"ledger", &report.ledger_head}}) {
      const auto& value = in.at("heads").at(key);
      if (value.is_object()) head->seq = value.at("seq").get<std::int64_t>();
    }
    return report;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

std::string json_of_fleet(const FleetReport& report) {
  auto out = document();
  out["exit_code"] = report.exit_code();
  out["targets"] = json::array();
  for (const auto& result : report.done) {
    const auto* trouble = trouble_of(result);
    out["targets"].push_back({{"target", result.target},
                              {"exit_code", result.exit_code},
                              {"outcome", result.report.outcome},
                              {"applied", result.report.applied.size()},
                              {"ms", result.elapsed.count()},
                              {"error", trouble != nullptr ? json(trouble->message) : json()},
                              {"stopped_by", trouble != nullptr ? error_value(*trouble) : json()}});
  }
  out["not_begun"] = report.not_begun;
  return print(out);
}

std::string json_of_script(const Script& script, const std::string& file) {
  auto out = document();
  out["file"] = file;
  out["transactional"] = script.transactional;
  out["fingerprint"] = hex(script.fingerprint);
  out["statements"] = json::array();
  for (const auto& statement : script.statements) {
    out["statements"].push_back({{"line", statement.line},
                                 {"column", statement.column},
                                 {"kind", statement.kind},
                                 {"text", statement.text},
                                 {"analysed", statement.analysed},
                                 {"transactional", statement.can_run_in_transaction}});
  }
  return print(out);
}

std::string json_of_modules(const Catalog& catalog) {
  auto out = document();
  out["modules"] = json::array();
  for (const auto& module : catalog.modules()) out["modules"].push_back(module_value(module));
  out["order"] = json::array();
  for (const auto* migration : catalog.order()) out["order"].push_back(migration->id.text());
  return print(out);
}

std::string json_of_module(const Module& module) {
  auto out = document();
  out["module"] = module_value(module);
  return print(out);
}

std::string json_of_events(const std::vector<LedgerEvent>& events) {
  auto out = document();
  out["events"] = json::array();
  for (const auto& item : events) out["events"].push_back(event_value(item));
  return print(out);
}

std::string json_line_of_event(const LedgerEvent& item) {
  return event_value(item).dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string json_of_verify(const VerifyReport& report, const std::string& target) {
  auto out = document();
  out["target"] = target;
  out["ok"] = report.findings.empty();
  out["findings"] = report.findings;
  out["events"] = {{"ledger", report.ledger_events}, {"postgres", report.postgres_events}};
  out["heads"] = {{"postgres", head_value(report.postgres_head)}, {"ledger", head_value(report.ledger_head)}};
  return print(out);
}

std::string json_of_checkpoint(const Checkpoint& checkpoint, const std::string& note) {
  auto out = document();
  out["ledger"] = checkpoint.ledger;
  out["head"] = head_value(checkpoint.head);
  out["databases"] = json::array();
  for (const auto& database : checkpoint.databases)
    out["databases"].push_back({{"database", database.uuid}, {"head", head_value(database.head)}});
  out["note"] = note;
  return print(out);
}

std::string json_of_export(const Evidence& evidence, const std::string& folder, const Digest& digest) {
  auto out = document();
  out["folder"] = folder;
  out["ok"] = evidence.findings.empty();
  out["findings"] = evidence.findings;
  out["events"] = evidence.head.seq;
  out["runs"] = evidence.runs.size();
  out["migrations"] = evidence.migrations.size();
  out["head"] = head_value(evidence.head);
  out["sha256sums"] = hex(digest);
  return print(out);
}

std::string json_of_wait(const std::string& found) {
  auto out = document();
  out["found"] = found;
  return print(out);
}

std::string json_of_pull(const PullReport& report, const std::string& target) {
  auto out = document();
  out["target"] = target;
  out["imported"] = report.imported;
  out["settled"] = report.settled;
  out["heads"] = {{"postgres", head_value(report.postgres_head)}, {"ledger", head_value(report.ledger_head)}};
  return print(out);
}

}  // namespace strata
