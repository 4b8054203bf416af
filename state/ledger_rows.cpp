#include "state/ledger_rows.h"

#include "core/base/escape.h"
#include "state/compression.h"
#include "state/snapshot.h"

#include <nlohmann/json.hpp>

namespace strata {

namespace {

tl::unexpected<Error> damaged(const std::string& what) {
  return fail(ErrorCode::bad_ledger, "the ledger is damaged: " + what,
              "strata audit pull --replace rebuilds it from Postgres and keeps this file beside it");
}

Result<std::vector<LedgerEvent>> read_all(Statement& rows) {
  std::vector<LedgerEvent> events;
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) return events;
    STRATA_TRY(auto event, read_event(rows));
    events.push_back(std::move(event));
  }
}

}  // namespace

Result<LedgerEvent> read_event(const Statement& row) {
  const auto seq = row.integer(0);
  auto event = decode(row.bytes(1));
  const auto leaf = digest_from_bytes(row.bytes(3));
  const auto chain = digest_from_bytes(row.bytes(4));
  if (!event) return damaged("event " + std::to_string(seq) + " is " + event.error().message);
  if (!leaf || !chain) return damaged("event " + std::to_string(seq) + " has a leaf or chain that is no SHA-256");
  return LedgerEvent{seq, std::move(*event), row.integer(2), *leaf, *chain};
}

Result<std::vector<LedgerEvent>> read_events(Sqlite& database, const std::string& of_database, std::int64_t from_seq) {
  STRATA_TRY(auto rows, database.prepare("SELECT seq, body, postgres_seq, leaf, chain FROM events "
                                         "WHERE seq >= ?1 AND (?2 = '' OR database = ?2) ORDER BY seq"));
  return read_all(rows.with(from_seq, of_database));
}

Result<std::optional<LedgerEvent>> read_newest(Sqlite& database, const std::string& of_database, EventKind kind) {
  STRATA_TRY(auto rows, database.prepare("SELECT seq, body, postgres_seq, leaf, chain FROM events "
                                         "WHERE database = ?1 AND kind = ?2 ORDER BY seq DESC LIMIT 1"));
  STRATA_TRY(auto events, read_all(rows.with(of_database, std::string_view(name_of(kind)))));
  return events.empty() ? std::nullopt : std::optional(std::move(events.front()));
}

Result<std::vector<LedgerEvent>> read_applied_as(Sqlite& database, const std::vector<std::string>& ids) {
  STRATA_TRY(auto rows, database.prepare("SELECT seq, body, postgres_seq, leaf, chain FROM events "
                                         "WHERE kind = 'applied' AND subject IN (SELECT value FROM json_each(?1)) "
                                         "ORDER BY seq"));
  return read_all(rows.with(nlohmann::json(ids).dump()));
}

Result<std::vector<LedgerEvent>> read_intents_and_outcomes(Sqlite& database, const std::string& of_database) {
  STRATA_TRY(auto rows, database.prepare("SELECT seq, body, postgres_seq, leaf, chain FROM events "
                                         "WHERE database = ?1 AND kind IN ('intent', 'outcome') ORDER BY seq"));
  return read_all(rows.with(of_database));
}

Result<void> for_each_event(Sqlite& database, const std::function<Result<void>(const StoredEvent&)>& look) {
  STRATA_TRY(auto rows,
             database.prepare("SELECT seq, database, body, postgres_seq, leaf, chain FROM events ORDER BY seq"));
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) return {};
    STRATA_CHECK(look({.seq = rows.integer(0),
                       .database = rows.text(1),
                       .body = rows.bytes(2),
                       .postgres_seq = rows.integer(3),
                       .leaf = digest_from_bytes(rows.bytes(4)).value_or(Digest{}),
                       .chain = digest_from_bytes(rows.bytes(5)).value_or(Digest{})}));
  }
}

Result<void> for_each_blob(Sqlite& database,
                           const std::function<Result<void>(const Digest&, const Result<std::string>&)>& look) {
  STRATA_TRY(auto rows, database.prepare("SELECT sha256 FROM blobs ORDER BY sha256"));
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) return {};
    const auto digest = digest_from_bytes(rows.bytes(0));
    if (!digest) {
      STRATA_CHECK(look({}, damaged("a text is kept under a name that is no SHA-256")));
      continue;
    }
    auto text = read_blob(database, *digest);
    if (!text) {
      STRATA_CHECK(look(*digest, fail(std::move(text.error()))));
    } else if (*text) {
      STRATA_CHECK(look(*digest, std::move(**text)));
    } else {
      STRATA_CHECK(look(*digest, damaged("the text " + hex(*digest) + " is listed, and cannot be found")));
    }
  }
}

