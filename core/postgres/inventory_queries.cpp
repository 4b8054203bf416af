#include "core/postgres/inventory_queries.h"

namespace strata {

namespace {

// What every part below selects from.
constexpr const char* with_sql = R"sql(
WITH member AS MATERIALIZED (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
space AS MATERIALIZED (
  SELECT n.oid, n.nspname FROM pg_namespace n
  WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', $1)),
relation AS MATERIALIZED (
  SELECT c.*, s.nspname, d.description FROM pg_class c JOIN space s ON s.oid = c.relnamespace
  LEFT JOIN pg_description d ON d.classoid = 'pg_class'::regclass AND d.objoid = c.oid AND d.objsubid = 0
  WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I') AND c.relname <> '_prisma_migrations'
    AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)),
object (kind, schema, parent, name, properties) AS ()sql";

constexpr const char* schemas_sql = R"sql(
SELECT 'schema', s.nspname, '', '', jsonb_build_object('comment',
  nullif(obj_description(s.oid, 'pg_namespace'), 'standard public schema'))
FROM space s
UNION ALL
SELECT 'extension', '', '', e.extname, jsonb_build_object('schema', n.nspname, 'version', e.extversion)
FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql')sql";

constexpr const char* types_sql = R"sql(
UNION ALL
SELECT 'type', s.nspname, '', t.typname, jsonb_build_object(
  'form', CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range' ELSE 'composite' END,
  'labels', (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
             FROM pg_enum e WHERE e.enumtypid = t.oid),
  'attributes', (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', '
                                   ORDER BY a.attnum)
                 FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
  'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
  'not_null', CASE WHEN t.typnotnull THEN 'true' END,
  'default', t.typdefault,
  'collation', (SELECT cn.nspname || '.' || c.collname FROM pg_collation c JOIN pg_namespace cn ON cn.oid = c.collnamespace
                WHERE t.typtype = 'd' AND c.oid = t.typcollation AND c.collname <> 'default'),
  'checks', (SELECT string_agg(quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid), ', ' ORDER BY k.conname)
             FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'),
  'subtype', (SELECT format_type(r.rngsubtype, NULL) FROM pg_range r WHERE r.rngtypid = t.oid),
  'comment', obj_description(t.oid, 'pg_type'))
FROM pg_type t JOIN space s ON s.oid = t.typnamespace
WHERE (t.typtype IN ('e', 'd', 'r')
       OR (t.typtype = 'c' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')))
  AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_type'::regclass AND m.objid = t.oid))sql";

constexpr const char* functions_sql = R"sql(
UNION ALL
SELECT 'function', s.nspname, '', p.proname || '(' || oidvectortypes(p.proargtypes) || ')', jsonb_build_object(
  'form', CASE p.prokind WHEN 'f' THEN 'function' WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'window' END,
  'arguments', nullif(pg_get_function_arguments(p.oid), ''),
  'returns', pg_get_function_result(p.oid),
  'language', l.lanname,
  'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
  'strict', CASE WHEN p.proisstrict THEN 'true' END,
  'security_definer', CASE WHEN p.prosecdef THEN 'true' END,
  'leakproof', CASE WHEN p.proleakproof THEN 'true' END,
  'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' END,
  'settings', array_to_string(p.proconfig, ', '),
  'body', CASE WHEN @sql_body@ IS NULL AND p.prokind <> 'a' THEN coalesce(p.probin || ':', '') || p.prosrc END,
  'sql_body', @sql_body@,
  'cost', CASE WHEN p.procost <> CASE WHEN l.lanname IN ('c', 'internal') THEN 1 ELSE 100 END THEN p.procost::text END,
  'rows', CASE WHEN p.proretset AND p.prorows <> 1000 THEN p.prorows::text END,
  'support', CASE WHEN p.prosupport::oid <> 0 THEN p.prosupport::text END,
  'aggregate', (SELECT concat_ws(', ', g.aggkind, g.aggtransfn, format_type(g.aggtranstype, NULL), g.aggfinalfn,
                                 g.aggcombinefn, g.agginitval)
                FROM pg_aggregate g WHERE g.aggfnoid = p.oid),
  'comment', obj_description(p.oid, 'pg_proc'))
FROM pg_proc p JOIN space s ON s.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i'))sql";

constexpr const char* relations_sql = R"sql(
UNION ALL
SELECT 'sequence', r.nspname, '', r.relname, jsonb_build_object(
  'type', format_type(q.seqtypid, NULL), 'start', q.seqstart::text, 'increment', q.seqincrement::text,
  'minimum', q.seqmin::text, 'maximum', q.seqmax::text, 'cache', CASE WHEN q.seqcache <> 1 THEN q.seqcache::text END,
  'cycle', CASE WHEN q.seqcycle THEN 'true' END,
  'owned_by', (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) || '.' || quote_ident(a.attname)
               FROM pg_depend d JOIN pg_class c ON c.oid = d.refobjid JOIN pg_namespace n ON n.oid = c.relnamespace
               JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
               WHERE d.classid = 'pg_class'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
                 AND d.deptype IN ('a', 'i')),
  'comment', r.description)
FROM relation r JOIN pg_sequence q ON q.seqrelid = r.oid
UNION ALL
SELECT 'table', r.nspname, '', r.relname, jsonb_build_object(
  'form', CASE r.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' ELSE 'foreign' END,
  'persistence', CASE r.relpersistence WHEN 'u' THEN 'unlogged' END,
  CASE WHEN r.relispartition THEN 'partition_of' ELSE 'inherits' END,
    (SELECT string_agg(quote_ident(n.nspname) || '.' || quote_ident(p.relname), ', ' ORDER BY i.inhseqno)
     FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace n ON n.oid = p.relnamespace
     WHERE i.inhrelid = r.oid),
  'bound', pg_get_expr(r.relpartbound, r.oid),
  'partition_key', CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END,
  'row_security', CASE WHEN r.relforcerowsecurity THEN 'forced' WHEN r.relrowsecurity THEN 'enabled' END,
  'options', array_to_string(r.reloptions, ', '),
  'replica_identity', CASE r.relreplident WHEN 'f' THEN 'full' WHEN 'n' THEN CASE WHEN r.relkind <> 'f' THEN 'nothing' END
                                          WHEN 'i' THEN 'index' END,
  'access_method', (SELECT am.amname FROM pg_am am WHERE am.oid = r.relam AND am.amname <> 'heap'),
  'server', (SELECT v.srvname FROM pg_foreign_table f JOIN pg_foreign_server v ON v.oid = f.ftserver
             WHERE f.ftrelid = r.oid),
  'comment', r.description)
FROM relation r WHERE r.relkind IN ('r', 'p', 'f')
UNION ALL
SELECT CASE r.relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, r.nspname, '', r.relname, jsonb_build_object(
  'definition', pg_get_viewdef(r.oid), 'options', array_to_string(r.reloptions, ', '), 'comment', r.description)
FROM relation r WHERE r.relkind IN ('v', 'm'))sql";

constexpr const char* columns_sql = R"sql(
UNION ALL
SELECT 'column', r.nspname, r.relname, a.attname, jsonb_build_object(
  'type', format_type(a.atttypid, a.atttypmod),
  'not_null', CASE WHEN a.attnotnull THEN 'true' END,
  'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
  'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
  'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
  'generated_form', CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' END,
  'collation', (SELECT n.nspname || '.' || c.collname FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
                WHERE c.oid = a.attcollation AND a.attcollation <> t.typcollation),
  'storage', CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
  'compression', @compression@,
  'statistics_target', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END,
  -- pg_attver: a mark of the server's own, different in two databases that are the same.
  'options', (SELECT string_agg(o, ', ') FROM unnest(a.attoptions) o WHERE o !~ '^pg_attver='),
  'comment', col_description(r.oid, a.attnum))
FROM relation r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = r.oid AND d.adnum = a.attnum
WHERE r.relkind IN ('r', 'p', 'f', 'v', 'm'))sql";

// Constraints and indexes of partitions that only follow from those of the partitioned table are left out.
constexpr const char* constraints_sql = R"sql(
UNION ALL
SELECT 'constraint', r.nspname, r.relname, k.conname, jsonb_build_object(
  'form', CASE k.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'c' THEN 'check'
                         WHEN 'f' THEN 'foreign key' ELSE 'exclusion' END,
  'columns', (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.place)
              FROM unnest(k.conkey) WITH ORDINALITY u (number, place)
              JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum = u.number),
  'references', (SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname)
                 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = k.confrelid),
  'definition', pg_get_constraintdef(k.oid),
  'not_valid', CASE WHEN NOT k.convalidated THEN 'true' END,
  'triggers', CASE WHEN EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgisinternal
                                AND g.tgenabled = 'D') THEN 'disabled' END,
  'deferrable', CASE WHEN k.condeferred THEN 'initially deferred' WHEN k.condeferrable THEN 'true' END,
  'comment', obj_description(k.oid, 'pg_constraint'))
FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid
WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') AND k.conparentid = 0
UNION ALL
SELECT 'index', r.nspname, t.relname, r.relname, jsonb_build_object(
  'columns', (SELECT string_agg(coalesce(quote_ident(a.attname), '(expression)'), ', ' ORDER BY u.place)
              FROM unnest(i.indkey) WITH ORDINALITY u (number, place)
              LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.number AND u.number > 0
              WHERE u.place <= i.indnkeyatts),
  'unique', CASE WHEN i.indisunique THEN 'true' END,
  'method', am.amname,
  'invalid', CASE WHEN NOT i.indisvalid THEN 'true' END,
  'partial', CASE WHEN i.indpred IS NOT NULL THEN 'true' END,
  'nulls_not_distinct', @nulls_not_distinct@,
  'definition', pg_get_indexdef(r.oid),
  'comment', r.description)
FROM pg_index i JOIN relation r ON r.oid = i.indexrelid JOIN relation t ON t.oid = i.indrelid
JOIN pg_am am ON am.oid = r.relam
WHERE NOT r.relispartition
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
UNION ALL
SELECT 'statistics', s.nspname, t.relname, x.stxname, jsonb_build_object(
  'definition', pg_get_statisticsobjdef(x.oid), 'comment', obj_description(x.oid, 'pg_statistic_ext'))
