// Prisma's own table, _prisma_migrations, written as `prisma migrate` writes it, so that it may go on reading it:
// names, order and types of its columns, what a row means, and the advisory lock are Prisma's (7.8; observed). One row
// for each time that a migration was begun; a migration is applied when a row of its name is finished and not rolled
// back.
#pragma once

#include "core/base/result.h"
#include "core/postgres/pg_session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strata {

struct PrismaRow {
  std::string id;  // uuid
  std::string name;
  std::string checksum;  // SHA-256 of the text in hexadecimal
  bool finished = false;
  bool rolled_back = false;
  std::string started_at;  // for messages

  bool counts_as_applied() const { return finished && !rolled_back; }
  bool counts_as_failed() const { return !finished && !rolled_back; }
};

class PrismaTable {
 public:
  // `schema`: of the table, Prisma's ?schema=; `strata_schema`: where the times of a migration are known.
  PrismaTable(const std::string& schema, const std::string& strata_schema);

  // By started_at. nullopt: there is no such table.
  Result<std::optional<std::vector<PrismaRow>>> read(PgSession& session) const;
  // Ordinary tables in the schema but Prisma's and PostGIS's own: where there are any, and no _prisma_migrations,
  // Prisma refuses to begin (P3005).
  Result<std::vector<std::string>> other_tables(PgSession& session) const;

  // Statements for a batch, which borrow from this. All but `create` are about one migration.
  Request create() const;
  Request begin(const std::string& name, const std::string& checksum) const;   // a row that is not finished
  Request finish(const std::string& name, const std::string& checksum) const;  // that row, finished
  Request note_failure(const std::string& name, const std::string& why) const;
  // One finished row, with the times of strata's own row for `id`, which the same transaction has claimed or finished.
  Request insert_applied(const std::string& name, const std::string& checksum, const std::string& id) const;
  // What `prisma migrate resolve --applied` adds: one finished row, without a step.
  Request mark_applied(const std::string& name, const std::string& checksum) const;
  Request give_up(const std::string& name) const;    // rows that are not finished count as rolled back
  Request take_back(const std::string& name) const;  // and finished ones as well: down.sql ran

 private:
  std::string schema_;  // as it is
  std::string table_;   // qualified and quoted
  std::string create_sql_, begin_sql_, finish_sql_, failure_sql_, insert_sql_, applied_sql_, give_up_sql_,
      take_back_sql_;
};

}  // namespace strata