Result<void> insert_blob(Sqlite& database, std::string_view text) {
  const auto digest = sha256(text);
  STRATA_TRY(auto known, database.prepare("SELECT 1 FROM blobs WHERE sha256 = ?1"));
  STRATA_TRY(const bool found, known.with(Bytes{as_bytes(digest)}).step());
  if (found) return {};
  const auto frame = compress(text);
  const bool smaller = frame.size() < text.size();
  STRATA_TRY(auto insert, database.prepare("INSERT INTO blobs (sha256, size, codec, bytes) VALUES (?1, ?2, ?3, ?4)"));
  return insert
      .with(Bytes{as_bytes(digest)}, static_cast<std::int64_t>(text.size()), std::string_view(smaller ? "zstd" : "raw"),
            Bytes{smaller ? std::string_view(frame) : text})
      .run();
}

Result<std::optional<std::string>> read_blob(Sqlite& database, const Digest& digest) {
  STRATA_TRY(auto row, database.prepare("SELECT size, codec, bytes FROM blobs WHERE sha256 = ?1"));
  STRATA_TRY(const bool found, row.with(Bytes{as_bytes(digest)}).step());
  if (!found) return std::nullopt;
  auto text = row.text(1) == "zstd" ? decompress(row.bytes(2)) : std::string(row.bytes(2));
  if (!text || static_cast<std::int64_t>(text->size()) != row.integer(0) || sha256(*text) != digest) {
    return damaged("the text kept as " + hex(digest) + " is not the one of that name");
  }
  return text;
}

Result<void> put_target(Sqlite& database, const LedgerTarget& target) {
  STRATA_TRY(auto put,
             database.prepare(
                 "INSERT INTO targets (name, database, system_identifier, database_oid, database_name, server_version, "
                 "postgres_seq, postgres_chain, last_seen_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) "
                 "ON CONFLICT (name) DO UPDATE SET database = ?2, system_identifier = ?3, database_oid = ?4, "
                 "database_name = ?5, "
                 "server_version = ?6, postgres_seq = ?7, postgres_chain = ?8, last_seen_ms = ?9"));
  return put
      .with(target.name, target.database, target.system_identifier, target.database_oid, target.database_name,
            target.server_version, target.postgres_head.seq, Bytes{as_bytes(target.postgres_head.chain)},
            target.last_seen_ms)
      .run();
}

Result<std::vector<LedgerTarget>> read_targets(Sqlite& database) {
  STRATA_TRY(auto rows,
             database.prepare("SELECT name, database, system_identifier, database_oid, database_name, server_version, "
                              "postgres_seq, postgres_chain, last_seen_ms FROM targets ORDER BY name"));
  std::vector<LedgerTarget> targets;
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) return targets;
    const auto chain = digest_from_bytes(rows.bytes(7));
    if (!chain) return damaged("target " + printable(rows.text(0)) + " has a chain that is no SHA-256");
    // Opening asks for this before anything has looked at SQLite's pages, and a damaged tree of them can lead in a
    // circle.
    if (!targets.empty() && rows.text(0) <= targets.back().name) return damaged("its targets are not in order");
    targets.push_back({.name = std::string(rows.text(0)),
                       .database = std::string(rows.text(1)),
                       .system_identifier = std::string(rows.text(2)),
                       .database_oid = rows.integer(3),
                       .database_name = std::string(rows.text(4)),
                       .server_version = std::string(rows.text(5)),
                       .postgres_head = {rows.integer(6), *chain},
                       .last_seen_ms = rows.integer(8)});
  }
}

Result<void> put_snapshot(Sqlite& database, const std::string& target, const Snapshot& snapshot) {
  STRATA_TRY(auto put,
             database.prepare("INSERT INTO snapshots (target, postgres_seq, taken_ms, applied) VALUES (?1, ?2, ?3, ?4) "
                              "ON CONFLICT (target) DO UPDATE SET postgres_seq = ?2, taken_ms = ?3, applied = ?4"));
  return put.with(target, snapshot.postgres_seq, snapshot.taken_ms, Bytes{compress(encode_applied(snapshot.applied))})
      .run();
}

Result<std::optional<Snapshot>> read_snapshot(Sqlite& database, const std::string& target) {
  STRATA_TRY(auto row, database.prepare("SELECT postgres_seq, taken_ms, applied FROM snapshots WHERE target = ?1"));
  STRATA_TRY(const bool found, row.with(target).step());
  if (!found) return std::nullopt;
  const auto bytes = decompress(row.bytes(2));
  auto applied = bytes ? decode_applied(*bytes) : fail(ErrorCode::bad_ledger, "it cannot be decompressed");
  if (!applied) return damaged("the snapshot of target " + printable(target) + ": " + applied.error().message);
  return Snapshot{row.integer(0), row.integer(1), std::move(*applied)};
}

}  // namespace strata
