#include "core/runner.h"

#include "core/base/stop_point.h"
#include "core/base/uuid.h"
#include "core/execute/reconcile.h"
#include "core/run.h"
#include "core/sql/quote.h"

namespace strata {

namespace {

// The ledger's side: that it is about to happen, and that it has. Afterwards the target has no history, as at first.
Result<void> note_intent(Ledger& ledger, const LedgerTarget& known, const std::string& run, const Clock& clock) {
  Event intent;
  intent.kind = EventKind::intent;
  intent.database = known.database;
  intent.run = run;
  intent.at_ms = clock.now_ms();
  intent.note = "reset";
  Ledger::Append append;
  append.events.push_back({std::move(intent), 0});
  STRATA_CHECK(ledger.append(append));
  return {};
}

Result<void> note_outcome(Ledger& ledger, LedgerTarget known, const Clock& clock) {
  STRATA_TRY(const auto intents, ledger.open_intents(known.database));
  Ledger::Append append;
  for (const auto& intent : intents) {
    Event outcome;
    outcome.kind = EventKind::outcome;
    outcome.database = known.database;
    outcome.run = intent.event.run;
    outcome.at_ms = clock.now_ms();
    outcome.intent_seq = intent.seq;
    outcome.note = "reset";
    append.events.push_back({std::move(outcome), 0});
  }
  known.database.clear();
  known.postgres_head = {};
  known.last_seen_ms = clock.now_ms();
  append.target = std::move(known);
  append.snapshot = Snapshot{};
  STRATA_CHECK(ledger.append(append));
  return {};
}

}  // namespace

Result<void> reset(const Site& site, const std::function<bool(const std::vector<std::string>&)>& confirm) {
  const auto run = make_uuid();
  STRATA_TRY(auto connection, Connection::open(site, "reset", run, site.connect_budget));
  auto& session = connection.session();
  STRATA_TRY(const auto rows, session.query("SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname <> "
                                            "'information_schema' AND nspname !~ '^pg_' ORDER BY 1"));
  std::vector<std::string> schemas;
  for (std::size_t row = 0; row < rows.rows(); ++row) schemas.push_back(rows.text(row, 0));
  if (!confirm(schemas)) {
    return fail(ErrorCode::refused, "nothing was dropped: the question was answered with no", "say yes, or give --yes");
  }
  const auto known = site.ledger == nullptr ? std::nullopt : site.ledger->target(site.target);
  const bool is_known = known && !known->database.empty();
  if (is_known) STRATA_CHECK(note_intent(*site.ledger, *known, run, site.clock));
  STRATA_STOP_POINT("reset-intent");
  auto sql = "BEGIN; SET LOCAL synchronous_commit = " + quote_literal(session.facts().synchronous_commit) + "; ";
  for (const auto& schema : schemas) sql += "DROP SCHEMA " + quote_identifier(schema) + " CASCADE; ";
  sql += "CREATE SCHEMA public; GRANT USAGE ON SCHEMA public TO PUBLIC; ";
  if (site.address.schema != "public") sql += "CREATE SCHEMA " + quote_identifier(site.address.schema) + "; ";
  if (auto dropped = session.query(sql + "COMMIT"); !dropped) {
    auto error = std::move(dropped.error());
    if (error.sqlstate == "53200")
      error.next = "the server's lock table cannot hold all objects at once: raise max_locks_per_transaction";
    return fail(std::move(error));
  }
  STRATA_STOP_POINT("reset-done");
  if (is_known) STRATA_CHECK(note_outcome(*site.ledger, *known, site.clock));
  return connection.release();
}

}  // namespace strata
