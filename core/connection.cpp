#include "core/connection.h"

#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/base/stop_point.h"
#include "core/base/uuid.h"
#include "core/origin.h"
#include "core/postgres/server_version.h"

#include <algorithm>

namespace strata {

namespace {

using std::chrono::milliseconds;

std::string application_name(const std::string& command, const std::string& run) {
  const auto origin = find_origin();
  return ("strata " + command + " " + run.substr(0, 8) + " " + origin.os_user + "@" + origin.host).substr(0, 63);
}

Result<void> refuse_read_only(const Site& site, const SessionFacts& facts) {
  if (facts.in_recovery) {
    return fail(ErrorCode::unreachable, site.address.described() + " is a standby: it cannot be migrated",
                "name the primary; while a failover is under way, run it again");
  }
  if (facts.read_only) {
    return fail(ErrorCode::bad_config,
                site.address.described() + " is read-only for this role (default_transaction_read_only)",
                "ALTER ROLE … SET default_transaction_read_only = off, or use another role");
  }
  if (facts.superuser && site.config.refuse_superuser) {
    return fail(ErrorCode::not_permitted,
                facts.user + " is a superuser, which [deploy] refuse_superuser refuses: a migration could do anything",
                "use a role that owns the schemas and no more");
  }
  if (facts.encoding == "SQL_ASCII" && !site.allow_sql_ascii) {
    return fail(ErrorCode::bad_config, site.address.described() + " has the encoding SQL_ASCII, which checks nothing",
                "use a database with encoding UTF8; --allow-sql-ascii goes on all the same");
  }
  return {};
}

// A standby may be about to be promoted: for that it is given as much time as for being reached at all.
Result<PgSession> connect_to_primary(const Site& site, const std::string& name, milliseconds budget) {
  const auto began = std::chrono::steady_clock::now();
  auto left = budget;
  for (milliseconds pause{250};; pause = std::min(pause * 2, milliseconds(5'000))) {
    SessionOptions options;
    options.application_name = name;
    options.connect_budget = left;
    options.on_notice = site.on_notice;
    options.on_retry = [&site](const std::string& why) { site.say(why + "; trying again"); };
    STRATA_TRY(auto session, PgSession::connect(site.address, std::move(options)));
    STRATA_STOP_POINT("connected");
    auto writable = refuse_read_only(site, session.facts());
    if (writable) return session;
    const auto spent = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - began);
    left = budget - spent - pause;
    if (writable.error().code != ErrorCode::unreachable || left.count() <= 0) return fail(std::move(writable.error()));
    site.say(writable.error().message + "; trying again");
    STRATA_CHECK(interrupt::sleep(pause));
  }
}

}  // namespace

void warn_of_newer_server(const Site& site, const SessionFacts& facts) {
  if (support_of(facts.server_version) != ServerSupport::newer) return;
  site.say("Postgres " + one_line(facts.server_version_text) + " is newer than any that this strata was tested with (" +
           std::to_string(newest_tested_postgres) + ")");
}

Result<PgSession> connect_to_look(const Site& site, const std::string& command, std::optional<milliseconds> patience) {
  SessionOptions options;
  options.patience = patience;
  options.application_name = application_name(command, make_uuid());
  options.connect_budget = site.connect_budget;
  options.on_retry = [&site](const std::string& why) { site.say(why + "; trying again"); };
  STRATA_TRY(auto session, PgSession::connect(site.address, std::move(options)));
  warn_of_newer_server(site, session.facts());
  return session;
}

Result<Connection> Connection::open(const Site& site, const std::string& command, const std::string& run,
                                    milliseconds budget) {
  const auto name = application_name(command, run);
  STRATA_TRY(auto session, connect_to_primary(site, name, budget));
  STRATA_TRY(auto lock, RunLock::take(session, site.lock_wait, [&site](const std::string& holder) {
               site.say("waiting for another run of strata: " + holder);
             }));
  STRATA_STOP_POINT("locked");
  if (session.facts().pooled) {
    STRATA_CHECK(refuse_transaction_pooling(site.address, name));
    site.say("connected through a pooler in session mode");
  }
  return Connection(std::move(session), lock);
}

}  // namespace strata
