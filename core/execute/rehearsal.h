// Runs texts on a database that is thrown away afterwards, as the executor runs them, but without a record of it.
#pragma once

#include "core/base/result.h"
#include "core/execute/executor.h"
#include "core/postgres/pg_session.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

struct RehearsedText {
  std::string path;  // for errors
  std::string_view sql;
  std::size_t first = 0;              // statements from here …
  std::optional<std::size_t> last{};  // … up to here; nullopt: to the end
};

// In one transaction where the text can be, and all of it is wanted; else statement by statement. Fails with sql_failed
// (file, line, column, statement, as deploy tells it), bad_migration, connection_lost, interrupted.
Result<void> rehearse(PgSession& session, const RehearsedText& text, const ExecuteOptions& options);

}  // namespace strata
