#include "core/base/result.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace strata;

namespace {

// Design 4.2: what podFailurePolicy decides on.
const std::map<ErrorCode, int> exit_codes = {{ErrorCode::usage, 64},
                                             {ErrorCode::bad_config, 78},
                                             {ErrorCode::bad_module, 65},
                                             {ErrorCode::bad_migration, 65},
                                             {ErrorCode::bad_ledger, 65},
                                             {ErrorCode::bad_plan, 65},
                                             {ErrorCode::plan_moved, 65},
                                             {ErrorCode::ledger_mismatch, 65},
                                             {ErrorCode::history_damaged, 65},
                                             {ErrorCode::history_newer, 65},
                                             {ErrorCode::changed_migration, 65},
                                             {ErrorCode::unknown_migration, 65},
                                             {ErrorCode::out_of_order, 65},
                                             {ErrorCode::refused, 65},
                                             {ErrorCode::stale, 2},
                                             {ErrorCode::difference, 2},
                                             {ErrorCode::sql_failed, 1},
                                             {ErrorCode::needs_person, 3},
                                             {ErrorCode::unreachable, 69},
                                             {ErrorCode::connection_lost, 69},
                                             {ErrorCode::outcome_unknown, 69},
                                             {ErrorCode::bug, 70},
                                             {ErrorCode::ledger_behind, 74},
                                             {ErrorCode::lock_unavailable, 75},
                                             {ErrorCode::already_claimed, 75},
                                             {ErrorCode::not_permitted, 77},
                                             {ErrorCode::interrupted, 128},
                                             {ErrorCode::io_failed, 65}};

constexpr auto last_code = ErrorCode::io_failed;

Result<int> half_of(int number) {
  if (number % 2 != 0) return fail(ErrorCode::refused, "odd", "take an even one");
  return number / 2;
}

Result<int> quarter_of(int number) {
  STRATA_TRY(const auto half, half_of(number));
  STRATA_CHECK(half_of(half));
  return half / 2;
}

}  // namespace

TEST_CASE("result: every error has the exit code of the design's table", "[base]") {
  for (int code = 0; code <= static_cast<int>(last_code); ++code) {
    INFO(name_of(static_cast<ErrorCode>(code)));
    REQUIRE(exit_codes.count(static_cast<ErrorCode>(code)) == 1);
    CHECK(exit_code_of({.code = static_cast<ErrorCode>(code)}) == exit_codes.at(static_cast<ErrorCode>(code)));
  }
}

TEST_CASE("result: stopped by a signal exits as a shell would say it", "[base]") {
  CHECK(exit_code_of({.code = ErrorCode::interrupted, .signal = 15}) == 143);
  CHECK(exit_code_of({.code = ErrorCode::interrupted, .signal = 2}) == 130);
  // A signal ended the wait for an answer: what is unknown is told, and why the process ended.
  CHECK(exit_code_of({.code = ErrorCode::outcome_unknown, .signal = 15}) == 143);
}

TEST_CASE("result: every error has a name of its own", "[base]") {
  std::set<std::string> names;
  for (const auto& [code, exit_code] : exit_codes) names.insert(name_of(code));
  CHECK(names.size() == exit_codes.size());
}

TEST_CASE("result: an error comes out of the functions between as it went in", "[base]") {
  CHECK(quarter_of(8) == 2);
  for (const int number : {3, 6}) {  // refused by the first call, by the second
    const auto result = quarter_of(number);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == ErrorCode::refused);
    CHECK(result.error().message == "odd");
    CHECK(result.error().next == "take an even one");
  }
}
