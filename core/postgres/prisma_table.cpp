#include "core/postgres/prisma_table.h"

#include "core/base/uuid.h"
#include "core/sql/quote.h"

namespace strata {

PrismaTable::PrismaTable(const std::string& schema, const std::string& strata_schema)
    : schema_(schema), table_(quote_identifier(schema) + "._prisma_migrations") {
  const std::string now = "pg_catalog.clock_timestamp()";
  const std::string unfinished = " WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL";
  create_sql_ = "CREATE TABLE IF NOT EXISTS " + table_ +
                " (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT NULL, finished_at timestamptz, "
                "migration_name varchar(255) NOT NULL, logs text, rolled_back_at timestamptz, "
                "started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)";
  begin_sql_ = "INSERT INTO " + table_ + " (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, " + now + ")";
  finish_sql_ = "UPDATE " + table_ + " SET finished_at = " + now +
                ", applied_steps_count = 1, logs = NULL, checksum = $2" + unfinished;
  failure_sql_ = "UPDATE " + table_ + " SET logs = $2" + unfinished;
  insert_sql_ = "INSERT INTO " + table_ +
                " (id, checksum, finished_at, migration_name, started_at, applied_steps_count) SELECT $1, $2, "
                "coalesce(finished_at, " +
                now + "), $3, started_at, 1 FROM " + quote_identifier(strata_schema) + ".migration WHERE id = $4";
  give_up_sql_ = "UPDATE " + table_ + " SET rolled_back_at = " + now + unfinished;
  applied_sql_ = "INSERT INTO " + table_ +
                 " (id, checksum, finished_at, migration_name, logs, started_at, applied_steps_count) "
                 "SELECT $1, $2, now, $3, '', now, 0 FROM " +
                 now + " AS now";
  take_back_sql_ =
      "UPDATE " + table_ + " SET rolled_back_at = " + now + " WHERE migration_name = $1 AND rolled_back_at IS NULL";
}

Result<std::optional<std::vector<PrismaRow>>> PrismaTable::read(PgSession& session) const {
  STRATA_TRY(const auto there,
             session.query("SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                           "WHERE c.relname = '_prisma_migrations' AND c.relkind = 'r' AND n.nspname = " +
                           quote_literal(schema_)));
  if (there.rows() == 0) return std::nullopt;
  auto answer = session.query(
      "SELECT id, migration_name, checksum, finished_at IS NOT NULL, rolled_back_at IS NOT NULL, "
      "pg_catalog.to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') FROM " +
      table_ + " ORDER BY started_at");
  if (!answer && answer.error().code == ErrorCode::not_permitted)
    answer.error().next =
        "GRANT SELECT, INSERT, UPDATE ON " + table_ + " TO " + quote_identifier(session.facts().user) + ";";
  STRATA_TRY(const auto rows, std::move(answer));
  std::vector<PrismaRow> found;
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    found.push_back({rows.text(row, 0), rows.text(row, 1), rows.text(row, 2), rows.text(row, 3) == "t",
                     rows.text(row, 4) == "t", rows.text(row, 5)});
  }
  return found;
}

Result<std::vector<std::string>> PrismaTable::other_tables(PgSession& session) const {
  STRATA_TRY(const auto rows,
             session.query("SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = "
                           "c.relnamespace WHERE c.relkind = 'r' AND n.nspname = " +
                           quote_literal(schema_) +
                           " AND c.relname NOT IN ('_prisma_migrations', 'spatial_ref_sys', 'geometry_columns', "
                           "'geography_columns', 'raster_columns', 'raster_overviews') ORDER BY 1"));
  std::vector<std::string> tables;
  for (std::size_t row = 0; row < rows.rows(); ++row) tables.push_back(rows.text(row, 0));
  return tables;
}

Request PrismaTable::create() const {
  return {create_sql_};
}

Request PrismaTable::begin(const std::string& name, const std::string& checksum) const {
  return {begin_sql_, {make_uuid(), checksum, name}};
}

Request PrismaTable::finish(const std::string& name, const std::string& checksum) const {
  return {finish_sql_, {name, checksum}};
}

Request PrismaTable::note_failure(const std::string& name, const std::string& why) const {
  return {failure_sql_, {name, why}};
}

Request PrismaTable::insert_applied(const std::string& name, const std::string& checksum, const std::string& id) const {
  return {insert_sql_, {make_uuid(), checksum, name, id}};
}

Request PrismaTable::mark_applied(const std::string& name, const std::string& checksum) const {
  return {applied_sql_, {make_uuid(), checksum, name}};
}

Request PrismaTable::give_up(const std::string& name) const {
  return {give_up_sql_, {name}};
}

Request PrismaTable::take_back(const std::string& name) const {
  return {take_back_sql_, {name}};
}

}  // namespace strata