FROM pg_statistic_ext x JOIN space s ON s.oid = x.stxnamespace JOIN relation t ON t.oid = x.stxrelid)sql";

constexpr const char* behaviour_sql = R"sql(
UNION ALL
SELECT 'trigger', r.nspname, r.relname, g.tgname, jsonb_build_object(
  'definition', pg_get_triggerdef(g.oid),
  'enabled', CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
  'function', (SELECT quote_ident(n.nspname) || '.' || quote_ident(p.proname)
               FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.oid = g.tgfoid),
  'comment', obj_description(g.oid, 'pg_trigger'))
FROM pg_trigger g JOIN relation r ON r.oid = g.tgrelid WHERE NOT g.tgisinternal @own_trigger@
UNION ALL
SELECT 'rule', r.nspname, r.relname, w.rulename, jsonb_build_object(
  'definition', pg_get_ruledef(w.oid),
  'enabled', CASE w.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END,
  'comment', obj_description(w.oid, 'pg_rewrite'))
FROM pg_rewrite w JOIN relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN'
UNION ALL
SELECT 'policy', r.nspname, r.relname, p.polname, jsonb_build_object(
  'command', CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete'
                           ELSE 'all' END,
  'restrictive', CASE WHEN NOT p.polpermissive THEN 'true' END,
  'roles', (SELECT string_agg(coalesce(quote_ident(a.rolname), 'public'), ', ' ORDER BY a.rolname)
            FROM unnest(p.polroles) u LEFT JOIN pg_roles a ON a.oid = u),
  'using', pg_get_expr(p.polqual, p.polrelid),
  'check', pg_get_expr(p.polwithcheck, p.polrelid),
  'comment', obj_description(p.oid, 'pg_policy'))
FROM pg_policy p JOIN relation r ON r.oid = p.polrelid)
SELECT kind, schema, parent, name, jsonb_strip_nulls(properties) FROM object)sql";

}  // namespace

std::string inventory_query(int server_version) {
  std::string sql;
  for (const auto* part :
       {with_sql, schemas_sql, types_sql, functions_sql, relations_sql, columns_sql, constraints_sql, behaviour_sql})
    sql += part;
  const auto put = [&](const std::string& mark, bool is_known, const char* known, const char* otherwise) {
    for (auto at = sql.find(mark); at != std::string::npos; at = sql.find(mark))
      sql.replace(at, mark.size(), is_known ? known : otherwise);
  };
  // What older servers do not have.
  put("@sql_body@", server_version >= 140000, "pg_get_function_sqlbody(p.oid)", "NULL");
  put("@compression@", server_version >= 140000, "nullif(a.attcompression::text, '')", "NULL");
  put("@nulls_not_distinct@", server_version >= 150000, "CASE WHEN i.indnullsnotdistinct THEN 'true' END", "NULL");
  put("@own_trigger@", server_version >= 130000, "AND g.tgparentid = 0", "");
  return sql;
}

// Asking a table for its size waits for whoever holds it, or wants it, alone. Of those the size as of their last VACUUM
// or ANALYZE is told.
const char* const table_size_query = R"sql(
WITH held AS MATERIALIZED (
  SELECT l.relation FROM pg_locks l JOIN pg_database d ON d.oid = l.database
  WHERE d.datname = current_database() AND l.mode = 'AccessExclusiveLock' AND l.pid <> pg_backend_pid())
SELECT n.nspname, c.relname,
  (CASE WHEN c.reltuples > 0 OR c.relpages > 0 THEN greatest(c.reltuples, 0)
        WHEN pg_stat_get_live_tuples(c.oid) > 0 THEN pg_stat_get_live_tuples(c.oid) ELSE -1 END)::bigint,
  CASE WHEN c.oid NOT IN (SELECT relation FROM held) THEN pg_table_size(c.oid)
       ELSE current_setting('block_size')::bigint *
            (c.relpages + coalesce((SELECT t.relpages FROM pg_class t WHERE t.oid = c.reltoastrelid), 0)) END,
  CASE WHEN c.oid NOT IN (SELECT relation FROM held) THEN pg_indexes_size(c.oid)
       ELSE current_setting('block_size')::bigint *
            coalesce((SELECT sum(x.relpages) FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
                      WHERE i.indrelid = c.oid), 0) END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND c.relname <> '_prisma_migrations'
  AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', $1)
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")sql";

const char* const role_query = "SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY rolname COLLATE \"C\"";

}  // namespace strata
