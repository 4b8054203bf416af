// What the tests of the ledger share: events to append, and the file as somebody else sees it who has SQLite too.
#pragma once

#include "state/ledger.h"
#include "tests/support/temp_dir.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <functional>
#include <string>
#include <vector>

namespace strata::test {

const std::string database_one = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
const std::string database_two = "0e37df36-f698-41b6-97c3-0d1ec9dd0f1a";

inline Event event_of(EventKind kind, const std::string& subject = "", const std::string& database = database_one) {
  Event event;
  event.kind = kind;
  event.database = database;
  event.run = "2c5ea4c0-4067-41f9-8bad-9b1deb4d3b7d";
  event.at_ms = 1'767'225'600'000;
  event.subject = subject;
  return event;
}

// The n-th migration of a module, applied; about 300 bytes of encoding.
inline NewEvent applied_event(std::int64_t n, const std::string& database = database_one) {
  auto event = event_of(EventKind::applied, "cases/20260101090000_step_" + std::to_string(n), database);
  event.migration_kind = "migration";
  event.sha256 = sha256("text " + std::to_string(n));
  event.fingerprint = sha256("statements " + std::to_string(n));
  event.position = n;
  event.statements_done = event.statements_total = 2;
  event.actor = "deployer@pod-1 (strata)";
  return {event, n};
}

inline Ledger::Append appending(std::vector<NewEvent> events) {
  Ledger::Append append;
  append.events = std::move(events);
  return append;
}

inline Ledger open_ledger(const std::string& path, Ledger::Access access = Ledger::Access::read_write) {
  auto ledger = Ledger::open(path, access);
  if (!ledger) FAIL(ledger.error().message);
  return std::move(*ledger);
}

inline ChainHead append_to(Ledger& ledger, const Ledger::Append& what) {
  const auto head = ledger.append(what);
  if (!head) FAIL(head.error().message);
  return *head;
}

// A ledger with `count` applied migrations, closed again.
inline ChainHead make_ledger(const std::string& path, std::int64_t count) {
  auto ledger = open_ledger(path);
  std::vector<NewEvent> events;
  for (std::int64_t n = 1; n <= count; ++n) events.push_back(applied_event(n));
  return append_to(ledger, appending(std::move(events)));
}

inline std::string error_of(const std::string& path, Ledger::Access access = Ledger::Access::read_write) {
  const auto ledger = Ledger::open(path, access);
  return ledger ? "it opened" : ledger.error().message;
}

// SQLite without strata.
class RawSqlite {
 public:
  explicit RawSqlite(const std::string& path) {
    if (sqlite3_open(path.c_str(), &held_) != SQLITE_OK) FAIL("cannot open " + path);
    error_of("PRAGMA synchronous = off");
  }
  RawSqlite(const RawSqlite&) = delete;
  RawSqlite& operator=(const RawSqlite&) = delete;
  ~RawSqlite() { sqlite3_close(held_); }

  std::string error_of(const std::string& sql) {
    char* text = nullptr;
    const int code = sqlite3_exec(held_, sql.c_str(), nullptr, nullptr, &text);
    const std::string error = code == SQLITE_OK ? "" : text != nullptr ? text : sqlite3_errstr(code);
    sqlite3_free(text);
    return error;
  }
  void run(const std::string& sql) {
    if (const auto error = error_of(sql); !error.empty()) FAIL(sql + ": " + error);
  }
  // All rows, columns joined by '|', rows ended by line feeds; what could not be read any more ends in "error".
  std::string rows(const std::string& sql) {
    std::string out;
    sqlite3_stmt* statement = nullptr;
    int code = sqlite3_prepare_v2(held_, sql.c_str(), -1, &statement, nullptr);
    while (code == SQLITE_OK || code == SQLITE_ROW) {
      code = sqlite3_step(statement);
      if (code != SQLITE_ROW) break;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, i));
        out.append(text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_column_bytes(statement, i)))
            .append("|");
      }
      out.append("\n");
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? out : out + "error";
  }
  // As an attacker would: the triggers are away while `sql` runs, and look untouched afterwards.
  void tamper(const std::string& sql) {
    const auto triggers = rows("SELECT sql || ';' FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid");
    for (const char* name :
         {"events_in_order", "events_no_update", "events_no_delete", "blobs_no_update", "blobs_no_delete"}) {
      run(std::string("DROP TRIGGER ") + name);
    }
    run("PRAGMA ignore_check_constraints = on; " + sql);
    std::string again = triggers;
    for (auto at = again.find("|\n"); at != std::string::npos; at = again.find("|\n")) again.replace(at, 2, "\n");
    run(again);
  }

 private:
  sqlite3* held_ = nullptr;
};

// What `body` returns, or minus the signal that ended it, from a process of its own.
inline int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace strata::test
