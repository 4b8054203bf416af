// What a database holds, read from a real one. STRATA_TEST_POSTGRES names another major version than the machine's.
#include "core/postgres/read_inventory.h"
#include "tests/support/database.h"
#include "tests/support/postgres_server.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>

using namespace strata;
using strata::test::Database;
using strata::test::PostgresServer;

namespace {

int wanted_version() {
  const char* version = std::getenv("STRATA_TEST_POSTGRES");
  return version == nullptr ? 0 : std::atoi(version);
}

PostgresServer& server() {
  static PostgresServer one(test::ServerOptions{.version = wanted_version()});
  return one;
}

PgSession session_of(const std::string& url) {
  auto address = parse_database_url(url);
  REQUIRE(address);
  auto session = PgSession::connect(*address, {.application_name = "strata test"});
  REQUIRE(session);
  return std::move(*session);
}

Inventory inventory_of(const std::string& url) {
  auto session = session_of(url);
  auto inventory = read_inventory(session, "strata");
  if (!inventory) FAIL(inventory.error().message);
  return *inventory;
}

using Properties = std::map<std::string, std::string>;

// All kinds of objects, each with something that is not usual.
constexpr const char* everything = R"sql(
CREATE EXTENSION IF NOT EXISTS citext;
CREATE SCHEMA cases;
COMMENT ON SCHEMA cases IS 'what people bring to court';
CREATE TYPE cases.state AS ENUM ('open', 'closed''s');
CREATE TYPE cases.point AS (x integer, y numeric(4,1));
CREATE TYPE cases.span AS RANGE (subtype = date);
CREATE DOMAIN cases.reference AS varchar(20) COLLATE "C" NOT NULL DEFAULT 'X' CONSTRAINT filled CHECK (VALUE <> '');
CREATE TABLE cases."case" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, reference cases.reference,
  state cases.state NOT NULL DEFAULT 'open', area numeric(6,2), twice numeric GENERATED ALWAYS AS (area * 2) STORED,
  name text COLLATE "C", gone integer, CONSTRAINT positive CHECK (area > 0)) WITH (fillfactor = 70);
ALTER TABLE cases."case" DROP COLUMN gone;
ALTER TABLE cases."case" ALTER name SET STATISTICS 50;
COMMENT ON COLUMN cases."case".name IS 'as it is spoken';
CREATE TABLE cases.note (id serial PRIMARY KEY, case_id bigint NOT NULL REFERENCES cases."case" (id) ON DELETE CASCADE
  DEFERRABLE INITIALLY DEFERRED, body text);
ALTER TABLE cases.note ADD CONSTRAINT later CHECK (body <> '') NOT VALID;
CREATE TABLE cases.event (at date NOT NULL, what text) PARTITION BY RANGE (at);
CREATE TABLE cases.event_2026 PARTITION OF cases.event FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX event_at ON cases.event (at);
CREATE UNLOGGED TABLE cases.scratch () INHERITS (cases.note);
CREATE UNIQUE INDEX case_name ON cases."case" (lower(name), state) WHERE area IS NOT NULL;
CREATE STATISTICS cases.together ON state, area FROM cases."case";
CREATE VIEW cases.open WITH (security_barrier = true) AS SELECT id, name FROM cases."case" WHERE state = 'open';
CREATE MATERIALIZED VIEW cases.total AS SELECT count(*) AS n FROM cases."case";
CREATE FUNCTION cases.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = cases AS
  'BEGIN RETURN NEW; END';
CREATE FUNCTION cases.add(a integer, b integer DEFAULT 1) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  AS 'SELECT a + b';
CREATE PROCEDURE cases.work() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE cases.sum_of(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE TRIGGER touched BEFORE UPDATE ON cases."case" FOR EACH ROW EXECUTE FUNCTION cases.touch();
ALTER TABLE cases."case" DISABLE TRIGGER touched;
CREATE RULE quiet AS ON DELETE TO cases.note DO INSTEAD NOTHING;
ALTER TABLE cases.note ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON cases.note AS RESTRICTIVE FOR SELECT USING (case_id > 0);
CREATE SEQUENCE cases.ticket START 100 INCREMENT 5 CYCLE;
CREATE SCHEMA strata;
CREATE TABLE strata.migration (id text);
CREATE TABLE public._prisma_migrations (id text PRIMARY KEY);
)sql";

}  // namespace

