// One runner at a time for a database: a session advisory lock on the very session that does the work, so that it
// cannot be taken before the old backend is really gone. Where Prisma's table is kept as well, Prisma's lock is held
// too.
#pragma once

#include "core/base/result.h"
#include "core/postgres/pg_session.h"

#include <chrono>
#include <functional>
#include <string>

namespace strata {

// "strata" in ASCII. Every version of strata takes this key: never change it.
inline constexpr std::int64_t run_lock_key = 0x737472617461;
inline constexpr std::int64_t prisma_lock_key = 72707369;  // of `prisma migrate`, since its version 2

class RunLock {
 public:
  // Takes the lock by polling with jitter, outside any transaction: a session that blocked in the lock would hold a
  // snapshot and deadlock with CREATE INDEX CONCURRENTLY. `on_waiting` is told who holds it (pid, user, application,
  // address, since when), at once and whenever that changes. Fails with lock_unavailable after `patience`, interrupted,
  // connection_lost; with bad_config when a pooler hands out another backend for each transaction.
  static Result<RunLock> take(PgSession& session, std::chrono::milliseconds patience,
                              const std::function<void(const std::string&)>& on_waiting,
                              std::int64_t key = run_lock_key);

  // Unlocks and checks that the lock was still held: bug or bad_config (a pooler) if it was not.
  Result<void> release(PgSession& session);

 private:
  explicit RunLock(std::int64_t key) : key_(key) {}
  std::int64_t key_;
};

// Asks from a second connection whether the lock is really held by `session`: behind transaction pooling it is not.
Result<void> refuse_transaction_pooling(const DatabaseAddress& address, const std::string& application_name);

// Who holds the lock, in words, or "" where nobody does.
Result<std::string> describe_lock_holder(PgSession& session, std::int64_t key = run_lock_key);

}  // namespace strata
