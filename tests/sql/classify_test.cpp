#include "core/sql/classify.h"

#include <catch2/catch.hpp>

using namespace strata;

namespace {

Statement only_statement(const std::string& text) {
  auto script = read_script(text, "m.sql", true);
  if (!script) FAIL(text + ": " + script.error().message);
  REQUIRE(script->statements.size() == 1);
  return std::move(script->statements.front());
}

std::string written(const std::shared_ptr<const RelationName>& name) {
  if (!name) return "-";
  return name->schema.empty() ? name->name : name->schema + "." + name->name;
}

}  // namespace

TEST_CASE("classify: a statement's kind is told from its leading keywords", "[sql]") {
  const auto [text, kind] = GENERATE(table<std::string, std::string>({
      {"select 1", "SELECT"},
      {"(select 1) union select 2", "SELECT"},
      {"values (1)", "SELECT"},
      {"table t", "SELECT"},
      {"with a as (select 1), b (x) as materialized (delete from t returning *) select 1", "SELECT"},
      {"with a as (select 1) insert into t select * from a", "INSERT"},
      {"with recursive update as (select (1)) delete from t", "DELETE"},
      {"Create Table t (a int)", "CREATE TABLE"},
      {"create unlogged table t (a int)", "CREATE TABLE"},
      {"create local temporary table t (a int)", "CREATE TABLE"},
      {"create unique index i on t (a)", "CREATE INDEX"},
      {"create or replace recursive view v (a) as select 1", "CREATE VIEW"},
      {"create materialized view v as select 1", "CREATE MATERIALIZED VIEW"},
      {"create constraint trigger c after insert on t for each row execute function f()", "CREATE TRIGGER"},
      {"create text search configuration c (parser = p)", "CREATE TEXT SEARCH CONFIGURATION"},
      {"alter default privileges grant select on tables to r", "ALTER DEFAULT PRIVILEGES"},
      {"alter table only t add column a int", "ALTER TABLE"},
      {"drop foreign data wrapper w", "DROP FOREIGN DATA WRAPPER"},
      {"truncate t", "TRUNCATE TABLE"},
      {"lock t", "LOCK TABLE"},
      {"refresh materialized view v", "REFRESH MATERIALIZED VIEW"},
      {"comment on table t is 'x'", "COMMENT"},
      {"do $$ begin end $$", "DO"},
      {"merge into t using u on true when matched then delete returning a", "MERGE"},
      {"frobnicate all", "FROBNICATE"},
      {"1", "?"},
  }));
  CHECK(only_statement(text).kind == kind);
}

TEST_CASE("classify: what cannot run in a transaction is known", "[sql]") {
  const auto text = GENERATE(
      as<std::string>{}, "create database d", "drop database if exists d", "alter database d set tablespace s",
      "create tablespace s location '/x'", "drop tablespace s", "alter system set work_mem = '5MB'",
      "alter system reset all", "vacuum", "vacuum (analyze) t", "VACUUM FULL t", "cluster", "cluster verbose",
      "cluster (verbose)", "create index concurrently on t (a)", "create unique index concurrently i on t (a)",
      "drop index concurrently i", "reindex index concurrently i", "reindex (verbose, concurrently) table t",
      "reindex (concurrently on) table t", "reindex schema public", "reindex database d", "reindex (verbose) system d",
      "alter table p detach partition q concurrently", "create subscription s connection 'x' publication p",
      "create subscription s connection 'x' publication p with (create_slot, slot_name = none)", "drop subscription s",
      "alter subscription s refresh publication", "alter subscription s set publication p",
      "alter subscription s add publication p with (copy_data = false)",
      "alter subscription s drop publication p with (refresh = true)", "alter subscription s set (failover = true)",
      "commit prepared 'x'", "rollback prepared 'x'");
  CAPTURE(text);
  CHECK_FALSE(only_statement(text).can_run_in_transaction);
  const auto alone = read_script(text, "m.sql", false);
  REQUIRE(alone);
  CHECK_FALSE(alone->transactional);
}

TEST_CASE("classify: what can run in a transaction is not taken for what cannot", "[sql]") {
  const auto text = GENERATE(
      as<std::string>{}, "analyze", "cluster t using i", "cluster (verbose) t", "create index i on t (a)",
      "drop index i", "create index \"concurrently\" on t (a)", "reindex table t", "reindex (concurrently off) table t",
      "reindex (concurrently false, verbose) index i", "refresh materialized view concurrently v",
      "alter table p detach partition q", "alter table p detach partition q finalize", "alter type e add value 'x'",
      "alter database d set work_mem = '5MB'", "create publication p", "checkpoint", "discard plans",
      "create extension x", "create subscription s connection 'x' publication p with (connect = false)",
      "create subscription s connection 'x' publication p with (slot_name = none, create_slot = 'off', enabled = 0)",
      "alter subscription s set publication p with (refresh = false)", "alter subscription s set (slot_name = none)",
      "alter subscription s disable", "savepoint a", "create table vacuum (a int)", "call p()", "truncate t");
  CAPTURE(text);
  CHECK(only_statement(text).can_run_in_transaction);
  const auto alone = read_script(text, "m.sql", false);
  REQUIRE(alone);
  CHECK(alone->transactional);
}

