// The same forms, run for real: what the server locks, reads and writes is what was predicted. On the major version
// that STRATA_TEST_POSTGRES names; ctest runs this program once for each.
#include "core/postgres/read_inventory.h"
#include "tests/forecast/lk_schema.h"
#include "tests/forecast/prediction.h"
#include "tests/support/database.h"
#include "tests/support/postgres_server.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <set>

using namespace strata;
using namespace strata::test;

namespace {

int version() {
  const char* wanted = std::getenv("STRATA_TEST_POSTGRES");
  return wanted == nullptr ? 15 : std::atoi(wanted);
}

// What lies between tables, for forms that the measured ones leave out.
const char* const further_schema = R"(
CREATE TABLE team (id int PRIMARY KEY, code varchar(10) UNIQUE, boss int REFERENCES team (id));
CREATE TABLE member (id int PRIMARY KEY, team_id int NOT NULL REFERENCES team (id) ON DELETE CASCADE,
  code varchar(10) REFERENCES team (code), state mood NOT NULL DEFAULT 'ok', note text, at timestamp, names varchar(10)[],
  texts text[], kind int NOT NULL);
CREATE INDEX member_note ON member (lower(note));
CREATE INDEX member_kind ON member (kind) WHERE note IS NOT NULL;
CREATE VIEW team_view AS SELECT id, code FROM team;
CREATE VIEW deep AS SELECT m.id FROM member m JOIN team_view USING (id);
CREATE TABLE ev (id int, at date NOT NULL, team_id int REFERENCES team (id), PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE ev_2026 PARTITION OF ev FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE ev_2027 PARTITION OF ev FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
CREATE INDEX ev_team ON ev (team_id);
CREATE TABLE ev_2028 (id int NOT NULL, at date NOT NULL, team_id int, PRIMARY KEY (id, at),
  CHECK (at >= '2028-01-01' AND at < '2029-01-01'));
CREATE INDEX ON ev_2028 (team_id);
CREATE TABLE ev_2029 (id int NOT NULL, at date NOT NULL, team_id int);
CREATE DOMAIN email AS varchar(40);
CREATE TABLE "Odd Name" ("Key" int PRIMARY KEY, "Of" int REFERENCES team (id), mail email);
INSERT INTO team SELECT n, 'x' || n, 1 FROM generate_series(1, 50) n;
INSERT INTO member SELECT n, n, 'x' || n, 'ok', 'x', now(), ARRAY['x'], ARRAY['x'], n FROM generate_series(1, 50) n;
INSERT INTO ev SELECT n, '2026-06-01', n FROM generate_series(1, 50) n;
INSERT INTO ev SELECT n, '2027-06-01', n FROM generate_series(1, 50) n;
INSERT INTO ev_2028 SELECT n, '2028-06-01', n FROM generate_series(1, 50) n;
INSERT INTO ev_2029 SELECT n, '2029-06-01', n FROM generate_series(1, 50) n;
INSERT INTO "Odd Name" SELECT n, n, 'x' FROM generate_series(1, 50) n;
)";

const std::vector<std::string> further = {
    "ALTER TABLE member ALTER team_id TYPE bigint",
    "DROP VIEW deep; DROP VIEW team_view; ALTER TABLE team ALTER id TYPE bigint",
    "ALTER TABLE member ALTER code TYPE varchar(20)",
    "ALTER TABLE member ALTER code TYPE text",
    "ALTER TABLE member ALTER note TYPE varchar",
    "ALTER TABLE member ALTER kind TYPE oid",
    "ALTER TABLE member ALTER state TYPE text USING state::text",
    "ALTER TABLE member ALTER note TYPE text USING note::varchar",
    "ALTER TABLE member ALTER at TYPE timestamptz",
    "ALTER TABLE member ALTER at TYPE timestamptz(3)",
    "ALTER TABLE member ALTER names TYPE varchar(20)[]",
    "ALTER TABLE member ALTER texts TYPE varchar[]",
    "ALTER TABLE t ALTER ck TYPE varchar(20)",
    "ALTER TABLE \"Odd Name\" ALTER mail TYPE varchar(50)",
    "ALTER TABLE \"Odd Name\" ALTER mail TYPE text",
    "ALTER TABLE member ADD COLUMN mail email",
    "ALTER TABLE member ADD COLUMN mail email DEFAULT 'x'",
    "ALTER TABLE member ADD COLUMN at2 timestamptz DEFAULT (now() AT TIME ZONE 'utc')",
    "ALTER TABLE member ADD COLUMN r double precision DEFAULT random() * 2",
    "ALTER TABLE member DROP COLUMN team_id",
    "ALTER TABLE team DROP COLUMN code CASCADE",
    "ALTER TABLE team DROP CONSTRAINT team_pkey CASCADE",
    "ALTER TABLE base ADD PRIMARY KEY (x)",
    "ALTER TABLE base ADD UNIQUE (x)",
    "ALTER TABLE ev DROP CONSTRAINT ev_pkey",
    "ALTER TABLE member ADD CONSTRAINT filled CHECK (note IS NOT NULL AND kind > 0) NOT VALID; ALTER TABLE member "
    "VALIDATE "
    "CONSTRAINT filled",
    "ALTER TABLE member ALTER note SET NOT NULL, ALTER note DROP NOT NULL, ALTER kind SET DEFAULT 4",
    "ALTER TABLE team ALTER CONSTRAINT team_boss_fkey DEFERRABLE",
    "DROP VIEW deep; DROP TABLE member",
    "DROP TABLE team CASCADE",
    "DROP TABLE member, team CASCADE",
    "DROP TABLE \"Odd Name\"",
    "TRUNCATE team CASCADE",
    "TRUNCATE ev",
    "ALTER TABLE ev ADD COLUMN x int",
    "ALTER TABLE ev ADD COLUMN x serial",
    "ALTER TABLE ev ADD CONSTRAINT x CHECK (id > 0)",
    "ALTER TABLE ev ADD CONSTRAINT x UNIQUE (id, at, team_id)",
    "ALTER TABLE ev ADD CONSTRAINT x FOREIGN KEY (id) REFERENCES team (id)",
    "ALTER TABLE ev ALTER team_id SET NOT NULL",
    "ALTER TABLE ev ALTER team_id SET DEFAULT 3",
    "ALTER TABLE ev ALTER team_id TYPE bigint",
    "ALTER TABLE ev DROP COLUMN team_id",
    "ALTER TABLE ev DROP CONSTRAINT ev_team_id_fkey",
    "ALTER TABLE ev ATTACH PARTITION ev_2028 FOR VALUES FROM ('2028-01-01') TO ('2029-01-01')",
    "ALTER TABLE ev ATTACH PARTITION ev_2029 FOR VALUES FROM ('2029-01-01') TO ('2030-01-01')",
    "ALTER TABLE ev ATTACH PARTITION ev_2029 DEFAULT",
    "ALTER TABLE ev_2026 ALTER team_id SET NOT NULL",
    "CREATE TABLE ev_2030 PARTITION OF ev FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')",
    "CREATE INDEX ON ev (id)",
    "CREATE INDEX ON team (boss)",
    "CREATE TRIGGER x AFTER INSERT ON ev FOR EACH ROW EXECUTE FUNCTION trg()",
    "DROP TABLE ev",
    "DROP TABLE ev_2026",
    "DROP INDEX ev_team",
    "ALTER TABLE team RENAME TO crew; ALTER TABLE crew RENAME COLUMN boss TO head; CREATE INDEX ON crew (head)",
    "ALTER TABLE team RENAME TO crew; ALTER TABLE member RENAME TO one; DROP TABLE one CASCADE",
    "CREATE TABLE fresh (id int); CREATE INDEX ON fresh (id); ALTER TABLE fresh ADD FOREIGN KEY (id) REFERENCES team "
    "(id)",
    "SET LOCAL search_path = public; CREATE INDEX ON lk.team (boss)",
    "INSERT INTO member (id, team_id, kind) SELECT id + 1000, id, 1 FROM team",
    "UPDATE member SET note = 'y'",
    "DELETE FROM member",
    "INSERT INTO team VALUES (1000)",
    "SET LOCAL enable_seqscan = off; UPDATE member SET note = 'y' WHERE id = 3",
    "SET LOCAL enable_seqscan = off; UPDATE member SET team_id = 1 WHERE id = 3",
    "SET LOCAL enable_seqscan = off; DELETE FROM member WHERE id IN (3, 4)",
    "SELECT * FROM deep",
    "SELECT count(*) FROM ev",
    "WITH x AS (SELECT * FROM member) SELECT * FROM x",
    "WITH x AS (DELETE FROM member RETURNING *) SELECT count(*) FROM x",
    "CREATE VIEW again AS SELECT * FROM deep",
    "CREATE MATERIALIZED VIEW kept AS SELECT * FROM deep",
    "CREATE TABLE copy (LIKE team)",
    "LOCK TABLE ev IN SHARE MODE",
    "COMMENT ON VIEW deep IS 'x'",
    "ALTER VIEW deep SET (security_barrier = true)",
    "CREATE RULE x AS ON INSERT TO member DO ALSO DELETE FROM t",
    "CREATE POLICY x ON member USING (EXISTS (SELECT FROM team WHERE team.id = team_id))",
    "DROP TYPE mood CASCADE",
    "DROP FUNCTION trg() CASCADE",
    "REINDEX TABLE member",
    "CLUSTER member USING member_pkey",
    "ALTER DOMAIN email ADD CHECK (VALUE <> '')",
};

// Relations of the schema before the statement: their names go with their oids, whatever becomes of them.
const char* const remember =
    "CREATE TEMP TABLE before AS SELECT oid, relname, relkind, relfilenode FROM pg_class WHERE relnamespace = "
    "'lk'::regnamespace";
const char* const locks =
    "SELECT relname || ' ' || CASE max(CASE mode WHEN 'AccessShareLock' THEN 1 WHEN 'RowShareLock' THEN 2 WHEN "
    "'RowExclusiveLock' THEN 3 WHEN 'ShareUpdateExclusiveLock' THEN 4 WHEN 'ShareLock' THEN 5 WHEN "
    "'ShareRowExclusiveLock' THEN 6 WHEN 'ExclusiveLock' THEN 7 ELSE 8 END) WHEN 1 THEN 'AS' WHEN 2 THEN 'RS' WHEN 3 "
    "THEN 'RX' WHEN 4 THEN 'SUX' WHEN 5 THEN 'S' WHEN 6 THEN 'SRX' WHEN 7 THEN 'X' ELSE 'AX' END FROM pg_locks JOIN "
    "before b ON b.oid = relation WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relkind NOT IN ('i', "
    "'I') AND EXISTS (SELECT FROM pg_class c WHERE c.oid = b.oid) GROUP BY relname ORDER BY relname COLLATE \"C\"";
// Counted up since the session last told its numbers: what differs from the beginning of the transaction is seen.
const char* const scans =
    "SELECT b.relname, seq_scan FROM pg_stat_xact_all_tables JOIN before b ON b.oid = relid ORDER BY b.relname COLLATE "
    "\"C\"";
const char* const rewrites =
    "SELECT b.relname FROM pg_class c JOIN before b USING (oid) WHERE c.relfilenode <> b.relfilenode AND b.relkind IN "
    "('r', 'm') ORDER BY b.relname COLLATE \"C\"";
// By name, since an index may be made again over the old one's file.
const char* const rebuilt =
    "SELECT b.relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace JOIN before b ON b.relname = "
    "c.relname "
    "WHERE nspname = 'lk' AND b.relkind = 'i' AND c.relfilenode NOT IN (SELECT relfilenode FROM before) ORDER BY "
    "b.relname COLLATE \"C\"";

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class Bench {
 public:
  Bench() : url_(server().create_database()), database_(url_) {
    database_.ask("SET timezone = 'UTC'");
    database_.ask(lk_schema);
    database_.ask(further_schema);
    database_.ask(remember);
    inventory_ = read();
  }

  const Inventory& inventory() const { return inventory_; }

  void check(const std::string& sql, bool is_refused = false) {
    INFO(sql << " on Postgres " << version());
    World world(inventory_, "lk");
    const auto prediction = prediction_of(sql, world, version());
    database_.ask("DISCARD PLANS");  // those of foreign keys, made by a row before
    database_.ask("BEGIN");
    const auto counts = lines_of(database_.ask(scans));
    std::string refusal;
    try {
      database_.ask(for_the_server(sql));
    } catch (const std::exception& failure) {
      refusal = failure.what();
    }
    INFO(refusal);
    CHECK(refusal.empty() != is_refused);
    if (refusal.empty()) compare(prediction, counts);
    database_.ask("ROLLBACK");
  }

 private:
  static PostgresServer& server() {
    static PostgresServer one(ServerOptions{.version = version()});
    return one;
  }

  // COPY without a client that takes the rows.
  static std::string for_the_server(const std::string& sql) {
    return sql == "COPY parent TO STDOUT" ? "COPY parent TO '/dev/null'" : sql;
  }

  void compare(const Prediction& prediction, const std::vector<std::string>& counts) {
    // First: looking at them takes locks of catalogs only.
    const auto seen_locks = lines_of(database_.ask(locks));
    CHECK(prediction.locks == seen_locks);
    std::vector<std::string> scanned;
    for (const auto& count : lines_of(database_.ask(scans))) {
      if (std::find(counts.begin(), counts.end(), count) == counts.end())
        scanned.push_back(count.substr(0, count.find('|')));
    }
    CHECK(prediction.scans == scanned);
    CHECK(prediction.rewrites == lines_of(database_.ask(rewrites)));
    const auto seen = lines_of(database_.ask(rebuilt));
    if (prediction.rewrites.empty()) CHECK(prediction.rebuilt == seen);
  }

  Inventory read() const {
    const auto address = value_of(parse_database_url(url_));
    auto session = value_of(PgSession::connect(address, {.application_name = "strata test"}));
    return value_of(read_inventory(session, "strata"));
  }

  std::string url_;
  Database database_;
  Inventory inventory_;
};

}  // namespace

TEST_CASE("forecast: the server does to its tables what was predicted", "[forecast]") {
  if (!PostgresServer::is_available(version())) return;
  Bench bench;
  for (const auto& row : measured()) {
    const bool is_here = row.since <= version() && version() <= row.until && row.locks != "not analysed";
    if (is_here) bench.check(row.sql, row.locks == "refused");
  }
}

TEST_CASE("forecast: what tables have to do with each other is locked and read as predicted", "[forecast]") {
  if (!PostgresServer::is_available(version())) return;
  Bench bench;
  for (const auto& sql : further) bench.check(sql);
}

TEST_CASE("forecast: the inventory that tests hold is what the server says of the schema", "[forecast]") {
  if (!PostgresServer::is_available(version())) return;
  const Bench bench;
  for (const auto& object : lk_inventory().objects) {
    INFO(described(object));
    const auto* seen = bench.inventory().find(object.kind, object.schema, object.parent, object.name);
    REQUIRE(seen != nullptr);
    for (const auto& [name, value] : object.properties) {
      if (!is_printed_by_server(object, name)) CHECK(seen->property(name) == value);
    }
  }
}
