// A second connection that only looks, and holds nothing: who blocks a statement, how far an index build is.
#pragma once

#include "core/postgres/pg_session.h"

#include <memory>
#include <optional>
#include <string>

namespace strata {

struct IndexProgress {
  std::string phase;           // pg_stat_progress_create_index: "building index: scanning table"
  std::optional<int> percent;  // of blocks or tuples of the phase, where the server tells
};

class Observer {
 public:
  Observer(DatabaseAddress address, std::string application_name);

  // Connects on first use; where that fails once, it stays silent: looking is never worth an error.
  std::optional<std::string> blockers_of(int backend_pid);  // "pid 123, user app, application 'web', 12 s, query: …"
  std::optional<IndexProgress> index_progress(int backend_pid);

 private:
  PgSession* session();

  DatabaseAddress address_;
  std::string application_name_;
  std::unique_ptr<PgSession> session_;
  bool given_up_ = false;
};

}  // namespace strata
