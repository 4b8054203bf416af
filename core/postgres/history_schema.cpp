#include "core/postgres/history_schema.h"

#include "core/postgres/run_lock.h"

namespace strata {

namespace {

// {S}: the schema. {CLASS}, {OBJECT}: the two halves of the run lock's key as pg_locks shows them.
// SQLSTATEs of our own: ST001 the transaction is not the one that was begun, ST002 the history is not as this run knows
// it, ST003 the run lock is gone, ST004 a repeatable was run meanwhile.
constexpr const char* schema_sql = R"sql(
CREATE TABLE {S}.meta (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  format integer NOT NULL,
  database uuid NOT NULL,
  seq bigint NOT NULL,
  chain bytea NOT NULL CHECK (pg_catalog.length(chain) = 32),
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
) WITH (fillfactor = 10);
COMMENT ON TABLE {S}.meta IS 'strata: the format of this history, the database''s own uuid, the head of the chain of events';

CREATE TABLE {S}.event (
  seq bigint PRIMARY KEY,
  kind text NOT NULL,
  run uuid,
  subject text NOT NULL,
  body bytea NOT NULL,
  leaf bytea NOT NULL CHECK (pg_catalog.length(leaf) = 32),
  chain bytea NOT NULL CHECK (pg_catalog.length(chain) = 32),
  at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE {S}.event IS 'strata: what was done to this database, append-only; the same bytes as in the ledger (body), chained by SHA-256';

CREATE TABLE {S}.migration (
  id text PRIMARY KEY,
  module text NOT NULL,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('migration', 'repeatable')),
  state text NOT NULL CHECK (state IN ('applied', 'running', 'failed', 'in-doubt')),
  sha256 bytea NOT NULL CHECK (pg_catalog.length(sha256) = 32),
  fingerprint bytea NOT NULL CHECK (pg_catalog.length(fingerprint) = 32),
  position bigint NOT NULL UNIQUE,
  run uuid NOT NULL,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  finished_at timestamptz,
  statements_done integer NOT NULL DEFAULT 0,
  statements_total integer NOT NULL,
  error jsonb,
  module_version text NOT NULL,
  module_digest bytea NOT NULL,
  transaction bigint NOT NULL DEFAULT pg_catalog.txid_current()
);
CREATE INDEX ON {S}.migration (module, name);
COMMENT ON TABLE {S}.migration IS 'strata: one row for each migration and repeatable; the readable projection of event';

CREATE TABLE {S}.run (
  id uuid PRIMARY KEY,
  command text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
  finished_at timestamptz,
  outcome text,
  applied integer NOT NULL DEFAULT 0,
  role text NOT NULL DEFAULT current_user,
  os_user text NOT NULL,
  host text NOT NULL,
  strata_version text NOT NULL,
  build jsonb NOT NULL,
  plan_digest bytea,
  modules jsonb NOT NULL,
  ledger uuid,
  ledger_seq bigint,
  ledger_chain bytea
);
COMMENT ON TABLE {S}.run IS 'strata: who ran it, with what, and how it ended';

CREATE FUNCTION {S}.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  RAISE EXCEPTION '% of %.% is refused: it is append-only', TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = '42501';
END $f$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {S}.event EXECUTE FUNCTION {S}.refuse_change();

-- The one way into event: p_chain must follow from the head, so a gap or a fork is impossible.
CREATE FUNCTION {S}.append_event(p_kind text, p_run uuid, p_subject text, p_body bytea, p_chain bytea) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
DECLARE
  head record;
  new_leaf bytea := sha256('\x00'::bytea || p_body);
BEGIN
  SELECT seq, chain INTO STRICT head FROM {S}.meta FOR UPDATE;
  IF sha256('\x02'::bytea || head.chain || new_leaf) <> p_chain THEN
    RAISE EXCEPTION 'the history has moved on: its head is event % now', head.seq USING ERRCODE = 'ST002';
  END IF;
  IF head.seq > 0 AND NOT EXISTS (SELECT FROM {S}.event WHERE seq = head.seq AND chain = head.chain) THEN
    RAISE EXCEPTION 'the head of the history, event %, is not the last of its events', head.seq USING ERRCODE = 'ST002';
  END IF;
  INSERT INTO {S}.event (seq, kind, run, subject, body, leaf, chain)
    VALUES (head.seq + 1, p_kind, p_run, p_subject, p_body, new_leaf, p_chain);
  UPDATE {S}.meta SET seq = head.seq + 1, chain = p_chain;
  RETURN head.seq + 1;
END $f$;

-- The first statement of a migration's transaction. A second runner stops here, before it touches anything.
CREATE FUNCTION {S}.claim(p_module text, p_name text, p_kind text, p_sha256 bytea, p_fingerprint bytea, p_run uuid, p_total integer,
                          p_module_version text, p_module_digest bytea, p_replaces bytea) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
DECLARE
  new_position bigint := coalesce((SELECT max(position) FROM {S}.migration), 0) + 1;
BEGIN
  IF p_replaces IS NOT NULL THEN
    DELETE FROM {S}.migration WHERE id = p_module || '/' || p_name AND sha256 = p_replaces AND state = 'applied';
    IF NOT FOUND THEN
      RAISE EXCEPTION '%/% was run meanwhile', p_module, p_name USING ERRCODE = 'ST004';
    END IF;
  END IF;
  INSERT INTO {S}.migration (id, module, name, kind, state, sha256, fingerprint, position, run, statements_total, module_version, module_digest)
    VALUES (p_module || '/' || p_name, p_module, p_name, p_kind, 'running', p_sha256, p_fingerprint, new_position, p_run, p_total,
            p_module_version, p_module_digest);
  RETURN new_position;
END $f$;

-- Raises unless this session still holds the run lock.
CREATE FUNCTION {S}.check_lock() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted AND objsubid = 1
                 AND classid = {CLASS} AND objid = {OBJECT}) THEN
    RAISE EXCEPTION 'strata''s lock was released while a migration ran' USING ERRCODE = 'ST003';
  END IF;
END $f$;

-- The last statement before COMMIT: the guard, the row, the event. The claim's own transaction id is the guard: after any
-- COMMIT or ROLLBACK that a migration hides, the row is another transaction's or not there.
CREATE FUNCTION {S}.finish(p_id text, p_run uuid, p_fingerprint bytea, p_body bytea, p_chain bytea) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  PERFORM {S}.check_lock();
  UPDATE {S}.migration SET state = 'applied', finished_at = clock_timestamp(), statements_done = statements_total,
         fingerprint = p_fingerprint, error = NULL
    WHERE id = p_id AND run = p_run AND state = 'running' AND transaction = txid_current();
  IF NOT FOUND THEN
    RAISE EXCEPTION 'the migration ended its own transaction' USING ERRCODE = 'ST001';
  END IF;
  RETURN {S}.append_event('applied', p_run, p_id, p_body, p_chain);
END $f$;

-- What becomes of a migration outside a transaction, and what a person decides: row and event together.
CREATE FUNCTION {S}.record(p_id text, p_run uuid, p_state text, p_done integer, p_total integer, p_sha256 bytea, p_fingerprint bytea,
                           p_error jsonb, p_kind text, p_body bytea, p_chain bytea) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  PERFORM {S}.check_lock();
  UPDATE {S}.migration SET state = p_state, run = p_run, statements_done = p_done, fingerprint = p_fingerprint, error = p_error,
         -- A text that was mended half way counts from the moment it is applied as a whole.
         statements_total = CASE WHEN p_state = 'applied' THEN p_total ELSE statements_total END,
         sha256 = CASE WHEN p_state = 'applied' THEN p_sha256 ELSE sha256 END,
         finished_at = CASE WHEN p_state = 'applied' THEN clock_timestamp() END
    WHERE id = p_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% has no row in {S}.migration any more', p_id USING ERRCODE = 'ST002';
  END IF;
  RETURN {S}.append_event(p_kind, p_run, p_id, p_body, p_chain);
END $f$;

-- The row goes (down.sql ran, or a person says that nothing of it is left), the event stays.
CREATE FUNCTION {S}.erase(p_id text, p_run uuid, p_kind text, p_body bytea, p_chain bytea) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog AS $f$
BEGIN
  PERFORM {S}.check_lock();
  DELETE FROM {S}.migration WHERE id = p_id;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% has no row in {S}.migration any more', p_id USING ERRCODE = 'ST002';
  END IF;
  RETURN {S}.append_event(p_kind, p_run, p_id, p_body, p_chain);
END $f$;

REVOKE ALL ON SCHEMA {S} FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA {S} FROM PUBLIC;
)sql";

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace

std::string history_schema_sql(const std::string& schema) {
  std::string sql = schema_sql;
  replace_all(sql, "{S}", schema);
  replace_all(sql, "{CLASS}", std::to_string(run_lock_key >> 32));
  replace_all(sql, "{OBJECT}", std::to_string(run_lock_key & 0xffffffff));
  return sql;
}

std::vector<HistoryFunction> history_functions(const std::string& schema) {
  constexpr std::string_view create = "CREATE FUNCTION ";
  constexpr std::string_view quote = "$f$";
  const auto sql = history_schema_sql(schema);
  std::vector<HistoryFunction> functions;
  for (auto at = sql.find(create); at != std::string::npos; at = sql.find(create, at + 1)) {
    const auto name = at + create.size() + schema.size() + 1;
    const auto body = sql.find(quote, name) + quote.size();
    functions.push_back({sql.substr(name, sql.find('(', name) - name), sql.substr(body, sql.find(quote, body) - body)});
  }
  return functions;
}

}  // namespace strata
