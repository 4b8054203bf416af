#include "core/postgres/history_check.h"

#include "core/base/escape.h"
#include "core/sql/quote.h"

namespace strata {

namespace {

// {N}: the schema's name as a literal. The columns are those of history_schema.cpp, with their defaults as Postgres
// writes them; they are the same from 12 to 18.
constexpr const char* look_sql = R"sql(
WITH place AS (
  SELECT n.oid, n.nspname, n.nspowner, o.rolname AS owner, d.datdba, o.rolsuper, me.oid AS me, me.rolsuper AS i_am_super
  FROM pg_catalog.pg_namespace n JOIN pg_catalog.pg_roles o ON o.oid = n.nspowner
  JOIN pg_catalog.pg_database d ON d.datname = pg_catalog.current_database()
  JOIN pg_catalog.pg_roles me ON me.rolname = current_user
  WHERE n.nspname = {N}
), relation AS (
  SELECT c.oid, c.relname, c.relkind, c.relpersistence, c.relowner, c.relrowsecurity, c.relforcerowsecurity FROM pg_catalog.pg_class c
  JOIN place ON place.oid = c.relnamespace WHERE c.relname IN ('meta', 'event', 'migration', 'run')
), made AS (
  SELECT pg_catalog.count(*) > 0 AS is_there FROM relation
), wanted (relname, attname, kind, value) AS (
  VALUES ('meta', 'one', 'boolean', 'true'), ('meta', 'format', 'integer', ''), ('meta', 'database', 'uuid', ''),
    ('meta', 'seq', 'bigint', ''), ('meta', 'chain', 'bytea', ''), ('meta', 'created_at', 'timestamp with time zone', 'now()'),
    ('event', 'seq', 'bigint', ''), ('event', 'kind', 'text', ''), ('event', 'run', 'uuid', ''), ('event', 'subject', 'text', ''),
    ('event', 'body', 'bytea', ''), ('event', 'leaf', 'bytea', ''), ('event', 'chain', 'bytea', ''),
    ('event', 'at', 'timestamp with time zone', 'clock_timestamp()'),
    ('migration', 'id', 'text', ''), ('migration', 'module', 'text', ''), ('migration', 'name', 'text', ''),
    ('migration', 'kind', 'text', ''), ('migration', 'state', 'text', ''), ('migration', 'sha256', 'bytea', ''),
    ('migration', 'fingerprint', 'bytea', ''), ('migration', 'position', 'bigint', ''), ('migration', 'run', 'uuid', ''),
    ('migration', 'started_at', 'timestamp with time zone', 'clock_timestamp()'),
    ('migration', 'finished_at', 'timestamp with time zone', ''), ('migration', 'statements_done', 'integer', '0'),
    ('migration', 'statements_total', 'integer', ''), ('migration', 'error', 'jsonb', ''),
    ('migration', 'module_version', 'text', ''), ('migration', 'module_digest', 'bytea', ''),
    ('migration', 'transaction', 'bigint', 'txid_current()'),
    ('run', 'id', 'uuid', ''), ('run', 'command', 'text', ''), ('run', 'started_at', 'timestamp with time zone', 'clock_timestamp()'),
    ('run', 'finished_at', 'timestamp with time zone', ''), ('run', 'outcome', 'text', ''), ('run', 'applied', 'integer', '0'),
    ('run', 'role', 'text', 'CURRENT_USER'), ('run', 'os_user', 'text', ''), ('run', 'host', 'text', ''),
    ('run', 'strata_version', 'text', ''), ('run', 'build', 'jsonb', ''), ('run', 'plan_digest', 'bytea', ''),
    ('run', 'modules', 'jsonb', ''), ('run', 'ledger', 'uuid', ''), ('run', 'ledger_seq', 'bigint', ''),
    ('run', 'ledger_chain', 'bytea', '')
), found AS (
  SELECT r.relname::text, a.attname::text, pg_catalog.format_type(a.atttypid, a.atttypmod) AS kind,
    coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') AS value
  FROM relation r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
), needed (relname, privilege) AS (
  VALUES ('meta', 'SELECT'), ('meta', 'UPDATE'), ('event', 'SELECT'), ('event', 'INSERT'), ('migration', 'SELECT'),
    ('migration', 'INSERT'), ('migration', 'UPDATE'), ('migration', 'DELETE'), ('run', 'SELECT'), ('run', 'INSERT'),
    ('run', 'UPDATE')
)
SELECT 'foreign', 'the schema is there already and belongs to the role ' || owner FROM place, made
WHERE NOT is_there AND nspowner NOT IN (me, datdba) AND NOT rolsuper
  AND (i_am_super OR NOT pg_catalog.pg_has_role(me, nspowner, 'MEMBER'))
UNION ALL
SELECT 'foreign', 'the table ' || relname || ' is gone' FROM made, (SELECT DISTINCT relname FROM wanted) w
WHERE is_there AND relname NOT IN (SELECT relname FROM relation)
UNION ALL
SELECT 'foreign', relname || ' is no table' FROM relation WHERE relkind <> 'r'
UNION ALL
SELECT 'foreign', relname || ', which is unlogged: a crash would empty it' FROM relation WHERE relpersistence <> 'p'
UNION ALL
SELECT 'foreign', 'row security on ' || relname FROM relation WHERE relrowsecurity OR relforcerowsecurity
UNION ALL
SELECT 'foreign', 'the column ' || coalesce(w.relname, f.relname) || '.' || coalesce(w.attname, f.attname)
  || CASE WHEN w.attname IS NULL THEN '' WHEN f.attname IS NULL THEN ', which is gone'
     WHEN w.kind <> f.kind THEN ', whose type is ' || f.kind || ' instead of ' || w.kind
     ELSE ', whose default is ' || coalesce(nullif(f.value, ''), 'none') || ' instead of ' || coalesce(nullif(w.value, ''), 'none') END
FROM (SELECT w.* FROM wanted w JOIN relation r ON r.relname = w.relname) w
FULL JOIN found f ON f.relname = w.relname AND f.attname = w.attname
WHERE w.attname IS NULL OR f.attname IS NULL OR w.kind <> f.kind OR w.value <> f.value
UNION ALL
SELECT 'foreign', 'the trigger ' || t.tgname || ' on ' || r.relname FROM pg_catalog.pg_trigger t
JOIN relation r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal AND NOT (r.relname = 'event' AND t.tgname = 'append_only')
UNION ALL
SELECT 'foreign', 'the trigger append_only on event, which is gone or switched off' FROM relation r WHERE r.relname = 'event'
  AND r.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = r.oid AND t.tgname = 'append_only'
    AND t.tgenabled IN ('O', 'A'))
UNION ALL
SELECT 'foreign', 'the rule ' || w.rulename || ' on ' || r.relname FROM pg_catalog.pg_rewrite w
JOIN relation r ON r.oid = w.ev_class WHERE r.relkind = 'r'
UNION ALL
SELECT 'foreign', 'the table ' || r.relname || ', which belongs to ' || pg_catalog.pg_get_userbyid(r.relowner) || ' and not to '
  || pg_catalog.pg_get_userbyid(m.relowner) || ', as meta does' FROM relation r JOIN relation m ON m.relname = 'meta'
WHERE r.relowner <> m.relowner
UNION ALL
SELECT 'foreign', 'the function ' || p.proname || ', which belongs to ' || pg_catalog.pg_get_userbyid(p.proowner)
FROM pg_catalog.pg_proc p JOIN place ON place.oid = p.pronamespace
WHERE NOT EXISTS (SELECT FROM relation r WHERE r.relowner = p.proowner) AND p.proowner <> place.nspowner
UNION ALL
SELECT 'grant', 'USAGE ON SCHEMA ' || pg_catalog.quote_ident(nspname) FROM place, made
WHERE is_there AND NOT pg_catalog.has_schema_privilege(place.oid, 'USAGE')
UNION ALL
SELECT 'grant', pg_catalog.string_agg(n.privilege, ', ' ORDER BY n.privilege) || ' ON ' || pg_catalog.quote_ident(place.nspname)
  || '.' || n.relname FROM needed n JOIN relation r ON r.relname = n.relname, place
WHERE NOT pg_catalog.has_table_privilege(r.oid, n.privilege) GROUP BY place.nspname, n.relname
UNION ALL
SELECT 'grant', 'EXECUTE ON FUNCTION ' || p.oid::pg_catalog.regprocedure FROM pg_catalog.pg_proc p
JOIN place ON place.oid = p.pronamespace
WHERE p.proname IN ('append_event', 'claim', 'finish', 'record', 'erase', 'check_lock')
  AND NOT pg_catalog.has_function_privilege(p.oid, 'EXECUTE')
)sql";

