#include "tests/forecast/lk_schema.h"
#include "tests/forecast/prediction.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace strata::test;

namespace {

// What the last statement does, after those before it.
Prediction last_of(const std::vector<std::string>& statements, World& world) {
  Prediction last;
  for (const auto& sql : statements) last = prediction_of(sql, world, 15);
  return last;
}

Prediction last_of(const std::vector<std::string>& statements) {
  World world(lk_inventory(), "lk");
  return last_of(statements, world);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("impact: a table that the plan makes is new and free", "[forecast]") {
  CHECK(last_of({"CREATE TABLE x (id int)", "ALTER TABLE x ADD COLUMN y serial"}).locks.empty());
  CHECK(last_of({"CREATE TABLE x (id int)", "CREATE INDEX ON x (id)"}).scans.empty());
  CHECK(last_of({"DROP TABLE ul", "CREATE TABLE ul (id int)", "DROP TABLE ul"}).locks.empty());
  CHECK(last_of({"ALTER TABLE ul RENAME TO old", "CREATE TABLE ul (id int)", "UPDATE ul SET id = 1"}).locks.empty());
}

TEST_CASE("impact: a column is what earlier statements made of it", "[forecast]") {
  CHECK(last_of({"ALTER TABLE t ALTER vc TYPE varchar(40)", "ALTER TABLE t ALTER vc TYPE varchar(30)"}).rewrites ==
        Names{"t"});
  CHECK(last_of({"ALTER TABLE t ADD x varchar(3)", "ALTER TABLE t ALTER x TYPE text"}).rewrites.empty());
  CHECK(last_of({"ALTER TABLE t RENAME vc TO name", "ALTER TABLE t ALTER name TYPE text"}).rewrites.empty());
  CHECK(last_of({"DROP INDEX i_ts", "ALTER TABLE t ALTER ts TYPE timestamptz"}).rebuilt.empty());
}

TEST_CASE("impact: a CHECK that was validated before makes SET NOT NULL instant", "[forecast]") {
  const std::string add = "ALTER TABLE t ADD CONSTRAINT x CHECK (a IS NOT NULL) NOT VALID";
  const std::string set = "ALTER TABLE t ALTER a SET NOT NULL";
  CHECK(last_of({add, set}).scans == Names{"t"});
  const auto validated = last_of({add, "ALTER TABLE t VALIDATE CONSTRAINT x"});
  CHECK(validated.scans == Names{"t"});
  CHECK(validated.locks == Names{"t SUX"});
  CHECK(last_of({add, "ALTER TABLE t VALIDATE CONSTRAINT x", set}).scans.empty());
  CHECK(last_of({set, "ALTER TABLE t DROP CONSTRAINT nnc_is_not_null", "ALTER TABLE t ALTER nnc SET NOT NULL"}).scans ==
        Names{"t"});
}

TEST_CASE("impact: a dropped foreign key locks nobody any more", "[forecast]") {
  CHECK(last_of({"ALTER TABLE t DROP CONSTRAINT fk_c", "ALTER TABLE t DROP CONSTRAINT fknv_c", "DROP TABLE t"})
            .locks.empty());
}

TEST_CASE("impact: a renamed table is still spoken of as it is known", "[forecast]") {
  const auto prediction = last_of({"ALTER TABLE t RENAME TO things", "ALTER TABLE things ADD COLUMN x serial"});
  CHECK(prediction.rewrites == Names{"t"});
}

TEST_CASE("impact: search_path and time zone are what the migration sets, until it ends", "[forecast]") {
  World world(lk_inventory(), "public");
  CHECK(last_of({"UPDATE ul SET a = 1"}, world).locks.empty());
  CHECK(last_of({"SET search_path = other, lk", "UPDATE ul SET a = 1"}, world).locks == Names{"ul RX"});
  CHECK(last_of({"SET TIME ZONE 'Europe/Paris'", "ALTER TABLE t ALTER ts TYPE timestamptz"}, world).rewrites ==
        Names{"t"});
  world.begin_migration();
  CHECK(last_of({"UPDATE ul SET a = 1"}, world).locks.empty());
  CHECK(last_of({"SELECT pg_catalog.set_config('search_path', 'lk', false)", "UPDATE ul SET a = 1"}, world).locks ==
        Names{"ul RX"});
}

TEST_CASE("impact: what cannot be told is said to be unknown", "[forecast]") {
  for (const auto* sql : {"DO $$ BEGIN DROP TABLE t; END $$", "CALL work()", "SELECT vol()", "EXECUTE prepared",
                          "REASSIGN OWNED BY a TO b", "ALTER TABLE t ALTER gen SET EXPRESSION AS (1)", "VACUUM"}) {
    INFO(sql);
    CHECK_FALSE(last_of({sql}).unknown.empty());
  }
  CHECK(last_of({"UPDATE t SET plain = 2"}).unknown == "what trigger tr of t does");
  for (const auto* sql :
       {"CREATE EXTENSION citext", "SET lock_timeout = 0", "CREATE ROLE x", "SELECT 1", "SELECT imm()"})
    CHECK(last_of({sql}).unknown.empty());
}

TEST_CASE("impact: triggers and rules are named where they react, and nowhere else", "[forecast]") {
  CHECK(last_of({"INSERT INTO t (id) VALUES (1)"}).unknown.empty());
  CHECK(last_of({"UPDATE parent SET v = 'y'"}).unknown == "what rule ru of parent does");
  CHECK(last_of({"DELETE FROM parent WHERE id = 1"}).unknown.empty());
  CHECK(last_of({"UPDATE v SET v = 'y'"}).unknown == "which table is written through view v");
}

TEST_CASE("impact: what runs outside transactions stops nobody who writes, but where it rewrites", "[forecast]") {
  const auto concurrently = last_of({"CREATE INDEX CONCURRENTLY x ON t (a)"});
  CHECK(concurrently.locks == Names{"t SUX"});
  CHECK(concurrently.scans == Names{"t"});
  CHECK(last_of({"DROP INDEX CONCURRENTLY i_a"}).locks == Names{"t SUX"});
  CHECK(last_of({"REINDEX TABLE CONCURRENTLY t"}).locks == Names{"t SUX"});
  CHECK(last_of({"REINDEX INDEX CONCURRENTLY i_a"}).rebuilt == Names{"i_a"});
  CHECK(last_of({"ALTER TABLE q DETACH PARTITION q1 CONCURRENTLY"}).locks == Names{"q SUX", "q1 AX"});
  CHECK(last_of({"VACUUM t"}).locks == Names{"t SUX"});
  CHECK(last_of({"VACUUM (FULL) t"}).locks == Names{"t AX"});
  CHECK(last_of({"VACUUM FULL t"}).rewrites == Names{"t"});
  CHECK(last_of({"REFRESH MATERIALIZED VIEW CONCURRENTLY mv"}).locks == Names{"mv X", "parent AS"});
  for (const auto* sql : {"ALTER TYPE mood ADD VALUE 'x'", "ALTER SYSTEM SET work_mem = 1", "CREATE DATABASE x"})
    CHECK(last_of({sql}).locks.empty());
}

TEST_CASE("impact: a function of nobody knows whom is taken for volatile where there are extensions", "[forecast]") {
  const std::string sql = "ALTER TABLE ul ADD COLUMN x uuid DEFAULT their_uuid()";
  CHECK(last_of({sql}).rewrites.empty());
  auto inventory = lk_inventory();
  inventory.objects.insert(inventory.objects.begin(), {.kind = ObjectKind::extension, .name = "theirs"});
  World world(inventory, "lk");
  CHECK(last_of({sql}, world).rewrites == Names{"ul"});
  CHECK(last_of({"ALTER TABLE t ADD COLUMN x timestamptz DEFAULT now()"}, world).rewrites.empty());
}
