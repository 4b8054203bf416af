// What somebody with the ledger's file and a sqlite3 prompt can do.
#pragma once

#include "tests/support/project.h"

#include <sqlite3.h>

#include <string>

namespace strata::test {

inline void tamper_with_ledger(const Project& project, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(project.ledger().c_str(), &database) == SQLITE_OK);
  char* message = nullptr;
  const int result = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message);
  INFO((message == nullptr ? "" : message));
  CHECK(result == SQLITE_OK);
  sqlite3_free(message);
  sqlite3_close(database);
}

// `sql` on the table `events` or `blobs`, whose trigger against `what` (update, delete) looks untouched afterwards.
inline void tamper_with(const Project& project, const std::string& table, const std::string& what,
                        const std::string& sql) {
  const auto name = table + "_no_" + what;
  auto upper = what;
  for (auto& c : upper) c = static_cast<char>(std::toupper(c));
  tamper_with_ledger(project, "DROP TRIGGER " + name + "; " + sql + "; CREATE TRIGGER " + name + " BEFORE " + upper +
                                  " ON " + table + " BEGIN SELECT RAISE(ABORT, '" + table + " are append-only'); END;");
}

}  // namespace strata::test