std::string list_of(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) text += "\n  " + printable(item);
  return text;
}

}  // namespace

Result<HistoryCheck> look_at_history(PgSession& session, const std::string& schema) {
  std::string sql = look_sql;
  sql.replace(sql.find("{N}"), 3, quote_literal(schema));
  STRATA_TRY(const auto rows, session.query(sql));
  HistoryCheck check;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    if (rows.text(row, 0) == "foreign") {
      check.foreign.push_back(rows.text(row, 1));
    } else {
      check.grants.push_back("GRANT " + rows.text(row, 1) + " TO " + quote_identifier(session.facts().user) + ";");
    }
  }
  return check;
}

Result<void> check_history(PgSession& session, const std::string& schema) {
  STRATA_TRY(const auto check, look_at_history(session, schema));
  if (!check.foreign.empty()) {
    return fail(
        ErrorCode::history_damaged,
        "the history in schema " + schema + " is not as strata makes it; nothing was run:" + list_of(check.foreign),
        "find out who did that, and undo it; [history] schema names another place for a new history");
  }
  if (!check.grants.empty()) {
    return fail(ErrorCode::not_permitted,
                session.facts().user + " may not do what a run does with the history in schema " + schema,
                "as its owner:" + list_of(check.grants));
  }
  return {};
}

}  // namespace strata
