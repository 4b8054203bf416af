// Writes a ledger of COUNT events (a multiple of 100) to FILE, as runs of 97 migrations leave it: bench_ledger FILE
// COUNT. Ten thousand migrations, each with a text of its own; the later runs are of the same ones again, as of
// repeatables.
#include "state/ledger.h"
#include "core/base/uuid.h"

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace strata;

namespace {

constexpr std::int64_t per_run = 97;
constexpr std::int64_t migrations = 10'000;
constexpr std::int64_t begin_ms = 1'767'225'600'000;

std::string text_of(std::int64_t n) {
  const auto name = "t" + std::to_string(n);
  return "CREATE TABLE " + name +
         " (\n  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,\n  name text NOT NULL,\n  created_at timestamptz "
         "NOT "
         "NULL DEFAULT now()\n);\n";
}

Event event_of(EventKind kind, const std::string& database, const std::string& run, std::int64_t at_ms) {
  Event event;
  event.kind = kind;
  event.database = database;
  event.run = run;
  event.at_ms = at_ms;
  return event;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const auto runs = std::atol(argv[2]) / 100;
  auto ledger = Ledger::open(argv[1], Ledger::Access::read_write);
  if (!ledger) return std::fputs(ledger.error().message.c_str(), stderr), 1;
  const auto database = make_uuid();
  ChainHead postgres{0, first_chain_of(database)};
  Applied applied;
  std::int64_t at_ms = begin_ms;
  for (long r = 0; r < runs; ++r) {
    Ledger::Append append;
    std::vector<std::string> texts;
    const auto run = make_uuid();
    auto intent = event_of(EventKind::intent, database, run, at_ms);
    intent.note = "deploy";
    intent.actor = "deployer@ci-7 (ci) {\"commit\":\"866e708fd05a4f3c11d8c3a7a1d7ec4f33f2a001\"}";
    std::vector<NewEvent> done;
    for (std::int64_t i = 0; i < per_run; ++i) {
      const auto n = (r * per_run + i) % migrations;
      auto event = event_of(EventKind::applied, database, run, at_ms += 7);
      event.subject = "module_" + std::to_string(n % 10) + "/20260101090000_step_" + std::to_string(n);
      event.migration_kind = "migration";
      event.module_version = "1.4.0";
      texts.push_back(text_of(n));
      event.sha256 = event.fingerprint = sha256(texts.back());
      event.position = n + 1;
      event.statements_done = event.statements_total = 1;
      event.actor = intent.actor;
      event.strata_version = "0.1.0";
      event.ledger = ledger->id();
      intent.subjects.push_back(event.subject);
      fold_into(applied, event);
      postgres = {postgres.seq + 1, chain_of(postgres.chain, leaf_of(encode(event)))};
      done.push_back({std::move(event), postgres.seq});
    }
    const auto intent_seq = ledger->head().seq + 1;
    append.events.push_back({std::move(intent), 0});
    append.events.insert(append.events.end(), done.begin(), done.end());
    auto outcome = event_of(EventKind::outcome, database, run, at_ms += 7);
    outcome.note = "applied";
    outcome.intent_seq = intent_seq;
    append.events.push_back({std::move(outcome), 0});
    auto anchor = event_of(EventKind::anchor, database, "", at_ms);
    anchor.postgres_seq = postgres.seq;
    anchor.postgres_chain = postgres.chain;
    append.events.push_back({std::move(anchor), 0});
    append.blobs.assign(texts.begin(), texts.end());
    if (r + 1 == runs) {
      append.target = LedgerTarget{.name = "default",
                                   .database = database,
                                   .database_name = "bench",
                                   .server_version = "15.18",
                                   .postgres_head = postgres,
                                   .last_seen_ms = at_ms};
      append.snapshot = Snapshot{postgres.seq, at_ms, applied};
    }
    if (const auto head = ledger->append(append); !head) return std::fputs(head.error().message.c_str(), stderr), 1;
  }
  return 0;
}
