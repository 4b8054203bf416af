#include "core/postgres/pg_session.h"

#include "core/base/clock.h"
#include "core/base/escape.h"
#include "core/base/interrupt.h"
#include "core/postgres/pg_connect.h"
#include "core/postgres/server_version.h"
#include "core/sql/quote.h"

#include <libpq-fe.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <charconv>
#include <future>
#include <random>
#include <system_error>
#include <thread>

namespace strata {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr milliseconds one_attempt{10'000};    // reliability facts 1.7: connect_timeout
constexpr milliseconds shortest_attempt{100};  // with less time left another one would only hide why the last failed
// From a signal on: half of Kubernetes' default grace period, and then what tidies up has its turn.
constexpr milliseconds answer_to_cancel{15'000};
constexpr milliseconds tidied_up{18'000};
constexpr milliseconds last_chance{1'000};  // for a statement that could not be cancelled to end by itself
constexpr milliseconds look_around{500};
constexpr milliseconds short_deadline{15'000};  // for the set-up of a session, which never takes long
constexpr milliseconds silence{5'000};          // then the server is asked whether it still works on what it was sent
constexpr milliseconds second_look{1'000};      // … and once more, since the answer may be on its way
// Whatever lies between (a sidecar, a tunnel) may take all at once and pass it on slowly.
constexpr milliseconds on_its_way{25'000};   // as tcp_user_timeout
constexpr std::size_t slowest_upload = 32;   // bytes in a millisecond
constexpr std::size_t most_notices = 100;    // for one batch: a loop may raise millions

struct FreeResult {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultHandle = std::unique_ptr<PGresult, FreeResult>;

std::string settings_sql(int server_version) {
  std::vector<std::pair<const char*, const char*>> settings = {
      {"search_path", ""},
      {"standard_conforming_strings", "on"},
      {"client_min_messages", "notice"},
      {"lock_timeout", "3s"},
      {"statement_timeout", "0"},
      {"idle_in_transaction_session_timeout", "30s"},
      {"row_security", "off"},
      {"bytea_output", "hex"},
      {"DateStyle", "ISO, YMD"},
      {"TimeZone", "UTC"},
      {"default_transaction_isolation", "read committed"},
      {"default_transaction_deferrable", "off"},
  };
  settings.insert(settings.end(), server_keepalives.begin(), server_keepalives.end());
  if (server_version >= 140000) {
    settings.emplace_back("client_connection_check_interval", "1s");
    settings.emplace_back("idle_session_timeout", "0");
  }
  if (server_version >= 170000) settings.emplace_back("transaction_timeout", "0");
  std::string sql = "SELECT ";
  for (const auto& [name, value] : settings) {
    sql += (sql.size() == 7 ? "" : ", ") + std::string("pg_catalog.set_config('") + name + "', '" + value + "', false)";
  }
  return sql;
}

constexpr const char* facts_sql =
    "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('server_version'), current_user, "
    "pg_catalog.current_database(), (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
    "pg_catalog.current_database()), "
    "CASE WHEN pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE') "
    "THEN (SELECT system_identifier::text FROM pg_catalog.pg_control_system()) END, "
    "pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only'), "
    "pg_catalog.current_setting('synchronous_commit'), pg_catalog.current_setting('server_encoding'), "
    "pg_catalog.current_setting('is_superuser')";

}  // namespace

struct PgSession::Impl {
  PgHandle connection;
  DatabaseAddress address;
  SessionOptions options;
  SessionFacts facts;
  std::size_t notices = 0;
  SteadyClock::time_point ask_at{};  // when the silence has lasted too long
  int bad_answers = 0;               // in a row
  std::size_t request_bytes = 0;     // of what was sent last
  SteadyClock::time_point rest_arrives_by{};
  bool committing = false;  // all answers but COMMIT's have come
  bool lost = false;
  SteadyClock::time_point hang_up_at = SteadyClock::time_point::max();
  bool signal_answered = false;  // a signal cancels one statement; what tidies up after it must not be cancelled

  static void receive_notice(void* self, const PGresult* result) {
    auto& impl = *static_cast<Impl*>(self);
    if (++impl.notices > most_notices + 1 || !impl.options.on_notice) return;
    auto message = message_of(result);
    if (impl.notices > most_notices) {
      message = {};
      message.severity = "WARNING";
      message.message = "more than " + std::to_string(most_notices) + " messages at once: the others are not shown";
    }
    impl.options.on_notice(message);
  }

  tl::unexpected<Error> broken() {
    lost = true;
    return fail(ErrorCode::connection_lost,
                "the connection to Postgres broke: " + one_line(PQerrorMessage(connection.get()), 300));
  }

  // Waits until the socket can be read, flushing what is unsent. `cancelled` remembers that a signal came while this
  // was under way.
  Result<void> wait(SteadyClock::time_point began, bool& cancelled, std::optional<SteadyClock::time_point> deadline) {
    const int unsent = PQflush(connection.get());
    if (unsent < 0) return broken();
    pollfd waiting[2] = {{PQsocket(connection.get()), static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0},
                         {interrupt::fd(), POLLIN, 0}};
    const bool watch_signal = interrupt::fd() >= 0 && !signal_answered;
    auto patience = look_around;
    if (deadline)
      patience = std::clamp(std::chrono::duration_cast<milliseconds>(*deadline - SteadyClock::now()), milliseconds(0),
                            look_around);
    const int ready = poll(waiting, watch_signal ? 2 : 1, static_cast<int>(patience.count()));
    const auto now = SteadyClock::now();
    const auto signal_at = interrupt::since();
    if (watch_signal && signal_at) {
      signal_answered = true;
      cancelled = true;
      // What is to be answered within a deadline only looks: to hang up undoes it as well, and sooner.
      if (deadline) return stop();
      const auto cancellation = committing ? Cancellation::delivered : cancel(*signal_at + answer_to_cancel);
      if (cancellation == Cancellation::under_way) return stop();
      if (cancellation == Cancellation::failed) hang_up_at = SteadyClock::now() + last_chance;
    }
    if (signal_at && now > (cancelled ? std::min(hang_up_at, *signal_at + answer_to_cancel) : *signal_at + tidied_up))
      return stop();
    if (deadline && now > *deadline) {
      give_up();
      return fail(
          ErrorCode::connection_lost,
          "Postgres did not answer in " + human_duration(std::chrono::duration_cast<milliseconds>(now - began)));
    }
    if (ready == 0 && options.while_waiting && !signal_at)
      options.while_waiting(std::chrono::duration_cast<milliseconds>(now - began));
    if (ready > 0 && (waiting[0].revents & ~POLLOUT) != 0) {
      if (PQconsumeInput(connection.get()) == 0) return broken();
      listen_from(SteadyClock::now());
    }
    if (!deadline && !signal_at && now > ask_at) return ask_about_silence();
    return {};
  }

  // Closes the connection, so that the server learns of it and does not keep the lock for a session that nobody listens
  // to.
  void give_up() {
    lost = true;
    connection.reset();
  }

  tl::unexpected<Error> stop() {
    give_up();
    return fail(interrupt::error());
  }

  void listen_from(SteadyClock::time_point now) {
    ask_at = now + silence;
    rest_arrives_by = now + on_its_way + milliseconds(request_bytes / slowest_upload);
    bad_answers = 0;
  }

  // A send that failed and left the socket open, an answer that got lost, a server that went without a farewell: on our
  // socket these look like a statement that takes its time.
  Result<void> ask_about_silence() {
    const auto answer = is_at_work();
    bad_answers = answer && *answer ? 0 : bad_answers + 1;
    ask_at = SteadyClock::now() + (answer && !*answer ? second_look : silence);
    if (bad_answers < 2) return {};
    give_up();
    return fail(ErrorCode::connection_lost, answer ? "the connection to Postgres broke: the server works on nothing of "
                                                     "this session any more, and no answer came"
                                                   : "the connection to Postgres broke: " + answer.error().message);
  }

  // Whether the server still works on what this session has sent, as a second connection sees it. An error: it is
  // silent there too.
  Result<bool> is_at_work() const {
    Impl second;
    auto connected = connect_once(same_server(address, connection.get()), "strata asks", silence);
    if (!connected) return is_silence(connected.error()) ? Result<bool>(fail(connected.error())) : Result<bool>(true);
    second.connection = std::move(*connected);
    const auto seen = second.simple(
        "SELECT coalesce(state, ''), coalesce(wait_event, '') FROM pg_catalog.pg_stat_activity WHERE pid = " +
            std::to_string(facts.backend_pid),
        {}, SteadyClock::now() + silence);
    if (!seen) return seen.error().code == ErrorCode::interrupted ? Result<bool>(true) : fail(seen.error());
    if (seen->refused) return true;
    const auto& rows = seen->results.back();
    if (rows.rows() == 0 || rows.text(0, 0).substr(0, 4) == "idle") return false;
    // Active is also who waits for the rest of a pipeline, or of COPY data: in vain, where all of it has gone and has
    // had its time to arrive.
    return rows.text(0, 1) != "ClientRead" || !is_all_sent() || SteadyClock::now() < rest_arrives_by;
  }

  // Neither libpq nor the kernel has anything left that the other end did not take.
  bool is_all_sent() const {
    int queued = 0;
    return PQflush(connection.get()) == 0 && ioctl(PQsocket(connection.get()), SIOCOUTQ, &queued) == 0 && queued == 0;
  }

  // What has become of a request to cancel. libpq's call ends when the server hangs up, which may be never: it is left
  // alone in a thread of its own. While it is under way nothing new may be sent, which it could hit.
  enum class Cancellation { delivered, failed, under_way };
  Cancellation cancel(SteadyClock::time_point until) const {
    const std::shared_ptr<PGcancel> handle(PQgetCancel(connection.get()), [](PGcancel* held) { PQfreeCancel(held); });
    if (!handle) return Cancellation::failed;
    auto delivery = std::make_shared<std::promise<bool>>();
    auto delivered = delivery->get_future();
    try {
      std::thread([handle, delivery] {
        char ignored[256];
        delivery->set_value(PQcancel(handle.get(), ignored, sizeof ignored) == 1);
      }).detach();
    } catch (const std::system_error&) {
      return Cancellation::failed;  // no thread to be had
    }
    if (delivered.wait_until(until) != std::future_status::ready) return Cancellation::under_way;
    return delivered.get() ? Cancellation::delivered : Cancellation::failed;
  }

  // The next result of what was sent; null: no more for this request.
  Result<ResultHandle> next_result(SteadyClock::time_point began, bool& cancelled,
                                   std::optional<SteadyClock::time_point> deadline) {
    while (PQisBusy(connection.get()) == 1) STRATA_CHECK(wait(began, cancelled, deadline));
    return ResultHandle(PQgetResult(connection.get()));
  }

  // libpq keeps all rows of a result until the last has come, which may be more than there is memory for. It is told
  // anew for each request, once that is the one whose answer comes next.
  void take_rows_one_by_one() { PQsetSingleRowMode(connection.get()); }

  // What libpq itself reports as a "fatal error" result without SQLSTATE is a broken connection. So is the server's own
  // farewell (57P01 to 57P03, 08…): it closes the connection after it.
  bool means_lost(const PGresult* result) {
    const auto sqlstate = field(result, PG_DIAG_SQLSTATE);
    return PQstatus(connection.get()) == CONNECTION_BAD || sqlstate.empty() || sqlstate.substr(0, 2) == "08" ||
           sqlstate == "57P01" || sqlstate == "57P02" || sqlstate == "57P03" || sqlstate == "57P05" ||
           sqlstate == "25P03";
  }

  tl::unexpected<Error> lost_by(const PGresult* result) {
    lost = true;
    const auto message = field(result, PG_DIAG_MESSAGE_PRIMARY);
    auto error = Error{.code = ErrorCode::connection_lost,
                       .message = "the connection to Postgres broke: " +
                                  one_line(message.empty() ? PQerrorMessage(connection.get()) : message, 300),
                       .sqlstate = field(result, PG_DIAG_SQLSTATE)};
    return fail(std::move(error));
  }

  static QueryResult copy_of(const PGresult* result) {
    QueryResult copy;
    copy.tag_ = PQcmdStatus(const_cast<PGresult*>(result));
    const int columns = PQnfields(result);
    copy.rows_.resize(static_cast<std::size_t>(PQntuples(result)));
    for (int row = 0; row < PQntuples(result); ++row) {
      auto& values = copy.rows_[static_cast<std::size_t>(row)];
      values.reserve(static_cast<std::size_t>(columns));
      for (int column = 0; column < columns; ++column) {
        values.emplace_back(
            PQgetisnull(result, row, column) == 1,
            std::string(PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))));
      }
    }
    return copy;
  }

  // One simple Query message, with COPY data where it asks for some.
  Result<BatchOutcome> simple(const std::string& sql, std::optional<std::string_view> copy_data,
                              std::optional<SteadyClock::time_point> deadline, bool without_rows = false) {
    BatchOutcome outcome;
    notices = 0;
    committing = false;
    request_bytes = sql.size() + copy_data.value_or(std::string_view()).size();
    if (PQsendQuery(connection.get(), sql.c_str()) == 0) return broken();
    if (without_rows) take_rows_one_by_one();
    const auto began = SteadyClock::now();
    listen_from(began);
    if (!deadline && options.patience) deadline = began + *options.patience;
    bool cancelled = false;
    std::optional<ServerMessage> refused;
    for (;;) {
      STRATA_TRY(const auto result, next_result(began, cancelled, deadline));
      if (!result) break;
      switch (PQresultStatus(result.get())) {
        case PGRES_COPY_IN:
          STRATA_CHECK(send_copy(copy_data, began, cancelled));
          break;
        case PGRES_COPY_OUT: {
          // Nobody reads what a migration copies to STDOUT; it only has to be taken off the wire.
          char* row = nullptr;
          int size = 0;
          while ((size = PQgetCopyData(connection.get(), &row, 1)) >= 0) {
            if (size > 0) PQfreemem(row);
            if (size == 0) STRATA_CHECK(wait(began, cancelled, deadline));
          }
          break;
        }
        case PGRES_SINGLE_TUPLE:
          break;
        case PGRES_FATAL_ERROR:
          if (means_lost(result.get())) return lost_by(result.get());
          refused = message_of(result.get());
          break;
        default:
          outcome.results.push_back(copy_of(result.get()));
      }
    }
    outcome.refused = std::move(refused);
    return outcome;
  }

  Result<void> send_copy(std::optional<std::string_view> data, SteadyClock::time_point began, bool& cancelled) {
    constexpr std::size_t piece = 1u << 16;
    auto rest = data.value_or(std::string_view());
    while (!rest.empty()) {
      const auto part = rest.substr(0, piece);
      const int sent = PQputCopyData(connection.get(), part.data(), static_cast<int>(part.size()));
      if (sent < 0) return broken();
      if (sent == 0) STRATA_CHECK(wait(began, cancelled, {}));
      if (sent > 0) rest.remove_prefix(part.size());
    }
    int ended = 0;
    while ((ended = PQputCopyEnd(connection.get(), data ? nullptr : "the file has no data for this COPY")) == 0) {
      STRATA_CHECK(wait(began, cancelled, {}));
    }
    if (ended < 0) return broken();
    return {};
  }

  // Settings and facts in one round trip.
  Result<void> set_up(SteadyClock::time_point deadline) {
    const int version = PQserverVersion(connection.get());
    if (support_of(version) == ServerSupport::too_old) {
      return fail(ErrorCode::bad_config, address.described() + " runs Postgres " + std::to_string(version / 10000) +
                                             "; strata needs 12 or newer");
    }
    STRATA_TRY(auto outcome, simple(settings_sql(version) + ";" + facts_sql, {}, deadline));
    if (outcome.refused) return fail(to_error(*outcome.refused));
    const auto& row = outcome.results.back();
    facts.backend_pid = static_cast<int>(row.number(0, 0));
    facts.server_version = version;
    facts.server_version_text = row.text(0, 1);
    facts.user = row.text(0, 2);
    facts.database = row.text(0, 3);
    facts.database_oid = row.number(0, 4);
    facts.system_identifier = row.text(0, 5);
    facts.in_recovery = row.text(0, 6) == "t";
    facts.read_only = row.text(0, 7) == "on";
    facts.synchronous_commit = row.text(0, 8) == "off" ? "on" : row.text(0, 8);
    facts.encoding = row.text(0, 9);
    facts.superuser = row.text(0, 10) == "on";
    facts.encrypted = PQsslInUse(connection.get()) == 1;
    const std::string_view at = PQhostaddr(connection.get());
    facts.remote = !at.empty() && !at.starts_with("127.") && at != "::1";
    // A pooler hands out its own process id when the client connects, not the backend's.
    facts.pooled = PQbackendPID(connection.get()) != facts.backend_pid;
    return {};
  }

  // Requests [from, to) as one pipeline; appends to `outcome`.
  Result<void> pipeline(const std::vector<Request>& requests, std::size_t from, std::size_t to, BatchOutcome& outcome) {
    if (PQenterPipelineMode(connection.get()) == 0) return broken();
    const bool commits = requests[to - 1].sql == "COMMIT";
    request_bytes = 0;
    for (std::size_t i = from; i < to; ++i) {
      request_bytes += requests[i].sql.size();
      for (const auto& value : requests[i].parameters) request_bytes += value ? value->size() : 0;
      // All answers before COMMIT's are wanted at once: whoever has them knows that the COMMIT is in flight.
      if (commits && i + 1 == to && PQsendFlushRequest(connection.get()) == 0) return broken();
      std::vector<const char*> values;
      for (const auto& value : requests[i].parameters) values.push_back(value ? value->c_str() : nullptr);
      const std::string sql(requests[i].sql);
      if (PQsendQueryParams(connection.get(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                            nullptr, nullptr, 0) == 0) {
        return broken();
      }
    }
    if (PQpipelineSync(connection.get()) == 0) return broken();
    const auto began = SteadyClock::now();
    listen_from(began);
    std::optional<SteadyClock::time_point> deadline;
    if (options.patience) deadline = began + *options.patience;
    bool cancelled = false;
    const auto before = outcome.results.size();
    auto answered = from;
    if (requests[answered].without_rows) take_rows_one_by_one();
    for (bool synced = false; !synced;) {
      committing = commits && !outcome.refused && outcome.results.size() - before + 1 >= to - from;
      STRATA_TRY(const auto result, next_result(began, cancelled, deadline));
      if (!result) {  // the end of one request's results
        if (++answered < to && requests[answered].without_rows) take_rows_one_by_one();
        continue;
      }
      switch (PQresultStatus(result.get())) {
        case PGRES_PIPELINE_SYNC:
          synced = true;
          break;
        case PGRES_PIPELINE_ABORTED:
        case PGRES_SINGLE_TUPLE:
          break;
        case PGRES_COPY_IN:
        case PGRES_COPY_OUT:
        case PGRES_COPY_BOTH:
          return broken();  // a pipeline never ends behind it: only a new session helps
        case PGRES_FATAL_ERROR:
          if (means_lost(result.get())) return lost_by(result.get());
          if (!outcome.refused) outcome.refused = message_of(result.get());
          break;
        default:
          if (!outcome.refused) outcome.results.push_back(copy_of(result.get()));
      }
    }
    if (PQexitPipelineMode(connection.get()) == 0) return broken();
    return {};
  }
};

PgSession::PgSession(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PgSession::PgSession(PgSession&&) noexcept = default;
PgSession& PgSession::operator=(PgSession&&) noexcept = default;
PgSession::~PgSession() = default;

const SessionFacts& PgSession::facts() const {
  return impl_->facts;
}
bool PgSession::is_broken() const {
  return impl_->lost || PQstatus(impl_->connection.get()) == CONNECTION_BAD;
}

void PgSession::close() {
  impl_->lost = true;
  impl_->connection.reset();
}

Result<void> PgSession::make_durable() {
  if (facts().in_recovery) return {};  // a standby is only sent what its primary has flushed
  const bool open = PQtransactionStatus(impl_->connection.get()) != PQTRANS_IDLE;
  // A commit that has put nothing into the WAL flushes nothing; this message is something, and nobody reads it.
  STRATA_CHECK(
      query((open ? "COMMIT; BEGIN; SET LOCAL synchronous_commit = " : "BEGIN; SET LOCAL synchronous_commit = ") +
            quote_literal(facts().synchronous_commit) +
            "; SELECT pg_catalog.pg_logical_emit_message(true, 'strata', ''); COMMIT"));
  return {};
}

void PgSession::set_while_waiting(std::function<void(milliseconds)> look) {
  impl_->options.while_waiting = std::move(look);
}

Result<PgSession> PgSession::connect_and_set_up(const DatabaseAddress& address, const SessionOptions& options,
                                                std::optional<milliseconds> limit) {
  const auto began = SteadyClock::now();
  auto impl = std::make_unique<Impl>();
  STRATA_TRY(
      impl->connection,
      connect_once(address, options.application_name,
                   std::min({one_attempt, options.patience.value_or(one_attempt), limit.value_or(one_attempt)})));
  impl->address = address;
  impl->options = options;
  PQsetNoticeReceiver(impl->connection.get(), &Impl::receive_notice, impl.get());
  const auto deadline = SteadyClock::now() + short_deadline;
  STRATA_CHECK(impl->set_up(limit ? std::min(deadline, began + *limit) : deadline));
  return PgSession(std::move(impl));
}

Result<PgSession> PgSession::connect(const DatabaseAddress& address, SessionOptions options) {
  const auto began = SteadyClock::now();
  const auto spent = [&] { return std::chrono::duration_cast<milliseconds>(SteadyClock::now() - began); };
  std::minstd_rand random(std::random_device{}());
  auto now = address;
  for (milliseconds pause{100};; pause = std::min(pause * 2, milliseconds(5'000))) {
    // A secret that is being replaced is read when it is needed; what cannot be read in between stays as it was.
    if (address.read_again) {
      if (auto fresh = address.read_again()) now = std::move(*fresh);
    }
    std::optional<milliseconds> left;
    if (options.connect_budget.count() > 0) left = options.connect_budget - spent();
    auto session = connect_and_set_up(now, options, left);
    if (session) return session;
    auto& error = session.error();
    if (error.code == ErrorCode::connection_lost) error.code = ErrorCode::unreachable;  // it had never been ours
    const auto rest = pause / 2 + milliseconds(random() % static_cast<unsigned>(pause.count()));
    const bool may_pass = error.code == ErrorCode::unreachable || (error.sqlstate == "28P01" && now.from_file);
    const auto most = options.connect_budget - spent() - shortest_attempt;
    if (!may_pass || most < pause / 2) return session;
    if (options.on_retry) options.on_retry(error.message);
    STRATA_CHECK(interrupt::sleep(std::min(rest, most)));
  }
}

Result<QueryResult> PgSession::query(const std::string& sql) {
  STRATA_TRY(auto outcome, impl_->simple(sql, {}, {}));
  if (outcome.refused) return fail(to_error(*outcome.refused));
  if (outcome.results.empty()) return QueryResult();
  return std::move(outcome.results.back());
}

Result<QueryResult> PgSession::query(const std::string& sql, std::vector<Parameter> parameters) {
  STRATA_TRY(auto outcome, batch({Request{sql, std::move(parameters), {}}}));
  if (outcome.refused) return fail(to_error(*outcome.refused));
  return std::move(outcome.results.back());
}

Result<BatchOutcome> PgSession::try_query(const std::string& sql) {
  return impl_->simple(sql, {}, {});
}

Result<BatchOutcome> PgSession::try_without_rows(const std::string& sql) {
  return impl_->simple(sql, {}, {}, true);
}

Result<BatchOutcome> PgSession::batch(const std::vector<Request>& requests) {
  BatchOutcome outcome;
  impl_->notices = 0;
  for (std::size_t from = 0; from < requests.size() && !outcome.refused;) {
    if (requests[from].copy_data) {
      STRATA_TRY(auto copied, impl_->simple(std::string(requests[from].sql), requests[from].copy_data, {}));
      outcome.refused = std::move(copied.refused);
      if (!outcome.refused)
        outcome.results.push_back(copied.results.empty() ? QueryResult() : std::move(copied.results.back()));
      ++from;
      continue;
    }
    auto to = from;
    while (to < requests.size() && !requests[to].copy_data) ++to;
    STRATA_CHECK(impl_->pipeline(requests, from, to, outcome));
    from = to;
  }
  return outcome;
}

std::int64_t QueryResult::number(std::size_t row, std::size_t column) const {
  std::int64_t value = 0;
  const auto& digits = text(row, column);
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string bytea_literal(std::string_view bytes) {
  std::string text = "\\x";
  text.reserve(2 + 2 * bytes.size());
  for (const char c : bytes) {
    text.push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
    text.push_back("0123456789abcdef"[static_cast<unsigned char>(c) & 15]);
  }
  return text;
}

}  // namespace strata
