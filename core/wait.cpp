#include "core/runner.h"

#include "core/base/counted.h"
#include "core/base/interrupt.h"
#include "core/run.h"

#include <algorithm>
#include <optional>

namespace strata {

Result<std::string> wait_for(const Site& site, const WaitFor& what) {
  const auto began = std::chrono::steady_clock::now();
  const History history(site.config.history_schema);
  std::string missing;
  std::string told;
  std::optional<PgSession> session;
  // "" when all is there; else what is missing.
  const auto ask = [&]() -> Result<std::string> {
    if (!session || session->is_broken()) {
      STRATA_TRY(session, connect_to_look(site, "wait"));
    }
    STRATA_TRY(const auto meta, history.read_meta(*session));
    if (!meta) return std::string("the database has no history yet");
    STRATA_TRY(const auto applied, history.read_applied(*session));
    if (what.catalog == nullptr) {
      STRATA_TRY(const auto versions, history.read_module_versions(*session));
      const auto version = versions.find(what.module);
      const auto parsed = version == versions.end() ? std::nullopt : parse_version(version->second);
      if (!parsed) return "module " + what.module + " has not been deployed";
      if (what.version && !what.version->contains(*parsed))
        return "module " + what.module + " is " + parsed->text() + ", wanted is " + what.version->text();
      for (const auto& [id, record] : applied) {
        if (id.module == what.module && record.state != MigrationState::applied)
          return id.text() + " is " + name_of(record.state);
      }
      return std::string();
    }
    std::size_t open = 0;
    std::string first;
    for (const auto& status : status_of(*what.catalog, applied)) {
      if (status.status == StatusOfMigration::applied || status.status == StatusOfMigration::unknown) continue;
      if (open++ == 0) first = status.id.text() + " is " + name_of(status.status);
    }
    return open == 0 ? std::string() : counted(open, "migration") + " not applied, the first: " + first;
  };
  for (;;) {
    auto answer = ask();
    if (answer && answer->empty())
      return std::string(what.catalog != nullptr ? "everything is applied" : "module " + what.module + " is applied");
    const bool may_pass =
        answer || answer.error().code == ErrorCode::unreachable || answer.error().code == ErrorCode::connection_lost;
    if (!may_pass) return fail(std::move(answer.error()));
    missing = answer ? *answer : answer.error().message;
    if (missing != told) site.say("waiting: " + missing);
    told = missing;
    const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    if (spent >= what.timeout) {
      return fail(ErrorCode::lock_unavailable, "gave up after " + human_duration(spent) + ": " + missing,
                  "strata deploy applies what is missing; --timeout waits longer");
    }
    STRATA_CHECK(interrupt::sleep(std::min(std::chrono::milliseconds(500), what.timeout - spent)));
  }
}

}  // namespace strata
