#include "core/base/result.h"

namespace strata {

int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::sql_failed:
      return 1;
    case ErrorCode::stale:
    case ErrorCode::difference:
      return 2;
    case ErrorCode::needs_person:
      return 3;
    case ErrorCode::usage:
      return 64;
    case ErrorCode::bad_module:
    case ErrorCode::bad_migration:
    case ErrorCode::bad_ledger:
    case ErrorCode::bad_plan:
    case ErrorCode::plan_moved:
    case ErrorCode::ledger_mismatch:
    case ErrorCode::history_damaged:
    case ErrorCode::history_newer:
    case ErrorCode::changed_migration:
    case ErrorCode::unknown_migration:
    case ErrorCode::out_of_order:
    case ErrorCode::refused:
    case ErrorCode::io_failed:
      return 65;
    case ErrorCode::unreachable:
    case ErrorCode::connection_lost:
      return 69;
    case ErrorCode::outcome_unknown:
      return error.signal != 0 ? 128 + error.signal : 69;
    case ErrorCode::bug:
      return 70;
    case ErrorCode::ledger_behind:
      return 74;
    case ErrorCode::already_claimed:
    case ErrorCode::lock_unavailable:
      return 75;
    case ErrorCode::not_permitted:
      return 77;
    case ErrorCode::bad_config:
      return 78;
    case ErrorCode::interrupted:
      return 128 + error.signal;
  }
  return 70;
}

std::string prisma_code_of(const Error& error) {
  if (error.message.find(" [P") != std::string::npos) return {};
  if (error.sqlstate == "28P01") return "P1000";
  if (error.sqlstate == "28000") return "P1010";
  if (error.sqlstate == "3D000") return "P1003";
  switch (error.code) {
    case ErrorCode::unreachable:
      return "P1001";
    case ErrorCode::lock_unavailable:
      return "P1002";
    case ErrorCode::connection_lost:
    case ErrorCode::outcome_unknown:
      return "P1017";
    case ErrorCode::sql_failed:
    case ErrorCode::needs_person:
      return error.subject.empty() ? "" : "P3018";
    default:
      return {};
  }
}

const char* name_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::bad_config:
      return "bad_config";
    case ErrorCode::bad_module:
      return "bad_module";
    case ErrorCode::bad_migration:
      return "bad_migration";
    case ErrorCode::bad_ledger:
      return "bad_ledger";
    case ErrorCode::bad_plan:
      return "bad_plan";
    case ErrorCode::plan_moved:
      return "plan_moved";
    case ErrorCode::ledger_mismatch:
      return "ledger_mismatch";
    case ErrorCode::history_damaged:
      return "history_damaged";
    case ErrorCode::history_newer:
      return "history_newer";
    case ErrorCode::changed_migration:
      return "changed_migration";
    case ErrorCode::unknown_migration:
      return "unknown_migration";
    case ErrorCode::out_of_order:
      return "out_of_order";
    case ErrorCode::refused:
      return "refused";
    case ErrorCode::stale:
      return "stale";
    case ErrorCode::difference:
      return "difference";
    case ErrorCode::sql_failed:
      return "sql_failed";
    case ErrorCode::needs_person:
      return "needs_person";
    case ErrorCode::unreachable:
      return "unreachable";
    case ErrorCode::connection_lost:
      return "connection_lost";
    case ErrorCode::outcome_unknown:
      return "outcome_unknown";
    case ErrorCode::bug:
      return "bug";
    case ErrorCode::ledger_behind:
      return "ledger_behind";
    case ErrorCode::lock_unavailable:
      return "lock_unavailable";
    case ErrorCode::already_claimed:
      return "already_claimed";
    case ErrorCode::not_permitted:
      return "not_permitted";
    case ErrorCode::interrupted:
      return "interrupted";
    case ErrorCode::io_failed:
      return "io_failed";
  }
  return "bug";
}

std::optional<ErrorCode> error_code_of(std::string_view name) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::io_failed); ++code) {
    if (name_of(static_cast<ErrorCode>(code)) == name) return static_cast<ErrorCode>(code);
  }
  return std::nullopt;
}

}  // namespace strata