TEST_CASE("classify: what a rerun can do is known", "[sql]") {
  const auto [text, recovery] = GENERATE(table<std::string, Recovery>({
      {"create index concurrently i on t (a)", Recovery::create_index},
      {"drop index concurrently i", Recovery::drop_index},
      {"reindex table concurrently t", Recovery::reindex},
      {"alter table p detach partition q concurrently", Recovery::detach_partition},
      {"alter table p detach partition q finalize", Recovery::transactional},
      {"vacuum", Recovery::repeatable},
      {"analyze t", Recovery::repeatable},
      {"reindex table t", Recovery::repeatable},
      {"cluster t", Recovery::repeatable},
      {"alter system reset all", Recovery::repeatable},
      {"set work_mem = '5MB'", Recovery::repeatable},
      {"create table t (a int)", Recovery::transactional},
      {"update t set a = 1", Recovery::transactional},
      {"merge into t using u on true when matched then delete returning a", Recovery::transactional},
      {"call p()", Recovery::unknown},
      {"do $$ begin end $$", Recovery::unknown},
      {"create database d", Recovery::unknown},
      {"frobnicate all", Recovery::unknown},
  }));
  CAPTURE(text);
  CHECK(only_statement(text).recovery == recovery);
}

TEST_CASE("classify: the names of what is left behind are folded as Postgres folds them", "[sql]") {
  const auto create =
      only_statement("create unique index concurrently if not exists My_Index on only App.\"My \"\"Table\" (a)");
  CHECK(written(create.index) == "my_index");
  CHECK(written(create.table) == "app.My \"Table");
  CHECK(create.if_not_exists);

  const auto unnamed = only_statement("create index concurrently on t (a)");
  CHECK(written(unnamed.index) == "-");
  CHECK(written(unnamed.table) == "t");
  CHECK_FALSE(unnamed.if_not_exists);

  const auto drop = only_statement("drop index concurrently if exists db . s /* c */ . i cascade");
  CHECK(written(drop.index) == "s.i");
  CHECK(drop.if_not_exists);

  CHECK(written(only_statement("reindex (verbose) index concurrently s.i").index) == "s.i");
  CHECK(written(only_statement("reindex table concurrently s.t").table) == "s.t");

  const auto detach = only_statement("alter table if exists only s.p * detach partition s.q concurrently");
  CHECK(written(detach.table) == "s.p");
  CHECK(written(detach.partition) == "s.q");

  const std::string long_name(80, 'x');
  CHECK(written(only_statement("drop index concurrently " + long_name).index) == long_name.substr(0, 63));
  CHECK(written(only_statement("drop index concurrently x\xc3\xa9" + std::string(59, 'y') + "\xc3\xa9").index) ==
        "x\xc3\xa9" + std::string(59, 'y'));
}

TEST_CASE("classify: a statement newer than the grammar is not analysed, and classified all the same", "[sql]") {
  const auto [text, kind, in_transaction] = GENERATE(table<std::string, std::string, bool>({
      {"create index concurrently i on t (a) some new clause", "CREATE INDEX CONCURRENTLY", false},
      {"vacuum (buffer_usage_limit '1MB', only_database_stats) only t", "VACUUM", false},
      {"reindex (concurrently = true) table t", "REINDEX CONCURRENTLY", false},
      {"create table t (a int generated always as (1) virtual)", "CREATE TABLE", true},
      {"alter table t add constraint c not null a not valid", "ALTER TABLE", true},
      {"select * from json_table(x, '$' columns (a int path '$.a'))", "SELECT", true},
  }));
  CAPTURE(text);
  const auto statement = only_statement(text);
  CHECK_FALSE(statement.analysed);
  CHECK(statement.kind == kind);
  CHECK(statement.can_run_in_transaction == in_transaction);
}

TEST_CASE("classify: what a statement leaves in its session is told from its text", "[sql]") {
  const auto effect_of = [](const std::string& sql) {
    return read_script(sql, "m.sql", true).value().statements.at(0).session;
  };
  for (const char* sql :
       {"SET search_path = a", "SET SESSION x.y = '1'", "SET ROLE a", "RESET ALL",
        "SELECT set_config('search_path', '', false)", "select pg_catalog.set_config('a.b', 'c', FALSE)"})
    CHECK(effect_of(sql) == SessionEffect::setting);
  for (const char* sql :
       {"CREATE TEMP TABLE a ()", "CREATE LOCAL TEMPORARY VIEW a AS SELECT 1", "PREPARE p AS SELECT 1", "LOAD 'x'",
        "SELECT set_config('a.b', current_user, false)", "SELECT set_config('a.b', 'c', false), 1",
        "DO $$ BEGIN SET search_path = a; END $$", "DO $$ BEGIN IF true THEN  SET ROLE a; END IF; END $$",
        "DO 'begin perform 1; set a.b = 1; end'", "DO $$ BEGIN CREATE TEMP TABLE a (); END $$",
        "DO $$ BEGIN PERFORM set_config('a.b', 'c', false); END $$", "SELECT 1 INTO TEMP a",
        "WITH a AS (SELECT 1) SELECT * INTO TEMPORARY b FROM a"})
    CHECK(effect_of(sql) == SessionEffect::bound);
  for (const char* sql : {"SET LOCAL a.b = 1", "CREATE TABLE temp ()", "SELECT 1",
                          "DO $$ BEGIN UPDATE a SET b = 1; END $$", "DO $$ BEGIN SET LOCAL a.b = 1; END $$",
                          "UPDATE a SET b = 1", "INSERT INTO temp VALUES (1)", "SELECT offset_set FROM temp"})
    CHECK(effect_of(sql) == SessionEffect::none);
  // No text is too long for it, and none costs a stack.
  CHECK(effect_of("DO $$ BEGIN PERFORM 1;" + std::string(90'000, ' ') + "END $$") == SessionEffect::none);
  CHECK(effect_of("DO $$ BEGIN PERFORM 1;" + std::string(90'000, ' ') + "SET a.b = 1; END $$") == SessionEffect::bound);
}
