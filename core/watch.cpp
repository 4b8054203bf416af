#include "core/watch.h"

#include <chrono>
#include <utility>

namespace strata {

Watch::Watch(const Site& site, const StepWatcher& outer) : observer_(site.address, "strata observer"), watcher_(outer) {
  watcher_.blockers = [this] { return std::exchange(blockers_, {}); };
}

void Watch::attach(PgSession& session) {
  session.set_while_waiting([this, pid = session.facts().backend_pid](std::chrono::milliseconds elapsed) {
    if (elapsed < std::chrono::milliseconds(1'000)) return;
    if (auto found = observer_.blockers_of(pid)) blockers_ = std::move(*found);
    watcher_.on_waiting(elapsed, observer_.index_progress(pid), blockers_);
  });
}

}  // namespace strata
