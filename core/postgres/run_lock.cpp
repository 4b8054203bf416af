#include "core/postgres/run_lock.h"

#include "core/base/clock.h"
#include "core/base/escape.h"
#include "core/base/interrupt.h"

#include <cstdlib>
#include <random>

namespace strata {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds worth_telling{5'000};  // of a holder's silence: a run that lives is never idle for so long

Result<bool> call(PgSession& session, const char* function, std::int64_t key) {
  STRATA_TRY(const auto result,
             session.query("SELECT pg_catalog." + std::string(function) + "(" + std::to_string(key) + ")"));
  return result.text(0, 0) == "t";
}

// In a test build the lock can be shared, and then keeps nobody out: what is left is the claim of each migration.
bool is_shared() {
#ifdef STRATA_STOP_POINTS
  return std::getenv("STRATA_TEST_NO_LOCK") != nullptr;
#else
  return false;
#endif
}

Result<bool> try_lock(PgSession& session, std::int64_t key) {
  return call(session, is_shared() ? "pg_try_advisory_lock_shared" : "pg_try_advisory_lock", key);
}
Result<bool> unlock(PgSession& session, std::int64_t key) {
  return call(session, is_shared() ? "pg_advisory_unlock_shared" : "pg_advisory_unlock", key);
}

}  // namespace

Result<std::string> describe_lock_holder(PgSession& session, std::int64_t key) {
  const auto high = std::to_string(key >> 32);
  const auto low = std::to_string(key & 0xffffffff);
  STRATA_TRY(
      const auto result,
      session.query(
          "SELECT a.pid, a.usename, a.application_name, coalesce(a.client_addr::text, 'unix socket'), "
          "(extract(epoch FROM pg_catalog.clock_timestamp() - a.backend_start) * 1000)::bigint, "
          "(extract(epoch FROM pg_catalog.clock_timestamp() - a.query_start) * 1000)::bigint, a.state, "
          "(extract(epoch FROM pg_catalog.clock_timestamp() - a.state_change) * 1000)::bigint "
          "FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid "
          "WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.classid = " +
          high + " AND l.objid = " + low +
          " AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"));
  if (result.rows() == 0) return std::string();
  auto text = "pid " + result.text(0, 0) + ", user " + one_line(result.text(0, 1)) + ", application '" +
              one_line(result.text(0, 2)) + "', " + result.text(0, 3) + ", connected for " +
              human_duration(milliseconds(result.number(0, 4)));
  if (result.text(0, 6) == "active") {
    text += ", in a statement for " + human_duration(milliseconds(result.number(0, 5)));
  } else if (const milliseconds silent{result.number(0, 7)}; silent > worth_telling) {
    text += ", silent for " + human_duration(silent);  // the server waits for it, and hears nothing
  }
  return text;
}

Result<RunLock> RunLock::take(PgSession& session, milliseconds patience,
                              const std::function<void(const std::string&)>& on_waiting, std::int64_t key) {
  const auto began = SteadyClock::now();
  std::minstd_rand random(std::random_device{}());
  std::string told;
  std::string holder;
  for (int tries = 0;; ++tries) {
    STRATA_TRY(const bool taken, try_lock(session, key));
    if (taken) return RunLock(key);
    if (tries % 8 == 0) {
      STRATA_TRY(holder, describe_lock_holder(session, key));
      const bool is_silent = holder.find(", silent for") != std::string::npos;
      const auto who = holder.substr(0, holder.find(", connected for")) + (is_silent ? ", silent" : "");
      if (!holder.empty() && who != told && on_waiting) on_waiting(holder);
      told = who;
    }
    if (SteadyClock::now() - began >= patience) {
      return fail(ErrorCode::lock_unavailable,
                  std::string(key == prisma_lock_key ? "prisma migrate holds its" : "another run holds the") +
                      " lock of this database, after " + human_duration(patience) +
                      " of waiting still: " + (holder.empty() ? "it changes hands" : holder),
                  "wait for it and run the command again, or give --lock-wait more time");
    }
    // A fifth of a second on the average keeps fifty waiting runners cheap and still ends their wait soon.
    STRATA_CHECK(interrupt::sleep(milliseconds(50 + random() % 250)));
  }
}

Result<void> RunLock::release(PgSession& session) {
  STRATA_TRY(const bool held, unlock(session, key_));
  if (!held) {
    return fail(ErrorCode::bad_config, "the lock of this run was not held any more when it was given back",
                "a pooler in transaction mode does this: connect to Postgres directly");
  }
  return {};
}

Result<void> refuse_transaction_pooling(const DatabaseAddress& address, const std::string& application_name) {
  SessionOptions options;
  options.application_name = application_name;
  STRATA_TRY(auto second, PgSession::connect(address, std::move(options)));
  STRATA_TRY(const bool taken, try_lock(second, run_lock_key));
  if (!taken) return {};
  STRATA_CHECK(unlock(second, run_lock_key));
  return fail(ErrorCode::bad_config,
              address.described() + " is a pooler in transaction mode: two sessions could hold strata's lock at once",
              "give strata the direct address of Postgres (its own port, usually 5432, or a session-mode pool)");
}

}  // namespace strata
