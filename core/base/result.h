// How strata says that something went wrong: a value, never an exception across rooms.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace strata {

// Programs decide on this and on nothing else. Each belongs to one exit code (exit_code_of).
enum class ErrorCode {
  usage,              // 64: the command line does not make sense
  bad_config,         // 78: strata.toml, environment, no database named
  bad_module,         // 65: a module, bundle or plugin that cannot be read as one, or does not fit the others
  bad_migration,      // 65: the text of a migration is refused
  bad_ledger,         // 65: the ledger cannot be read, or is damaged
  bad_plan,           // 65: a plan file that cannot be read as one, or was changed
  plan_moved,         // 65: the migrations, the modules or the state are not those that a plan file was made of
  ledger_mismatch,    // 65: the ledger belongs to another database
  history_damaged,    // 65: the history in Postgres contradicts itself or the ledger
  history_newer,      // 65: written by a newer strata
  changed_migration,  // 65: an applied migration's statements are different now
  unknown_migration,  // 65: the database has a migration that the catalog lacks, or an id names none
  out_of_order,       // 65: older than one that is applied in its module
  refused,            // 65: the request itself is refused; nothing was changed
  stale,              // 2: the offline state is older than was allowed
  difference,         // 2: with --exit-code: something is pending
  sql_failed,         // 1: Postgres refused a statement of a migration; rolled back
  needs_person,       // 3: half done without a transaction, or the database lost what the ledger knows
  unreachable,        // 69: no connection within the budget
  connection_lost,    // 69: the connection broke while strata worked
  outcome_unknown,    // 69: COMMIT was sent and its answer never came; the next run finds out. With a signal: 128 + it
  bug,                // 70
  ledger_behind,      // 74: the database is done, the ledger is not; safe to repeat
  lock_unavailable,   // 75: gave up waiting for a lock
  already_claimed,    // internal: another runner has claimed this migration; re-read and go on
  not_permitted,      // 77: role, plugin policy
  interrupted,        // 128 + signal
  io_failed,          // 65: a file could not be read or written
};

// A place in a text: lines and columns count from 1, columns in characters (code points). line 0: no place.
struct SourceLocation {
  std::string file;
  int line = 0;
  int column = 0;
};

struct Error {
  ErrorCode code = ErrorCode::bug;
  std::string message;   // people read this: what happened, to what; may have several lines
  std::string next;      // what to type or do next; may be empty
  std::string sqlstate;  // as Postgres gave it, else empty
  SourceLocation where;  // where in a file, if anywhere
  std::string subject;   // the full id of the migration in hand, if any
  int signal = 0;        // interrupted, and outcome_unknown where a signal ended the wait: the signal's number
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string next = {}) {
  return fail(Error{.code = code, .message = std::move(message), .next = std::move(next)});
}

// The process's exit code for an error; the table is design 4.2.
int exit_code_of(const Error& error);
// What `prisma migrate` would call it (https://www.prisma.io/docs/orm/reference/error-reference); empty: it
// has no name for it, or `error` carries its code already.
std::string prisma_code_of(const Error& error);
// A stable name for programs that read JSON: "sql_failed", "lock_unavailable", ...
const char* name_of(ErrorCode code);
std::optional<ErrorCode> error_code_of(std::string_view name);

#define STRATA_CONCAT_INNER(a, b) a##b
#define STRATA_CONCAT(a, b) STRATA_CONCAT_INNER(a, b)
// STRATA_TRY(const auto x, f()): declares x from the value, or returns the error. STRATA_CHECK(f()): value unused.
#define STRATA_TRY(declaration, expression)                                         \
  auto STRATA_CONCAT(strata_try_, __LINE__) = (expression);                         \
  if (!STRATA_CONCAT(strata_try_, __LINE__))                                        \
    return ::strata::fail(std::move(STRATA_CONCAT(strata_try_, __LINE__).error())); \
  declaration = std::move(*STRATA_CONCAT(strata_try_, __LINE__))
#define STRATA_CHECK(expression)                                                                             \
  do {                                                                                                       \
    if (auto STRATA_CONCAT(strata_check_, __LINE__) = (expression); !STRATA_CONCAT(strata_check_, __LINE__)) \
      return ::strata::fail(std::move(STRATA_CONCAT(strata_check_, __LINE__).error()));                      \
  } while (false)

}  // namespace strata
