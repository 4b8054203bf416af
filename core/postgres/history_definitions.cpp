#include "core/postgres/history_definitions.h"

#include "core/postgres/history_schema.h"
#include "core/sql/quote.h"

#include <map>
#include <set>
#include <utility>

namespace strata {

namespace {

using Constraint = std::pair<std::string, std::string>;  // table, definition

// As pg_get_constraintdef writes them, the same from 12 to 18; a column that may not be null as "NOT NULL column".
const std::set<Constraint>& made_constraints() {
  static const std::set<Constraint> made = [] {
    std::set<Constraint> all = {
        {"meta", "PRIMARY KEY (one)"},
        {"meta", "CHECK (one)"},
        {"meta", "CHECK ((length(chain) = 32))"},
        {"event", "PRIMARY KEY (seq)"},
        {"event", "CHECK ((length(leaf) = 32))"},
        {"event", "CHECK ((length(chain) = 32))"},
        {"migration", "PRIMARY KEY (id)"},
        {"migration", "UNIQUE (\"position\")"},
        {"migration", "CHECK ((kind = ANY (ARRAY['migration'::text, 'repeatable'::text])))"},
        {"migration",
         "CHECK ((state = ANY (ARRAY['applied'::text, 'running'::text, 'failed'::text, 'in-doubt'::text])))"},
        {"migration", "CHECK ((length(sha256) = 32))"},
        {"migration", "CHECK ((length(fingerprint) = 32))"},
        {"run", "PRIMARY KEY (id)"},
    };
    const std::map<std::string, std::vector<const char*>> never_null = {
        {"meta", {"one", "format", "database", "seq", "chain", "created_at"}},
        {"event", {"seq", "kind", "subject", "body", "leaf", "chain", "at"}},
        {"migration",
         {"id", "module", "name", "kind", "state", "sha256", "fingerprint", "position", "run", "started_at",
          "statements_done", "statements_total", "module_version", "module_digest", "transaction"}},
        {"run",
         {"id", "command", "started_at", "applied", "role", "os_user", "host", "strata_version", "build", "modules"}},
    };
    for (const auto& [table, columns] : never_null) {
      for (const auto* column : columns) all.insert({table, std::string("NOT NULL ") + column});
    }
    return all;
  }();
  return made;
}

Result<void> compare_constraints(PgSession& session, const std::string& schema, std::vector<std::string>& found) {
  STRATA_TRY(const auto rows,
             session.query("WITH relation AS (SELECT c.oid, c.relname FROM pg_catalog.pg_class c "
                           "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = " +
                           quote_literal(schema) +
                           " AND c.relname IN ('meta', 'event', 'migration', 'run')) "
                           "SELECT r.relname, pg_catalog.pg_get_constraintdef(c.oid) FROM pg_catalog.pg_constraint c "
                           "JOIN relation r ON r.oid = c.conrelid WHERE c.contype <> 'n' AND c.contype <> 't' "
                           "UNION ALL SELECT r.relname, 'NOT NULL ' || a.attname FROM pg_catalog.pg_attribute a "
                           "JOIN relation r ON r.oid = a.attrelid "
                           "WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull"));
  auto missing = made_constraints();
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const Constraint there{rows.text(row, 0), rows.text(row, 1)};
    if (missing.erase(there) == 0 && made_constraints().count(there) == 0)
      found.push_back("the constraint " + there.second + " on " + there.first + ", which strata does not make");
  }
  for (const auto& [table, what] : missing)
    found.push_back("the constraint " + what + " on " + table + ", which is gone");
  return {};
}

Result<void> compare_functions(PgSession& session, const std::string& schema, std::vector<std::string>& found) {
  STRATA_TRY(const auto rows,
             session.query("SELECT p.proname, p.prosrc, l.lanname || ' ' || p.prosecdef::text || ' ' || "
                           "coalesce(pg_catalog.array_to_string(p.proconfig, ' '), '') "
                           "FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace "
                           "JOIN pg_catalog.pg_language l ON l.oid = p.prolang WHERE n.nspname = " +
                           quote_literal(schema) + " ORDER BY p.proname, p.oid"));
  std::map<std::string, std::string> missing;
  for (auto& made : history_functions(quote_identifier(schema)))
    missing.emplace(std::move(made.name), std::move(made.body));
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto made = missing.find(rows.text(row, 0));
    if (made == missing.end()) {
      found.push_back("the function " + rows.text(row, 0) + ", which strata does not make");
      continue;
    }
    if (rows.text(row, 1) != made->second) found.push_back("the function " + made->first + ", whose body was changed");
    if (rows.text(row, 2) != "plpgsql false search_path=pg_catalog")
      found.push_back("the function " + made->first +
                      ", whose language, rights or settings were changed: " + rows.text(row, 2));
    missing.erase(made);
  }
  for (const auto& [name, body] : missing) found.push_back("the function " + name + ", which is gone");
  return {};
}

}  // namespace

Result<std::vector<std::string>> look_at_definitions(PgSession& session, const std::string& schema) {
  std::vector<std::string> found;
  STRATA_CHECK(compare_functions(session, schema, found));
  STRATA_CHECK(compare_constraints(session, schema, found));
  return found;
}

}  // namespace strata
