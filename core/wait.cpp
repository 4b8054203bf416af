#include "core/runner.h"

#include "core/base/counted.h"
#include "core/base/interrupt.h"
#include "core/run.h"

#include <algorithm>
#include <optional>

namespace strata {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// For one answer: these questions take milliseconds, and even --timeout 0 is one look.
constexpr milliseconds shortest_patience{2'000};
constexpr milliseconds longest_patience{10'000};
constexpr milliseconds longest_silence{60'000};

milliseconds since(SteadyClock::time_point began) {
  return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began);
}

// Where the server, or the secret, is only on its way, or somebody holds a lock on the history.
bool may_pass(const Error& error, const DatabaseAddress& address) {
  return error.code == ErrorCode::unreachable || error.code == ErrorCode::connection_lost ||
         error.code == ErrorCode::lock_unavailable || (error.sqlstate == "28P01" && address.from_file);
}

}  // namespace

Result<std::string> wait_for(const Site& site, const WaitFor& what) {
  const auto began = SteadyClock::now();
  const History history(site.config.history_schema);
  std::optional<PgSession> session;
  // "" when all is there; else what is missing.
  const auto ask = [&]() -> Result<std::string> {
    if (!session || session->is_broken()) {
      STRATA_TRY(session, connect_to_look(site, "wait", std::clamp(what.timeout, shortest_patience, longest_patience)));
      STRATA_CHECK(session->query("SET lock_timeout = '500ms'"));  // as long as the pause between two looks
    }
    STRATA_TRY(const auto meta, history.read_meta(*session));
    if (!meta) return std::string("the database has no history yet");
    STRATA_TRY(const auto applied, history.read_applied(*session));
    if (what.catalog == nullptr) {
      STRATA_TRY(const auto version, history.read_module_version(*session, what.module));
      const auto parsed = version ? parse_version(*version) : std::nullopt;
      if (!parsed) return "module " + what.module + " has not been deployed, or not all of it";
      if (what.version && !what.version->contains(*parsed))
        return "module " + what.module + " is " + parsed->text() + ", wanted is " + what.version->text();
      for (const auto& [id, record] : applied) {
        if (id.module != what.module || record.state == MigrationState::applied) continue;
        const auto its_version = parse_version(record.module_version);
        if (!its_version || *its_version <= *parsed) return id.text() + " is " + name_of(record.state);
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
  std::string told;
  milliseconds tell_again{0};  // from the beginning: what is told again and again is told less and less often
  for (;;) {
    auto answer = ask();
    if (answer && answer->empty())
      return std::string(what.catalog != nullptr ? "everything is applied" : "module " + what.module + " is applied");
    if (!answer && !may_pass(answer.error(), site.address)) return fail(std::move(answer.error()));
    if (!answer && answer.error().code == ErrorCode::lock_unavailable) {
      answer.error().message = "somebody holds a lock on the history's tables in schema " + site.config.history_schema;
      answer.error().next = "--timeout waits longer";
    }
    const auto missing = answer ? *answer : answer.error().message;
    const auto spent = since(began);
    if (spent >= what.timeout) {
      return fail(ErrorCode::lock_unavailable, "gave up after " + human_duration(spent) + ": " + missing,
                  answer ? "strata deploy applies what is missing; --timeout waits longer" : answer.error().next);
    }
    if (missing != told || spent >= tell_again) {
      site.say((told.empty() ? "waiting" : "waiting for " + human_duration(spent)) + ": " + missing);
      told = missing;
      tell_again = spent + std::clamp(spent, milliseconds(1'000), longest_silence);
    }
    STRATA_CHECK(interrupt::sleep(std::min(milliseconds(500), what.timeout - spent)));
  }
}

}  // namespace strata
