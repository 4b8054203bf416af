#include "core/postgres/observer.h"

#include "core/base/clock.h"
#include "core/base/escape.h"

namespace strata {

Observer::Observer(DatabaseAddress address, std::string application_name)
    : address_(std::move(address)), application_name_(std::move(application_name)) {}

PgSession* Observer::session() {
  if (session_ && session_->is_broken()) session_.reset();
  if (!session_ && !given_up_) {
    SessionOptions options;
    options.application_name = application_name_;
    options.connect_budget = std::chrono::milliseconds(0);
    options.patience = std::chrono::seconds(3);
    auto connected = PgSession::connect(address_, std::move(options));
    given_up_ = !connected;
    if (connected) session_ = std::make_unique<PgSession>(std::move(*connected));
  }
  return session_.get();
}

std::optional<std::string> Observer::blockers_of(int backend_pid) {
  auto* looking = session();
  if (looking == nullptr) return std::nullopt;
  const auto result = looking->query(
      "SELECT pid, usename, application_name, (extract(epoch FROM pg_catalog.clock_timestamp() - coalesce(xact_start, "
      "backend_start)) * "
      "1000)::bigint, state, query FROM pg_catalog.pg_stat_activity WHERE pid = ANY (pg_catalog.pg_blocking_pids(" +
      std::to_string(backend_pid) + ")) ORDER BY xact_start LIMIT 3");
  if (!result || result->rows() == 0) return std::nullopt;
  std::string text;
  for (std::size_t row = 0; row < result->rows(); ++row) {
    text += (row == 0 ? "" : "; ") + std::string("pid ") + result->text(row, 0) + ", user " +
            one_line(result->text(row, 1)) + ", application '" + one_line(result->text(row, 2)) + "', " +
            result->text(row, 4) + " for " + human_duration(std::chrono::milliseconds(result->number(row, 3))) +
            ", query: " + one_line(result->text(row, 5), 80);
  }
  return text;
}

std::optional<IndexProgress> Observer::index_progress(int backend_pid) {
  auto* looking = session();
  if (looking == nullptr) return std::nullopt;
  const auto result = looking->query(
      "SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total FROM "
      "pg_catalog.pg_stat_progress_create_index WHERE pid = " +
      std::to_string(backend_pid));
  if (!result || result->rows() == 0) return std::nullopt;
  IndexProgress progress{one_line(result->text(0, 0)), std::nullopt};
  for (const std::size_t column : {std::size_t{1}, std::size_t{3}}) {
    const auto total = result->number(0, column + 1);
    if (total > 0) progress.percent = static_cast<int>(100 * result->number(0, column) / total);
  }
  return progress;
}

}  // namespace strata
