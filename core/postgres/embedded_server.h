// The embedded Postgres (`local:`): a private cluster made with the machine's own initdb, reachable through a unix
// socket only, started when it is needed and left running between commands.
//
//   STATE_FOLDER/pg/NAME/            0700, of the server's user: the wall, since pg_hba.conf says trust
//     data/                          made as data.new and renamed, so it is complete or absent
//     server.log, server.log.old     of this start and the one before
//     .s.PGSQL.5432                  the socket; where the path is too long, in /tmp/strata-HASH (0700) instead
//   STATE_FOLDER/pg/NAME.lock        one command at a time starts or stops
//
// Postgres refuses to run as root. Root's cluster therefore belongs to the user `postgres`, else `nobody`; one that
// exists is run as its owner. Where that user cannot get to STATE_FOLDER, pg/NAME is a symlink to /var/lib/strata/HASH.
#pragma once

#include "core/base/result.h"
#include "core/config/database_address.h"

#include <optional>
#include <string>

namespace strata {

struct EmbeddedStatus {
  bool exists = false;  // the cluster was made
  bool running = false;
  int pid = 0;                // of the postmaster
  std::string folder;         // the cluster's own folder, links resolved; empty when there is none
  std::string socket_folder;  // empty: not running
  std::string version;        // of the server's programs: "15.20"; empty: none found
};

class EmbeddedServer {
 public:
  // `state_folder` is the project's .strata; `name` comes from `local:NAME` ("default" for plain `local:`) and is
  // checked by find_database. Touches nothing.
  EmbeddedServer(std::string state_folder, std::string name);

  // Makes the cluster if there is none, starts it if it does not run, and returns `address` (what find_database said)
  // with the parameters to connect: host, port, user, dbname. A running server costs a look at two small files.
  // Safe against a second command doing the same at once, a stale postmaster.pid, a postmaster that crashed, an initdb
  // that was killed half way, and a project path too long for a unix socket (107 bytes). The server is in a session of
  // its own, without strata's descriptors and environment: Ctrl-C does not reach it.
  // Fails with bad_config (no server programs found, and which package has them; no unprivileged user), not_permitted
  // (another user's cluster or socket folder), lock_unavailable (another command holds the lock for two minutes),
  // io_failed, interrupted, or unreachable with the end of the server's own log when it is not up within 60 s.
  Result<DatabaseAddress> ensure_running(DatabaseAddress address = {});

  // Stops it (fast shutdown; immediate after 20 s). Not running is a success. Only ends the process that it has
  // started: the pid in postmaster.pid must be a postgres whose data folder is ours.
  Result<void> stop();

  EmbeddedStatus status() const;

 private:
  std::string state_folder_;
  std::string name_;
};

// The folder with initdb and postgres: STRATA_PG_BIN if set, else pg_config --bindir, else the newest
// /usr/lib/postgresql/*/bin, else PATH. nullopt: none found.
std::optional<std::string> find_server_programs();

}  // namespace strata