TEST_CASE("inventory: every kind of object is read with what makes it what it is", "[inventory]") {
  if (!PostgresServer::is_available(wanted_version())) return;
  const auto url = server().create_database();
  Database(url).ask(everything);
  const auto inventory = inventory_of(url);
  const auto of = [&](ObjectKind kind, const std::string& parent, const std::string& name) -> Properties {
    const auto* found = inventory.find(kind, "cases", parent, name);
    INFO(name_of(kind) << " " << parent << " " << name);
    REQUIRE(found != nullptr);
    return found->properties;
  };
  CHECK(of(ObjectKind::schema, "", "") == Properties{{"comment", "what people bring to court"}});
  CHECK(of(ObjectKind::type, "", "state") == Properties{{"form", "enum"}, {"labels", "'open', 'closed''s'"}});
  CHECK(of(ObjectKind::type, "", "point") ==
        Properties{{"form", "composite"}, {"attributes", "x integer, y numeric(4,1)"}});
  CHECK(of(ObjectKind::type, "", "span") == Properties{{"form", "range"}, {"subtype", "date"}});
  const auto domain = of(ObjectKind::type, "", "reference");
  CHECK(domain.at("base") == "character varying(20)");
  CHECK(domain.at("not_null") == "true");
  CHECK(domain.at("collation") == "pg_catalog.C");
  CHECK(domain.at("checks").find("filled CHECK (") == 0);

  CHECK(of(ObjectKind::table, "", "case") == Properties{{"form", "table"}, {"options", "fillfactor=70"}});
  CHECK(of(ObjectKind::column, "case", "id") ==
        Properties{{"type", "bigint"}, {"not_null", "true"}, {"identity", "always"}});
  CHECK(of(ObjectKind::column, "case", "state") ==
        Properties{{"type", "cases.state"}, {"not_null", "true"}, {"default", "'open'::cases.state"}});
  const auto generated = of(ObjectKind::column, "case", "twice");
  CHECK(generated.at("generated_form") == "stored");
  CHECK(generated.at("generated") == "(area * (2)::numeric)");
  CHECK(of(ObjectKind::column, "case", "name") == Properties{{"type", "text"},
                                                             {"collation", "pg_catalog.C"},
                                                             {"statistics_target", "50"},
                                                             {"comment", "as it is spoken"}});
  CHECK(inventory.find(ObjectKind::column, "cases", "case", "gone") == nullptr);
  CHECK(of(ObjectKind::constraint, "case", "case_pkey") ==
        Properties{{"form", "primary key"}, {"columns", "id"}, {"definition", "PRIMARY KEY (id)"}});
  const auto key = of(ObjectKind::constraint, "note", "note_case_id_fkey");
  CHECK(key.at("references") == "cases.\"case\"");
  CHECK(key.at("deferrable") == "initially deferred");
  CHECK(of(ObjectKind::constraint, "note", "later").at("not_valid") == "true");
  CHECK(inventory.find(ObjectKind::index, "cases", "case", "case_pkey") == nullptr);
  const auto index = of(ObjectKind::index, "case", "case_name");
  CHECK(index.at("columns") == "(expression), state");
  CHECK(index.at("unique") == "true");
  CHECK(index.at("partial") == "true");
  CHECK(index.at("method") == "btree");

  CHECK(of(ObjectKind::table, "", "event") == Properties{{"form", "partitioned"}, {"partition_key", "RANGE (at)"}});
  const auto partition = of(ObjectKind::table, "", "event_2026");
  CHECK(partition.at("partition_of") == "cases.event");
  CHECK(partition.at("bound") == "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')");
  CHECK(inventory.find(ObjectKind::index, "cases", "event_2026", "event_2026_at_idx") == nullptr);
  CHECK(of(ObjectKind::table, "", "scratch") ==
        Properties{{"form", "table"}, {"persistence", "unlogged"}, {"inherits", "cases.note"}});
  CHECK(of(ObjectKind::table, "", "note").at("row_security") == "enabled");

  CHECK(of(ObjectKind::view, "", "open").at("options") == "security_barrier=true");
  CHECK(of(ObjectKind::column, "open", "name").at("type") == "text");
  CHECK(of(ObjectKind::materialized_view, "", "total").count("definition") == 1);
  const auto touch = of(ObjectKind::function, "", "touch()");
  CHECK(touch.at("returns") == "trigger");
  CHECK(touch.at("security_definer") == "true");
  CHECK(touch.at("settings") == "search_path=cases");
  CHECK(touch.at("body") == "BEGIN RETURN NEW; END");
  const auto add = of(ObjectKind::function, "", "add(integer, integer)");
  CHECK(add.at("volatility") == "immutable");
  CHECK(add.at("arguments") == "a integer, b integer DEFAULT 1");
  CHECK(of(ObjectKind::function, "", "work()").at("form") == "procedure");
  CHECK(of(ObjectKind::function, "", "sum_of(integer)").at("aggregate").find("int4pl") != std::string::npos);
  CHECK(of(ObjectKind::trigger, "case", "touched").at("enabled") == "disabled");
  CHECK(of(ObjectKind::trigger, "case", "touched").at("function") == "cases.touch");
  CHECK(of(ObjectKind::rule, "note", "quiet").count("definition") == 1);
  CHECK(of(ObjectKind::policy, "note", "own") ==
        Properties{{"command", "select"}, {"restrictive", "true"}, {"roles", "public"}, {"using", "(case_id > 0)"}});
  CHECK(of(ObjectKind::sequence, "", "ticket").at("increment") == "5");
  CHECK(of(ObjectKind::sequence, "", "note_id_seq").at("owned_by") == "cases.note.id");
  CHECK(of(ObjectKind::statistics, "case", "together").count("definition") == 1);
  CHECK(inventory.find(ObjectKind::extension, "", "", "citext") != nullptr);
}

