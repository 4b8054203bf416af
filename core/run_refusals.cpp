// What a run refuses to begin with, or on.
#include "core/run.h"

#include "core/base/escape.h"
#include "core/postgres/history_check.h"
#include "core/sql/quote.h"

namespace strata {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace

Result<void> Run::refuse_foreign_history() {
  return check_history(session(), site_.config.history_schema);
}

Result<void> Run::refuse_foreign_schema() {
  if (!prisma_ || !prisma_->contact.table_is_missing || meta_) return {};
  STRATA_TRY(const auto tables, prisma_->table.other_tables(session()));
  if (tables.empty()) return {};
  return fail(ErrorCode::refused,
              "the schema " + site_.address.schema + " of " + site_.address.described() +
                  " is not empty, and neither strata nor Prisma knows what was applied there [P3005]; its tables: " +
                  one_line(joined(tables), 200),
              "if the migrations' objects are there already, strata baseline records them as applied; if these tables "
              "belong to something else, set [history] prisma = \"off\", or give the migrations a schema of their own");
}

Result<void> Run::refuse_lost_rows(const Plan& plan) {
  std::vector<std::string> ids;
  for (const auto& step : plan.steps) {
    if (step.reason == StepReason::pending || step.reason == StepReason::repeatable_new)
      ids.push_back(step.migration->id.text());
  }
  if (!meta_ || meta_->head.seq <= 1 || ids.empty()) return {};
  STRATA_TRY(auto done, history_.read_done(session(), ids));
  // What came after the rows were read says nothing against them.
  std::erase_if(done, [this](const auto& each) { return each.second > meta_->head.seq; });
  return refuse_lost(done);
}

Result<void> Run::refuse_lost(const std::map<std::string, std::int64_t>& done) const {
  if (done.empty()) return {};
  std::string list;
  for (const auto& [id, seq] : done) list += "\n  " + id + " (event " + std::to_string(seq) + ")";
  return fail(
      ErrorCode::needs_person,
      "the history contradicts itself: its events say that this was done, but " + site_.config.history_schema +
          ".migration has no row of it any more; nothing was run:" + list,
      "look at the database, then, for each: strata resolve ID --applied (it is there: the row is made again), or "
      "strata resolve ID --rolled-back (it is not: it runs again)");
}

Result<void> Run::refuse_unproven_rows() {
  if (!meta_) return {};
  STRATA_TRY(const auto rows, history_.read_applied(session()));  // without what Prisma alone has applied
  STRATA_TRY(auto spoken_of, history_.read_last_events(session()));
  std::string invented;
  std::map<std::string, std::int64_t> lost;
  for (const auto& [id, record] : rows) {
    if (spoken_of.erase(id.text()) == 0) invented += "\n  " + id.text();
  }
  for (const auto& [id, last] : spoken_of) {
    if (last.kind != "reverted" && last.kind != "resolved") lost[id] = last.seq;
  }
  STRATA_CHECK(refuse_lost(lost));
  if (invented.empty()) return {};
  return fail(
      ErrorCode::history_damaged,
      site_.config.history_schema + ".migration has rows that no event speaks of; nothing was undone:" + invented,
      "strata audit verify shows all that does not fit");
}

Result<void> Run::refuse_open_schema() {
  const auto& schema = site_.address.schema;
  STRATA_TRY(const auto strangers,
             session().query("SELECT r.rolname, pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') "
                             "FROM pg_catalog.pg_namespace n, pg_catalog.pg_database d, pg_catalog.pg_roles r "
                             "WHERE n.nspname = " +
                             quote_literal(schema) +
                             " AND d.datname = pg_catalog.current_database() AND r.rolcanlogin AND NOT r.rolsuper "
                             "AND pg_catalog.has_schema_privilege(r.oid, n.oid, 'CREATE') "
                             "AND pg_catalog.has_database_privilege(r.oid, d.oid, 'CONNECT') "
                             "AND NOT pg_catalog.pg_has_role(r.oid, current_user, 'MEMBER') "
                             "AND NOT pg_catalog.pg_has_role(r.oid, n.nspowner, 'MEMBER') "
                             "AND NOT pg_catalog.pg_has_role(r.oid, d.datdba, 'MEMBER') ORDER BY 1"));
  if (strangers.rows() == 0) return {};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < strangers.rows(); ++i) names.push_back(strangers.text(i, 0));
  const auto who = one_line(joined(names), 200);
  const bool is_public = strangers.text(0, 1) == "t";
  const auto message = "in the schema " + printable(schema) + " of " + site_.address.described() +
                       " other roles may create objects: " + who +
                       ". A function of theirs, named like one that a migration calls, would run with the rights of " +
                       printable(session().facts().user) + " (CVE-2018-1058)";
  const auto revoke = "REVOKE CREATE ON SCHEMA " + quote_identifier(schema) + " FROM " +
                      (is_public ? std::string("PUBLIC") : quote_identifier(names.front()));
  const auto target = site_.config.targets.find(site_.target);
  const bool disposable = target != site_.config.targets.end() && target->second.disposable;
  if (disposable || !site_.config.refuse_open_schema) {
    site_.say(message);
    return {};
  }
  return fail(ErrorCode::not_permitted, message,
              revoke + "; or, where these roles are trusted: [deploy] open_schema = \"warn\" in strata.toml");
}

Result<bool> Run::was_done(const MigrationId& id) {
  if (!meta_) return false;
  STRATA_TRY(const auto done, history_.read_done(session(), {id.text()}));
  return !done.empty();
}

void Run::note_refusal(const Error& error) {
  if (site_.ledger == nullptr || record_ || !meta_) return;
  Event refused;
  refused.kind = EventKind::refused;
  refused.database = meta_->database;
  refused.run = id_;
  refused.at_ms = site_.clock.now_ms();
  refused.note = std::string(name_of(error.code)) + ": " + one_line(error.message, 300);
  Ledger::Append append;
  append.events.push_back({std::move(refused), 0});
  if (auto noted = site_.ledger->append(append); !noted)
    site_.say("the refusal is not in the ledger: " + noted.error().message);
}

}  // namespace strata
