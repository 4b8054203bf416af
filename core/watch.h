// While a statement runs: who blocks it, and how far an index build is. Looks through a second connection that holds
// nothing, and only once a statement has taken longer than a second.
#pragma once

#include "core/execute/executor.h"
#include "core/postgres/observer.h"
#include "core/postgres/pg_session.h"
#include "core/runner.h"

#include <string>

namespace strata {

class Watch {
 public:
  Watch(const Site& site, const StepWatcher& outer);
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // From now on `session` is watched, which must not outlive this.
  void attach(PgSession& session);
  const StepWatcher& watcher() const { return watcher_; }

 private:
  Observer observer_;
  StepWatcher watcher_;
  std::string blockers_;
};

}  // namespace strata
