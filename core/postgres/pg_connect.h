// One attempt to connect: libpq's connection with strata's defaults, and what a failure means. For this room alone.
#pragma once

#include "core/base/result.h"
#include "core/config/database_address.h"

#include <chrono>
#include <memory>
#include <string>

struct pg_conn;

namespace strata {

struct CloseConnection {
  void operator()(pg_conn* held) const;
};
using PgHandle = std::unique_ptr<pg_conn, CloseConnection>;

// libpq resolves the host's name anew each time, as a failover needs. The connection is non-blocking. Fails with
// unreachable, not_permitted (login), bad_config (no such database, parameters, a certificate that proves nothing),
// interrupted.
Result<PgHandle> connect_once(const DatabaseAddress& address, const std::string& application_name,
                              std::chrono::milliseconds patience);

// Where a connection leads, for another one to the very same server: not to what its name means by now.
DatabaseAddress same_server(DatabaseAddress address, const pg_conn* connection);

// Whether nobody is there, or nobody answers; any other failure comes from a server that lives.
bool is_silence(const Error& error);

}  // namespace strata
