#include "core/execute/statement_recovery.h"

#include "core/sql/quote.h"

namespace strata {

namespace {

// The relation of that name as an SQL expression, for to_regclass, which needs no rights and raises nothing over a name
// that is not there. A name without a schema is in `default_schema`, or, where that is empty, on the session's path.
std::string regclass(const RelationName& name, const std::string& default_schema) {
  const auto& schema = name.schema.empty() ? default_schema : name.schema;
  return "pg_catalog.to_regclass(" +
         quote_literal((schema.empty() ? "" : quote_identifier(schema) + ".") + quote_identifier(name.name)) + ")";
}

// CREATE INDEX names its index without a schema: it lands in its table's.
std::string index_regclass(const Statement& statement, const std::string& default_schema) {
  if (!statement.index->schema.empty() || !statement.table) return regclass(*statement.index, default_schema);
  return "(SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_class t ON t.relnamespace = c.relnamespace "
         "WHERE t.oid = " +
         regclass(*statement.table, default_schema) + " AND c.relname = " + quote_literal(statement.index->name) + ")";
}

Result<std::string> drop_invalid(PgSession& session, const std::string& condition) {
  STRATA_TRY(
      const auto rows,
      session.query(
          "SELECT n.nspname, c.relname FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid "
          "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND c.relkind = 'i' AND " +
          condition));
  std::string dropped;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    const auto name = quote_identifier(rows.text(row, 0)) + "." + quote_identifier(rows.text(row, 1));
    STRATA_CHECK(session.query("DROP INDEX CONCURRENTLY IF EXISTS " + name));
    dropped += (dropped.empty() ? "dropped the INVALID index " : ", ") + name;
  }
  return dropped;
}

Result<RecoveryAnswer> recover_detach(PgSession& session, const Statement& statement,
                                      const std::string& default_schema) {
  const auto partition = regclass(*statement.partition, default_schema);
  STRATA_TRY(const auto rows,
             session.query(
                 "SELECT inhdetachpending, inhparent::pg_catalog.regclass::text, inhrelid::pg_catalog.regclass::text "
                 "FROM pg_catalog.pg_inherits WHERE inhrelid = " +
                 partition + " AND inhparent = " + regclass(*statement.table, default_schema)));
  if (rows.rows() == 0) return RecoveryAnswer{Verdict::done, {}, "the partition is detached already"};
  if (rows.text(0, 0) != "t") return RecoveryAnswer{};
  return RecoveryAnswer{Verdict::run_it,
                        "ALTER TABLE " + rows.text(0, 1) + " DETACH PARTITION " + rows.text(0, 2) + " FINALIZE",
                        "a detachment that was begun is completed"};
}

}  // namespace

Result<IndexState> index_state(PgSession& session, const Statement& statement, const std::string& default_schema) {
  STRATA_TRY(const auto rows, session.query("SELECT indisvalid FROM pg_catalog.pg_index WHERE indexrelid = " +
                                            index_regclass(statement, default_schema)));
  if (rows.rows() == 0) return IndexState::absent;
  return rows.text(0, 0) == "t" ? IndexState::valid : IndexState::invalid;
}

Result<std::string> clean_up(PgSession& session, const Statement& statement, const std::string& default_schema) {
  if (statement.recovery == Recovery::create_index && statement.index) {
    return drop_invalid(session, "c.oid = " + index_regclass(statement, default_schema));
  }
  if (statement.recovery == Recovery::reindex) {
    // REINDEX CONCURRENTLY builds NAME_ccnew (a number behind it where that is taken) and drops NAME_ccold.
    std::string of;
    if (statement.table) of = " AND i.indrelid = " + regclass(*statement.table, default_schema);
    if (statement.index) {
      of = " AND i.indrelid = (SELECT indrelid FROM pg_catalog.pg_index WHERE indexrelid = " +
           regclass(*statement.index, default_schema) + ")";
    }
    return drop_invalid(session, "c.relname ~ '_cc(new|old)[0-9]*$'" + of);
  }
  return std::string();
}

Result<RecoveryAnswer> recover(PgSession& session, const Statement& statement, const std::string& default_schema) {
  RecoveryAnswer answer;
  switch (statement.recovery) {
    case Recovery::transactional:
    case Recovery::repeatable:
      return answer;
    case Recovery::create_index: {
      if (!statement.index) return RecoveryAnswer{Verdict::unknown, {}, {}};
      STRATA_TRY(const auto state, index_state(session, statement, default_schema));
      if (state == IndexState::valid) return RecoveryAnswer{Verdict::done, {}, "the index is there and valid"};
      STRATA_TRY(answer.told, clean_up(session, statement, default_schema));
      return answer;
    }
    case Recovery::drop_index: {
      if (!statement.index) return RecoveryAnswer{Verdict::unknown, {}, {}};
      STRATA_TRY(const auto state, index_state(session, statement, default_schema));
      if (state == IndexState::absent) return RecoveryAnswer{Verdict::done, {}, "the index is gone already"};
      return answer;
    }
    case Recovery::reindex: {
      STRATA_TRY(answer.told, clean_up(session, statement, default_schema));
      return answer;
    }
    case Recovery::detach_partition:
      if (!statement.partition || !statement.table) return RecoveryAnswer{Verdict::unknown, {}, {}};
      return recover_detach(session, statement, default_schema);
    case Recovery::unknown:
      break;
  }
  return RecoveryAnswer{Verdict::unknown, {}, {}};
}

}  // namespace strata
