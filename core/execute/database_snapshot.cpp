#include "core/execute/database_snapshot.h"

#include "core/base/counted.h"
#include "core/postgres/read_inventory.h"
#include "core/sql/owners.h"

#include <algorithm>

namespace strata {

namespace {

Result<std::string> kept_text(const Ledger& ledger, const Digest& digest) {
  STRATA_TRY(auto text, ledger.blob(digest));
  if (text) return std::move(*text);
  return fail(ErrorCode::bad_ledger, "the ledger " + ledger.path() + " does not hold the text " + hex(digest),
              "strata audit verify --offline shows what is wrong with it");
}

// Those of the snapshot before, and what the texts created that were applied since.
Result<Owners> owners_since(const Ledger& ledger, const std::string& database,
                            const std::optional<LedgerEvent>& before) {
  Owners owners;
  if (before) {
    STRATA_TRY(auto measured, read_measurements(ledger, before->event));
    owners = std::move(measured.owners);
  }
  STRATA_TRY(const auto events, ledger.events(database, before ? before->seq + 1 : 1));
  for (const auto& item : events) {
    const auto& event = item.event;
    const bool has_run = event.kind == EventKind::applied || event.kind == EventKind::adopted;
    const auto id = parse_migration_id(event.subject);
    if (!has_run || !id || !event.sha256) continue;
    STRATA_TRY(const auto text, ledger.blob(*event.sha256));
    if (text) add_created(owners, *text, id->module);
  }
  return owners;
}

}  // namespace

Result<RecordedContents> take_snapshot(PgSession& session, const History& history, const HistoryMeta& meta,
                                       const Ledger* ledger, const std::string& schema, const Clock& clock) {
  RecordedContents taken;
  std::optional<LedgerEvent> before;
  if (ledger != nullptr) {
    STRATA_TRY(before, ledger->newest(meta.database, EventKind::snapshot));
    STRATA_TRY(taken.measured.owners, owners_since(*ledger, meta.database, before));
  }
  taken.postgres_head = meta.head;
  taken.at_ms = clock.now_ms();
  STRATA_TRY(auto contents, read_contents(session, history.schema()));
  STRATA_TRY(taken.measured.durations_ms, history.read_durations(session, before ? before->event.postgres_seq : 0));
  taken.inventory = std::move(contents.inventory);
  taken.measured.tables = std::move(contents.sizes);
  taken.measured.roles = std::move(contents.roles);
  taken.measured.schema = schema;
  taken.measured.server_version = session.facts().server_version_text;
  return taken;
}

Result<void> keep_snapshot(Ledger& ledger, const std::string& database, const RecordedContents& contents) {
  const auto encoded = encode(contents.inventory);
  const auto measured = encode(contents.measured);
  Event event;
  event.kind = EventKind::snapshot;
  event.database = database;
  event.at_ms = contents.at_ms;
  event.postgres_seq = contents.postgres_head.seq;
  event.postgres_chain = contents.postgres_head.chain;
  event.sha256 = sha256(encoded.listing);
  event.measured = sha256(measured);
  const auto& objects = contents.inventory.objects;
  const auto tables = std::count_if(objects.begin(), objects.end(),
                                    [](const auto& object) { return object.kind == ObjectKind::table; });
  event.note =
      counted(objects.size(), "object") + ", " + counted(static_cast<std::size_t>(tables), "table") + " among them";
  STRATA_TRY(const auto newest, ledger.newest(database, EventKind::snapshot));
  if (newest && newest->event.sha256 == event.sha256 && newest->event.measured == event.measured &&
      newest->event.postgres_seq == event.postgres_seq)
    return {};
  Ledger::Append append;
  append.events.push_back({std::move(event), 0});
  append.blobs.assign(encoded.parts.begin(), encoded.parts.end());
  append.blobs.push_back(encoded.listing);
  append.blobs.push_back(measured);
  STRATA_CHECK(ledger.append(append));
  return {};
}

bool wants_snapshot(const Ledger& ledger, const HistoryMeta& meta, const Clock& clock) {
  const auto newest = ledger.newest(meta.database, EventKind::snapshot);
  if (!newest || !*newest) return true;
  const auto& event = (*newest)->event;
  return event.postgres_seq != meta.head.seq || clock.now_ms() - event.at_ms >= 60'000;
}

Result<RecordedContents> read_snapshot(const Ledger& ledger, const Event& event) {
  RecordedContents contents{{event.postgres_seq, event.postgres_chain.value_or(Digest{})}, event.at_ms, {}, {}};
  STRATA_TRY(const auto listing, kept_text(ledger, event.sha256.value_or(Digest{})));
  STRATA_TRY(contents.inventory,
             decode_inventory(listing, [&](const Digest& digest) { return kept_text(ledger, digest); }));
  STRATA_TRY(contents.measured, read_measurements(ledger, event));
  return contents;
}

Result<Measurements> read_measurements(const Ledger& ledger, const Event& event) {
  STRATA_TRY(const auto text, kept_text(ledger, event.measured.value_or(Digest{})));
  return decode_measurements(text);
}

Result<std::optional<Measurements>> newest_measurements(const Ledger& ledger, const std::string& target) {
  const auto known = ledger.target(target);
  if (!known) return std::nullopt;
  STRATA_TRY(const auto newest, ledger.newest(known->database, EventKind::snapshot));
  if (!newest) return std::nullopt;
  STRATA_TRY(auto measured, read_measurements(ledger, newest->event));
  return measured;
}

Result<std::optional<RecordedContents>> newest_snapshot(const Ledger& ledger, const std::string& database) {
  STRATA_TRY(const auto event, ledger.newest(database, EventKind::snapshot));
  if (!event) return std::nullopt;
  STRATA_TRY(auto contents, read_snapshot(ledger, event->event));
  return contents;
}

}  // namespace strata
