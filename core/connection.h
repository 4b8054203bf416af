// How commands get to their database: the one session of a run, which holds the lock, and sessions that only look.
#pragma once

#include "core/base/result.h"
#include "core/postgres/pg_session.h"
#include "core/postgres/run_lock.h"
#include "core/runner.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace strata {

// The one session of a run: it holds the lock and does the work. What runs on it borrows it; after a broken connection
// it is opened anew in place.
class Connection {
 public:
  // Waits for the server up to `budget`, and for the lock up to the site's lock_wait.
  static Result<Connection> open(const Site& site, const std::string& command, const std::string& run,
                                 std::chrono::milliseconds budget);

  PgSession& session() { return session_; }
  Result<void> release() { return lock_.release(session_); }

 private:
  Connection(PgSession session, RunLock lock) : session_(std::move(session)), lock_(lock) {}
  PgSession session_;
  RunLock lock_;
};

// Said once for each command: the server is newer than any that the tests have seen.
void warn_of_newer_server(const Site& site, const SessionFacts& facts);

// A session without the lock, for those who only read. `patience` is for each answer; none: as long as it takes.
Result<PgSession> connect_to_look(const Site& site, const std::string& command,
                                  std::optional<std::chrono::milliseconds> patience = std::nullopt);

}  // namespace strata
