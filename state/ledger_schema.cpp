#include "state/ledger_schema.h"

#include "core/base/escape.h"

#include <functional>
#include <map>

namespace strata {

namespace {

// The triggers guard against mistakes, ours and those at a sqlite3 prompt; against an attacker there are the chain and
// the heads that others keep.
constexpr const char* tables_sql = R"sql(
CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  ledger TEXT NOT NULL,         -- uuid of this file
  created_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE events (
  seq INTEGER PRIMARY KEY,      -- 1, 2, 3 ... without a gap
  database TEXT NOT NULL,       -- these four repeat what the body says, for people who look with SQL
  kind TEXT NOT NULL,
  run TEXT NOT NULL,
  subject TEXT NOT NULL,
  body BLOB NOT NULL,           -- the encoding
  leaf BLOB NOT NULL CHECK (length(leaf) = 32),
  chain BLOB NOT NULL UNIQUE CHECK (length(chain) = 32),
  postgres_seq INTEGER NOT NULL,  -- its number in Postgres; 0: it is in this file only
  wall_ms INTEGER NOT NULL      -- the body's at_ms
) STRICT;

CREATE TABLE blobs (
  sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),  -- of the text
  size INTEGER NOT NULL,        -- of the text, in bytes
  codec TEXT NOT NULL CHECK (codec IN ('zstd', 'raw')),
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE targets (
  name TEXT PRIMARY KEY,
  database TEXT NOT NULL,
  system_identifier TEXT NOT NULL,
  database_oid INTEGER NOT NULL,
  database_name TEXT NOT NULL,
  server_version TEXT NOT NULL,
  postgres_seq INTEGER NOT NULL,
  postgres_chain BLOB NOT NULL CHECK (length(postgres_chain) = 32),
  last_seen_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE snapshots (
  target TEXT PRIMARY KEY REFERENCES targets (name),
  postgres_seq INTEGER NOT NULL,
  taken_ms INTEGER NOT NULL,
  applied BLOB NOT NULL         -- zstd
) STRICT;

CREATE TRIGGER events_in_order BEFORE INSERT ON events
  WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM events)
  BEGIN SELECT RAISE(ABORT, 'events are numbered without a gap'); END;
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER blobs_no_update BEFORE UPDATE ON blobs BEGIN SELECT RAISE(ABORT, 'blobs are append-only'); END;
CREATE TRIGGER blobs_no_delete BEFORE DELETE ON blobs BEGIN SELECT RAISE(ABORT, 'blobs are append-only'); END;
)sql";

using Schema =
    std::map<std::string, std::string, std::greater<>>;  // "table events" -> its text; tables before their indexes

Result<Schema> read_schema(Sqlite& database) {
  STRATA_TRY(auto rows,
             database.prepare(
                 "SELECT type || ' ' || name, tbl_name || ': ' || coalesce(sql, 'automatic') FROM sqlite_schema"));
  Schema schema;
  for (;;) {
    STRATA_TRY(const bool row, rows.step());
    if (!row) return schema;
    schema.emplace(rows.text(0), rows.text(1));
  }
}

// Of a fresh database, so that the text above is the only statement of it.
Result<Schema> expected_schema() {
  STRATA_TRY(const auto fresh, Sqlite::open_in_memory());
  STRATA_CHECK(fresh->run(tables_sql));
  return read_schema(*fresh);
}

}  // namespace

Result<void> create_ledger_schema(Sqlite& database) {
  return database.run(tables_sql + ("PRAGMA application_id = " + std::to_string(ledger_application_id)) +
                      "; PRAGMA user_version = " + std::to_string(ledger_format));
}

Result<bool> is_blank(Sqlite& database) {
  STRATA_TRY(const auto application, database.integer("PRAGMA application_id"));
  if (application != 0) return false;
  STRATA_TRY(const auto objects, database.integer("SELECT count(*) FROM sqlite_schema"));
  return objects == 0;
}

Result<void> check_ledger_schema(Sqlite& database, const std::string& path) {
  const auto refuse = [&](const std::string& what, const std::string& next) {
    return fail(ErrorCode::bad_ledger, printable(path) + " " + what, next);
  };
  const std::string another = "name another file with --ledger";
  STRATA_TRY(const auto application, database.integer("PRAGMA application_id"));
  if (application != ledger_application_id) {
    return refuse("is another application's SQLite file, not a ledger", another);
  }
  STRATA_TRY(const auto format, database.integer("PRAGMA user_version"));
  if (format > ledger_format) {
    return refuse("is a ledger of format " + std::to_string(format) +
                      ", written by a newer strata; this one knows format " + std::to_string(ledger_format),
                  "use the newer strata");
  }
  STRATA_TRY(const auto expected, expected_schema());
  STRATA_TRY(auto found, read_schema(database));
  const std::string rebuild = "strata audit pull --replace rebuilds it from Postgres and keeps this file beside it";
  if (format != ledger_format) return refuse("is damaged: its format is " + std::to_string(format), rebuild);
  for (const auto& [object, text] : expected) {
    const auto there = found.find(object);
    if (there == found.end()) {
      return refuse("is no ledger of ours, or a damaged one: its " + object + " is missing", rebuild);
    }
    if (there->second != text) {
      return refuse("is no ledger of ours, or a damaged one: its " + object + " is not strata's", rebuild);
    }
    found.erase(there);
  }
  if (!found.empty()) {
    return refuse("is no ledger of ours, or a damaged one: its " + printable(found.begin()->first) + " is not strata's",
                  rebuild);
  }
  return {};
}

}  // namespace strata
