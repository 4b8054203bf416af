// A throw-away Postgres for tests: a cluster in a temporary folder, reachable through a unix socket only, with nothing
// made durable. As root it runs as the user postgres, else nobody.
//
// A watchdog (a shell that waits for a pipe to close) ends the server and removes the folder when the object goes, and
// just as well when the test is killed with SIGKILL.
#pragma once

#include "tests/support/process.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace strata::test {

// Whatever is not said is as in the server that tests share.
struct ServerOptions {
  std::vector<std::string> settings{};  // for the server's command line: {"-c", "wal_level=logical"}
  int version = 0;                      // 12 to 18: that major version, of /usr/lib/postgresql or of scripts/servers
  int port = 5432;
  const class PostgresServer* primary = nullptr;  // this one is to be its standby, made with pg_basebackup
};

class PostgresServer {
 public:
  // Whether the machine has Postgres's server programs (STRATA_PG_BIN, else the newest /usr/lib/postgresql/*/bin), or
  // those of a major version. Says so on stderr if not: a test that needs them then returns.
  static bool is_available(int version = 0);

  // The one of this test process: started by the first who asks, removed at exit.
  static PostgresServer& shared();

  // One of its own, for a test that stops it, or needs it to be another one. Throws when it does not start.
  explicit PostgresServer(std::vector<std::string> settings = {})
      : PostgresServer(ServerOptions{.settings = std::move(settings)}) {}
  explicit PostgresServer(ServerOptions options);
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;
  ~PostgresServer();

  std::string create_database();                          // a fresh, empty one: its URL
  std::string url_of(const std::string& database) const;  // postgresql:///database?host=…&user=…
  std::string url() const { return url_of("postgres"); }  // the maintenance database
  std::filesystem::path socket_folder() const { return folder_; }
  std::filesystem::path data_folder() const { return folder_ / "data"; }
  int port() const { return options_.port; }
  uid_t uid() const { return uid_; }  // whom it runs as; 0: the test's own user
  gid_t gid() const { return gid_; }
  pid_t pid() const { return postmaster_ ? postmaster_->pid() : 0; }         // of the postmaster; 0: stopped
  std::string log() const { return postmaster_ ? postmaster_->err() : ""; }  // since the last start

  void start();           // returns when it takes connections
  void stop();            // fast: sessions are ended, then a checkpoint
  void stop_immediate();  // as in a crash: the next start recovers
  void restart();

 private:
  void end(int signal);

  ProcessResult run_program(std::vector<std::string> arguments) const;

  ServerOptions options_;
  std::filesystem::path programs_;
  uid_t uid_ = 0;
  gid_t gid_ = 0;
  std::filesystem::path folder_;
  std::unique_ptr<Process> postmaster_;
  pid_t watchdog_ = 0;
  int watchdog_pipe_ = -1;
  pid_t owner_;  // the process that made the object: a fork of it does not end the server
  int databases_ = 0;
};

// A port of 127.0.0.1 that nobody listens on at the moment.
int free_port();

}  // namespace strata::test
