// One connection to Postgres. Every wait on its socket has an end: a deadline, or, for a statement that may take hours,
// a second connection that asks from time to time whether the server still works on it. Each notices a signal, and lets
// the caller look around meanwhile. A refusal by the server is data (ServerMessage); an Error means that nobody knows
// more.
#pragma once

#include "core/base/result.h"
#include "core/config/database_address.h"
#include "core/postgres/server_message.h"

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata {

class QueryResult {
 public:
  std::size_t rows() const { return rows_.size(); }
  // "" for NULL as well; is_null tells them apart.
  const std::string& text(std::size_t row, std::size_t column) const { return rows_[row][column].second; }
  bool is_null(std::size_t row, std::size_t column) const { return rows_[row][column].first; }
  std::int64_t number(std::size_t row, std::size_t column) const;
  const std::string& command_tag() const { return tag_; }

 private:
  friend class PgSession;
  std::vector<std::vector<std::pair<bool, std::string>>> rows_;
  std::string tag_;
};

using Parameter = std::optional<std::string>;  // in text form; nullopt: NULL

struct Request {
  std::string_view sql;  // one statement; borrowed
  std::vector<Parameter> parameters{};
  // COPY … FROM STDIN: its data, sent through the COPY protocol. Empty, but there: any other COPY, whose rows to STDOUT
  // nobody reads.
  std::optional<std::string_view> copy_data{};
  // Nobody reads the rows of its result, of which there may be millions: they are thrown away as they come.
  bool without_rows = false;
};

struct BatchOutcome {
  std::vector<QueryResult> results;      // of the requests that were done
  std::optional<ServerMessage> refused;  // by the server, at request `results.size()`; nothing after it was done
};

// How soon the server misses a client whose node has vanished: about 25 s. RESET ALL takes them back.
inline constexpr std::array<std::pair<const char*, const char*>, 4> server_keepalives = {
    {{"tcp_keepalives_idle", "10"},
     {"tcp_keepalives_interval", "5"},
     {"tcp_keepalives_count", "3"},
     {"tcp_user_timeout", "25000"}}};

// What the server told when the session began.
struct SessionFacts {
  int backend_pid = 0;
  int server_version = 0;  // 150020
  std::string server_version_text;
  std::string user;
  std::string database;
  std::int64_t database_oid = 0;
  std::string system_identifier;  // empty where this role may not read it
  bool in_recovery = false;
  bool read_only = false;
  std::string synchronous_commit;  // what a commit that must last uses: the server's setting, never "off"
  bool pooled = false;             // the backend is not the process that this connection was opened to
  std::string encoding;
  bool superuser = false;
  bool remote = false;     // reached over a network, not through a socket or the loopback interface
  bool encrypted = false;  // with TLS
};

struct SessionOptions {
  std::string application_name;  // at most 63 bytes
  // For all attempts together, the last one included. 0: one attempt, with its usual limit.
  std::chrono::milliseconds connect_budget{30'000};
  // For each answer, and at most for one attempt to connect. None: as long as the server works on it.
  std::optional<std::chrono::milliseconds> patience{};
  // Called about twice a second while a statement runs, with the time since it was sent.
  std::function<void(std::chrono::milliseconds)> while_waiting;
  std::function<void(const ServerMessage&)> on_notice;
  std::function<void(const std::string&)> on_retry;  // why an attempt to connect failed, before the next one
};

class PgSession {
 public:
  // Connects, with back-off inside the budget where the cause may pass (refused, starting up, too many connections,
  // name not found), and sets everything that strata relies on, so that no default of a role or database can break a
  // run. Fails with unreachable, not_permitted (password, pg_hba), bad_config (no such database; a server older than
  // 12), interrupted.
  static Result<PgSession> connect(const DatabaseAddress& address, SessionOptions options);
  PgSession(PgSession&&) noexcept;
  PgSession& operator=(PgSession&&) noexcept;
  ~PgSession();

  const SessionFacts& facts() const;
  bool is_broken() const;  // the connection is gone: only a new session helps
  void close();            // hangs up; from then on it is broken

  // One or more statements without parameters (simple protocol); the last result. A refusal becomes an Error.
  Result<QueryResult> query(const std::string& sql);
  Result<QueryResult> query(const std::string& sql, std::vector<Parameter> parameters);
  // The same with the refusal as data.
  Result<BatchOutcome> try_query(const std::string& sql);
  // The same for a statement whose rows nobody reads: they are thrown away as they come.
  Result<BatchOutcome> try_without_rows(const std::string& sql);

  // Sends all requests in one go (pipeline mode) and stops at the first that is refused. The transaction it leaves open
  // is the caller's to end. connection_lost when the connection broke; interrupted when a signal came: the statement in
  // flight was cancelled, and its refusal (57014) is returned as data where the server answered in time. A COMMIT at
  // the end is not cancelled once it is in flight, only waited for.
  Result<BatchOutcome> batch(const std::vector<Request>& requests);

  // Returns when no crash of the server can lose any more what this session has seen, which others may have committed
  // with synchronous_commit = off. Ends an open transaction. One round trip and one flush of the WAL; none on a
  // standby.
  Result<void> make_durable();

  void set_while_waiting(std::function<void(std::chrono::milliseconds)> look);

 private:
  struct Impl;
  explicit PgSession(std::unique_ptr<Impl> impl);
  static Result<PgSession> connect_and_set_up(const DatabaseAddress& address, const SessionOptions& options,
                                              std::optional<std::chrono::milliseconds> limit);
  std::unique_ptr<Impl> impl_;
};

std::string bytea_literal(std::string_view bytes);  // \x… in text form, for a parameter of type bytea

}  // namespace strata