TEST_CASE("inventory: the history, Prisma's table and what extensions bring are left out", "[inventory]") {
  if (!PostgresServer::is_available(wanted_version())) return;
  const auto url = server().create_database();
  Database(url).ask(everything);
  const auto inventory = inventory_of(url);
  for (const auto& object : inventory.objects) {
    INFO(described(object));
    CHECK(object.schema != "strata");
    CHECK(object.schema.find("pg_") != 0);
    CHECK((object.kind == ObjectKind::extension || object.name.find("citext") == std::string::npos));
    CHECK(object.name.find("_prisma_migrations") == std::string::npos);
  }
}

TEST_CASE("inventory: two databases that were made alike have the same one, whatever the session has set",
          "[inventory]") {
  if (!PostgresServer::is_available(wanted_version())) return;
  const auto first = server().create_database();
  const auto second = server().create_database();
  Database(first).ask(everything);
  Database(second).ask("CREATE TABLE shifts_the_numbers (a int); DROP TABLE shifts_the_numbers;");
  Database(second).ask(everything);
  CHECK(inventory_of(first) == inventory_of(second));
  auto session = session_of(first);
  REQUIRE(session.query("SET search_path = cases; SET quote_all_identifiers = on"));
  const auto seen = read_inventory(session, "strata");
  REQUIRE(seen);
  CHECK(*seen == inventory_of(second));
  const auto path = session.query("SHOW search_path");
  REQUIRE(path);
  CHECK(path->text(0, 0) == "cases");
}

TEST_CASE("inventory: a table's size is told with its rows, without counting them", "[inventory]") {
  if (!PostgresServer::is_available(wanted_version())) return;
  const auto url = server().create_database();
  Database(url).ask(
      "CREATE TABLE big (id int PRIMARY KEY, t text); INSERT INTO big SELECT n, repeat('x', 100) FROM "
      "generate_series(1, 1000) n; CREATE TABLE unknown (a int); ANALYZE big");
  auto session = session_of(url);
  const auto contents = read_contents(session, "strata");
  REQUIRE(contents);
  CHECK(contents->inventory == inventory_of(url));
  CHECK(std::find(contents->roles.begin(), contents->roles.end(), "postgres") != contents->roles.end());
  const auto& sizes = contents->sizes;
  REQUIRE(sizes.size() == 2);
  CHECK(sizes[0].name == "big");
  CHECK(sizes[0].rows == 1000);
  CHECK(sizes[0].heap_bytes > 100'000);
  CHECK(sizes[0].index_bytes > 16'000);
  CHECK(sizes[1].rows == -1);
}

TEST_CASE("inventory: a table that somebody holds alone is waited for only where a view has to be printed",
          "[inventory]") {
  if (!PostgresServer::is_available(wanted_version())) return;
  const auto url = server().create_database();
  Database(url).ask("CREATE TABLE held (a int); INSERT INTO held VALUES (1)");
  Database(url).ask("VACUUM held");
  Database holder(url);
  holder.ask("BEGIN; LOCK TABLE held");
  auto session = session_of(url);
  const auto without_view = read_contents(session, "strata");
  REQUIRE(without_view);
  CHECK(without_view->sizes.at(0).heap_bytes == 8192);
  holder.ask("ROLLBACK");
  Database(url).ask("CREATE VIEW of_it AS SELECT a FROM held");
  holder.ask("BEGIN; LOCK TABLE held");
  const auto seen = read_contents(session, "strata");
  REQUIRE_FALSE(seen);
  CHECK(seen.error().code == ErrorCode::lock_unavailable);
  holder.ask("ROLLBACK");
  CHECK(read_contents(session, "strata").has_value());
}
