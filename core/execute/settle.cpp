#include "core/execute/settle.h"

#include "core/base/stop_point.h"
#include "core/sql/quote.h"

namespace strata {

namespace {

Result<void> commit(PgSession& session, EventChain& chain, std::vector<Request> requests) {
  const auto durable = "SET LOCAL synchronous_commit = " + quote_literal(session.facts().synchronous_commit);
  requests.insert(requests.begin(), {Request{"BEGIN", {}, {}}, Request{durable, {}, {}}});
  requests.push_back(Request{"COMMIT", {}, {}});
  STRATA_STOP_POINT("settle");
  auto outcome = session.batch(requests);
  if (!outcome || outcome->refused) chain.rollback();
  if (!outcome) return fail(std::move(outcome.error()));
  STRATA_STOP_POINT("settled");
  if (outcome->refused) {
    STRATA_CHECK(session.query("ROLLBACK"));
    return fail(to_error(*outcome->refused));
  }
  chain.commit();
  return {};
}

Event event_of(EventKind kind, const RunIdentity& identity, const MigrationId& id, MigrationKind migration_kind,
               const Clock& clock) {
  Event event;
  event.kind = kind;
  event.database = identity.database;
  event.run = identity.run;
  event.at_ms = clock.now_ms();
  event.subject = id.text();
  event.migration_kind = migration_kind == MigrationKind::repeatable ? "repeatable" : "migration";
  event.actor = identity.actor;
  event.strata_version = identity.strata_version;
  event.ledger = identity.ledger;
  if (!identity.ledger.empty()) {
    event.intent_seq = identity.intent.seq;
    event.intent_chain = identity.intent.chain;
  }
  return event;
}

}  // namespace

const char* name_of(Resolution resolution) {
  switch (resolution) {
    case Resolution::applied:
      return "applied";
    case Resolution::rolled_back:
      return "rolled-back";
    case Resolution::retry:
      return "retry";
  }
  return "applied";
}

Result<Adoption> adoption_of(const Migration& migration) {
  STRATA_TRY(const auto fingerprint, fingerprint_of(migration.sql, migration.path));
  return Adoption{&migration, migration.sha256, fingerprint, ""};
}

Result<void> adopt(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                   const Catalog& catalog, const std::vector<Adoption>& adoptions, std::int64_t first_position,
                   const Clock& clock, std::vector<Request> beside) {
  std::vector<Request> requests;
  auto position = first_position;
  for (const auto& adoption : adoptions) {
    const auto* migration = adoption.migration;
    const auto& module = catalog.module_of(*migration);
    const auto script = read_script(migration->sql, migration->path, migration->directives.no_transaction);
    const auto total = script ? script->statements.size() : 0;
    auto event = event_of(EventKind::adopted, identity, migration->id, migration->kind, clock);
    event.sha256 = adoption.sha256;
    event.fingerprint = adoption.fingerprint;
    event.note = adoption.note;
    event.module_version = module.version.text();
    event.module_digest = module.digest;
    event.position = position++;
    event.statements_done = event.statements_total = static_cast<std::int64_t>(total);
    const Claim claim{migration->id, migration->kind,       adoption.sha256, adoption.fingerprint,
                      total,         module.version.text(), module.digest,   {}};
    requests.push_back(history.claim(claim, identity.run));
    requests.push_back(
        history.record({migration->id, MigrationState::applied, total, total, adoption.sha256, adoption.fingerprint},
                       identity.run, EventKind::adopted, chain.stage(event)));
  }
  std::move(beside.begin(), beside.end(), std::back_inserter(requests));
  return commit(session, chain, std::move(requests));
}

Result<void> resolve(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                     const AppliedMigration& record, const Script& script, Resolution resolution,
                     std::optional<int> step, const Clock& clock, std::vector<Request> beside) {
  const auto total = record.statements_total;
  if (record.state == MigrationState::applied) {
    return fail(ErrorCode::refused, record.id.text() + " is applied: there is nothing to settle",
                "strata down undoes it, where it has a down.sql");
  }
  if (step && (*step <= record.statements_done || *step > total)) {
    return fail(ErrorCode::refused, record.id.text() + " has " + std::to_string(record.statements_done) + " of " +
                                        std::to_string(total) + " statements done: --step can be " +
                                        std::to_string(record.statements_done + 1) + " to " + std::to_string(total));
  }
  auto event = event_of(EventKind::resolved, identity, record.id, record.kind, clock);
  event.note = name_of(resolution);
  event.sha256 = record.sha256;
  event.position = record.position;
  event.statements_total = total;
  const auto commit_with = [&](Request request) {
    beside.insert(beside.begin(), std::move(request));
    return commit(session, chain, std::move(beside));
  };
  if (resolution == Resolution::rolled_back)
    return commit_with(history.erase(record.id, identity.run, EventKind::resolved, chain.stage(event)));
  const int done = resolution == Resolution::retry ? record.statements_done : step.value_or(total);
  const bool finished = resolution == Resolution::applied && done == total;
  const auto fingerprint = finished ? script.fingerprint : script.fingerprint_of_first(static_cast<std::size_t>(done));
  if (!finished) event.note = name_of(Resolution::retry);  // it goes on behind what is done
  event.statements_done = done;
  event.fingerprint = fingerprint;
  return commit_with(
      history.record({record.id, finished ? MigrationState::applied : MigrationState::failed,
                      static_cast<std::size_t>(done), static_cast<std::size_t>(total), record.sha256, fingerprint},
                     identity.run, EventKind::resolved, chain.stage(event)));
}

Result<void> give_up(PgSession& session, const History& history, EventChain& chain, const RunIdentity& identity,
                     const MigrationId& id, const Clock& clock, std::vector<Request> beside) {
  auto event = event_of(EventKind::resolved, identity, id, MigrationKind::migration, clock);
  event.note = name_of(Resolution::rolled_back);
  beside.push_back(history.append_event(EventKind::resolved, identity.run, id, chain.stage(event)));
  return commit(session, chain, std::move(beside));
}

Result<void> accept_checksums(PgSession& session, const History& history, EventChain& chain,
                              const RunIdentity& identity, const std::vector<AcceptedChange>& changes,
                              const Clock& clock) {
  std::vector<Request> requests;
  for (const auto& change : changes) {
    auto event = event_of(EventKind::checksum_accepted, identity, change.migration->id, change.migration->kind, clock);
    event.sha256 = change.migration->sha256;
    event.note = "was " + hex(change.before);
    requests.push_back(history.accept_checksum(change.migration->id, change.migration->sha256));
    requests.push_back(
        history.append_event(EventKind::checksum_accepted, identity.run, change.migration->id, chain.stage(event)));
  }
  return commit(session, chain, std::move(requests));
}

}  // namespace strata
