#include "core/postgres/pg_connect.h"

#include "core/base/clock.h"
#include "core/base/escape.h"
#include "core/base/interrupt.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>

namespace strata {

namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

constexpr const char* no_answer = "no answer within ";

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

struct Refusal {
  std::string sqlstate;  // empty: the server, if it was one, did not speak
  std::string text;
};

// libpq hands out no SQLSTATE of a failed connection, but PQERRORS_VERBOSE writes it into the text, behind the
// severity: "FATAL:  28P01: …", and a line with the place in the server's source. Of several the first counts: what
// follows it is the same host without TLS, or one more host.
Refusal read_refusal(std::string text) {
  constexpr std::size_t before = 3;  // ":  "
  constexpr std::size_t digits = 5;
  Refusal refusal;
  for (auto at = text.find(":  "); at != std::string::npos; at = text.find(":  ", at + before)) {
    const auto state = text.substr(at + before, digits);
    const bool is_state = state.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string::npos &&
                          state.find_first_of("0123456789") != std::string::npos;
    if (!is_state || text.compare(at + before + digits, 2, ": ") != 0) continue;
    if (refusal.sqlstate.empty()) refusal.sqlstate = state;
    text.erase(at + before, digits + 2);
  }
  for (auto at = text.find("\nLOCATION:  "); at != std::string::npos; at = text.find("\nLOCATION:  "))
    text.erase(at, text.find('\n', at + 1) - at);
  refusal.text = std::move(text);
  return refusal;
}

// By SQLSTATE, which every language has; by text what has none, or a pooler's 08P01 for everything. What is not known
// here may pass: unreachable.
Error connect_error(const DatabaseAddress& address, std::string verbose) {
  const auto refusal = read_refusal(std::move(verbose));
  const std::string_view text = refusal.text;
  const auto& sqlstate = refusal.sqlstate;
  const auto where = address.described() + " (from " + address.source + ")";
  const auto said = one_line(text, 400);
  const bool is_plain = sqlstate.empty() || sqlstate.substr(0, 2) == "08";
  const bool is_login = sqlstate.substr(0, 2) == "28";
  if ((is_plain || is_login) && contains(text, "role \"") && contains(text, "does not exist")) {
    return {.code = ErrorCode::not_permitted,
            .message = where + ": " + said,
            .next = "create the role, or name another user",
            .sqlstate = sqlstate};
  }
  if (is_login ||
      (is_plain && (contains(text, "authentication failed") || contains(text, "no pg_hba.conf entry") ||
                    contains(text, "no password supplied") || contains(text, "is not permitted to log in")))) {
    const auto* const assumed = contains(text, "password authentication failed") ? "28P01" : "28000";
    return {.code = ErrorCode::not_permitted,
            .message = where + " refuses the login: " + said,
            .next = "check user, password and pg_hba.conf of the server",
            .sqlstate = is_login ? sqlstate : assumed};
  }
  if (sqlstate == "42501") {
    return {.code = ErrorCode::not_permitted,
            .message = where + " refuses the login: " + said,
            .next = "grant this user what is missing: CONNECT ON DATABASE, or the right that the message names",
            .sqlstate = sqlstate};
  }
  // Its certificate, or that it has none: nothing that passes, and no reason to talk to it in plain text.
  if (contains(text, "certificate") || contains(text, "does not support SSL") ||
      contains(text, "could not get server's host name")) {
    return {
        .code = ErrorCode::bad_config,
        .message = where + " does not prove who it is: " + said,
        .next =
            "check the host's name, sslrootcert and the server's certificate (its names, its dates, who signed it)"};
  }
  if (sqlstate == "3D000" || (is_plain && contains(text, "database \"") && contains(text, "does not exist"))) {
    return {.code = ErrorCode::bad_config,
            .message = where + ": " + said,
            .next = "create the database, or name another one",
            .sqlstate = "3D000"};
  }
  if (contains(text, "invalid") && contains(text, "value")) {
    return {.code = ErrorCode::bad_config, .message = where + ": " + said, .next = "mend the connection parameters"};
  }
  return {.code = ErrorCode::unreachable,
          .message = where + " cannot be reached: " + said,
          .next = "check that the server runs and that host and port are right; then run the command again",
          .sqlstate = sqlstate};
}

void add_defaults(std::vector<std::pair<std::string, std::string>>& parameters, const std::string& application_name) {
  const auto add = [&](const char* name, const std::string& value) {
    const bool given =
        std::any_of(parameters.begin(), parameters.end(), [&](const auto& pair) { return pair.first == name; });
    if (!given) parameters.emplace_back(name, value);
  };
  // Reliability facts 1.7: a server that vanished is noticed after about 25 s instead of hours.
  add("keepalives_idle", "10");
  add("keepalives_interval", "5");
  add("keepalives_count", "3");
  add("tcp_user_timeout", "25000");
  add("connect_timeout", "10");
  add("gssencmode", "disable");
  add("client_encoding", "UTF8");
  add("application_name", application_name);
}

}  // namespace

void CloseConnection::operator()(pg_conn* held) const {
  PQfinish(held);
}

Result<PgHandle> connect_once(const DatabaseAddress& address, const std::string& application_name,
                              std::chrono::milliseconds patience) {
  if (interrupt::signal_number() != 0) return fail(interrupt::error());  // the resolver hears no signal
  auto parameters = address.parameters;
  add_defaults(parameters, application_name);
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : parameters) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  PgHandle connection(PQconnectStartParams(names.data(), values.data(), 0));
  if (!connection || PQstatus(connection.get()) == CONNECTION_BAD) {
    return fail(connect_error(address, connection ? PQerrorMessage(connection.get()) : "out of memory"));
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_VERBOSE);
  const auto deadline = SteadyClock::now() + patience;
  for (auto state = PGRES_POLLING_WRITING; state != PGRES_POLLING_OK;) {
    if (state == PGRES_POLLING_FAILED) return fail(connect_error(address, PQerrorMessage(connection.get())));
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now());
    if (left.count() <= 0) return fail(connect_error(address, no_answer + human_duration(patience)));
    pollfd waiting[2] = {
        {PQsocket(connection.get()), static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0},
        {interrupt::fd(), POLLIN, 0}};
    poll(waiting, interrupt::fd() >= 0 ? 2 : 1, static_cast<int>(left.count()));
    if (interrupt::signal_number() != 0) return fail(interrupt::error());
    if (waiting[0].revents != 0) state = PQconnectPoll(connection.get());
  }
  PQsetErrorVerbosity(connection.get(), PQERRORS_DEFAULT);
  PQsetnonblocking(connection.get(), 1);
  return connection;
}

DatabaseAddress same_server(DatabaseAddress address, const PGconn* connection) {
  const auto set = [&](const char* name, const char* value) {
    if (value == nullptr || *value == '\0') return;
    std::erase_if(address.parameters, [&](const auto& pair) { return pair.first == name; });
    address.parameters.emplace_back(name, value);
  };
  set("host", PQhost(connection));
  set("hostaddr", PQhostaddr(connection));
  set("port", PQport(connection));
  return address;
}

bool is_silence(const Error& error) {
  return error.code == ErrorCode::connection_lost || contains(error.message, no_answer) ||
         contains(error.message, "Connection refused") || contains(error.message, "No such file or directory");
}

}  // namespace strata
