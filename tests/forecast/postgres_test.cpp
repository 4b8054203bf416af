// The same forms, run for real: what the server locks, reads and writes is what was predicted. On the major version
// that STRATA_TEST_POSTGRES names; ctest runs this program once for each.
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
  Bench() : database_(server().create_database()) {
    database_.ask("SET timezone = 'UTC'");
    database_.ask(lk_schema);
    database_.ask(remember);
    inventory_ = lk_inventory();
  }

  void check(const std::string& sql, bool is_refused = false) {
    INFO(sql << " on Postgres " << version());
    World world(inventory_, "lk");
    const auto prediction = prediction_of(sql, world, version());
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
