// What the sources of Executor share: the pieces that a transaction is made of, and strata's own statements in it.
#pragma once

#include "core/execute/executor.h"

#include <string>
#include <string_view>
#include <utility>

namespace strata {

inline constexpr const char* begin_sql = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE NOT DEFERRABLE";

// Back to the login role and an empty search_path before strata's own statements, whatever the migration has set.
inline constexpr const char* login_role_sql = "SET SESSION AUTHORIZATION DEFAULT";
inline constexpr const char* leave_migration_sql =
    "SELECT pg_catalog.set_config('role', 'none', false), pg_catalog.set_config('search_path', '', false)";
// The same within a statement's own transaction, after which the migration's role counts again.
inline constexpr const char* own_user_sql = "SET LOCAL SESSION AUTHORIZATION DEFAULT";
inline constexpr const char* own_role_sql = "SELECT pg_catalog.set_config('role', 'none', true)";

// A clean session for each migration, whatever the one before it has set: sent after RESET ALL, it sets everything of
// ours that a default of role or database could change.
std::string migration_settings_sql(const SessionFacts& facts, const ExecuteOptions& options,
                                   const Directives& directives);

std::string in_ms(std::chrono::milliseconds length);  // as Postgres reads it

// The source line and its caret, moved in by as much, so that they stay one below the other.
std::string indented(const std::string& excerpt);

// Says what to do where a function is to blame that relied on search_path in a maintenance command.
void explain_safe_path(Error& error, const ServerMessage& message, const Statement& statement, int server_version);

// One request of a transaction and what it is, so that a refusal can be told in the user's terms.
struct Executor::Piece {
  enum class What { own, claim, statement, verify, guard, commit, undo } what = What::own;
  Request request;
  std::string sql{};                     // owns the text where `request` cannot borrow it
  const Statement* statement = nullptr;  // statement, verify
  const Migration* migration = nullptr;

  static Piece own(std::string text, What what = What::own) { return {what, {}, std::move(text), nullptr, nullptr}; }
  static Piece of(What what, Request request, const Migration& migration) {
    return {what, std::move(request), {}, nullptr, &migration};
  }
  static Piece of(What what, const Statement& statement, const Migration& migration) {
    Request request{statement.text, {}, {}};
    // COPY has a protocol of its own, in either direction, which a pipeline cannot carry.
    if (statement.kind == "COPY") request.copy_data = statement.copy_data ? *statement.copy_data : std::string_view();
    request.without_rows = true;
    return {what, std::move(request), {}, &statement, &migration};
  }
};

}  // namespace strata
