// A project of one test: its files in a folder of their own, its database, and the strata program run on both. Without
// Catch, so that programs which are no Catch tests can use it; what goes wrong is an exception.
#pragma once

#include "tests/support/database.h"
#include "tests/support/postgres_server.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace strata::test {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

class Project {
 public:
  // With a fresh database on the server that the test process shares.
  Project() : Project(PostgresServer::shared().create_database()) {}
  // On a database that the test has made. "": no --url is given.
  explicit Project(std::string url);
  ~Project();

  const std::filesystem::path& root() const { return dir_.path(); }
  std::filesystem::path ledger() const { return root() / ".strata" / "ledger.db"; }
  const std::string& url() const { return url_; }
  void set_url(std::string url) { url_ = std::move(url); }  // what --url says from now on

  std::filesystem::path write(const std::filesystem::path& relative, std::string_view text) const;
  void remove(const std::filesystem::path& relative) const { std::filesystem::remove_all(root() / relative); }

  // modules/ID/module.toml; `requirements` as they stand in the file: {"identity >= 1.2"}.
  void module(const std::string& id, const std::string& version = "1.0.0",
              const std::vector<std::string>& requirements = {}) const;
  // "orders/20260101000000_create", or the module "base", which needs no manifest; a module that is not there is made.
  void migration(const std::string& id, std::string_view sql) const;
  void down(const std::string& id, std::string_view sql) const;
  void verify(const std::string& id, std::string_view sql) const;
  void repeatable(const std::string& id, std::string_view sql) const;
  std::filesystem::path folder_of(const std::string& id) const;  // of a migration: relative to the root

  // Runs strata in the project's folder, with --url, to its end.
  ProcessResult strata(Arguments arguments, Environment environment = {}) const;
  // The same in the background.
  std::unique_ptr<Process> start(Arguments arguments, Environment environment = {}) const;
  // The same with --json: what it printed, which must be one document of format 1. `exit_code` must be the one given.
  nlohmann::json json(Arguments arguments, int exit_code = 0) const;

  // The same under another program: {"env", "--ignore-signal=HUP"}, {"strace", …}.
  std::unique_ptr<Process> start_under(Arguments program, Arguments arguments, Environment environment = {}) const;
  // What all of them run.
  Arguments command_line(Arguments arguments) const;

  // A question to the database.
  std::string ask(const std::string& sql) const { return test::ask(url_, sql); }
  // Everything in the database, as pg_dump writes it; without the schema strata if that is not wanted.
  std::string dump(bool with_history = true) const;

 private:
  TempDir dir_;
  std::string url_;
};

// Where a deploy can be killed (core/base/stop_point.h), in about the order in which it comes by.
inline const std::vector<std::string> stop_points{"ledger-create",
                                                  "ledger-append-begin",
                                                  "ledger-append-commit",
                                                  "connected",
                                                  "locked",
                                                  "history-created",
                                                  "intent",
                                                  "own",
                                                  "claimed",
                                                  "statement",
                                                  "verified",
                                                  "guarded",
                                                  "committed",
                                                  "started",
                                                  "bare",
                                                  "bare-done",
                                                  "step",
                                                  "durable",
                                                  "reconcile",
                                                  "outcome",
                                                  "snapshot",
                                                  "unlock"};

// Both streams and the exit code, for INFO.
std::string told(const ProcessResult& result);

// "a.b" in a text, as CHECK_THAT(result.err, Contains(…)) would say, but with both streams in the failure.
bool contains(const std::string& text, const std::string& part);

// Ids of `steps`, `applied` or `migrations`: what stands under "id" in each element.
std::vector<std::string> ids_in(const nlohmann::json& list);

// What is not as it must be after any fault, once one undisturbed `deploy` has run; nothing when all is well:
// everything is applied, both sides prove each other, each intent has exactly one outcome, and nobody holds the lock.
std::vector<std::string> unsettled(const Project& project);

// The lock that every run takes, as a number for pg_advisory_lock.
std::string run_lock_text();

}  // namespace strata::test
