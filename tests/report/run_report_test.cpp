// A run's report as programs read it, and read back.
#include "core/report/json_report.h"

#include <catch2/catch.hpp>
#include <string>

using namespace strata;

TEST_CASE("a run's report is read back as it was written", "[report]") {
  RunReport report;
  report.run = "0190-run";
  report.outcome = "failed";
  report.applied = {{{"shop", "20260101000000_items"}, std::chrono::milliseconds(12)}};
  report.planned = 3;
  report.lock_waits = 2;
  report.lock_waited = std::chrono::milliseconds(250);
  report.accepted = {"shop/20250101000000_old"};
  report.stopped_by = Error{.code = ErrorCode::sql_failed,
                            .message = "relation \"x\" already exists\n    CREATE TABLE x ()",
                            .next = "mend it",
                            .sqlstate = "42P07",
                            .where = {"shop/migration.sql", 4, 8},
                            .subject = "shop/20260102000000_x"};
  report.postgres_head.seq = 7;
  const auto text = json_of_run(report, "tenant-1");
  const auto read = read_run(text);
  REQUIRE(read);
  CHECK(read->lock_waits == 2);
  CHECK(read->stopped_by->code == ErrorCode::sql_failed);
  CHECK(json_of_run(*read, "tenant-1").substr(0, text.find("\"heads\"")) == text.substr(0, text.find("\"heads\"")));
  CHECK(read->postgres_head.seq == 7);

  for (const int signal : {0, 15}) {
    report.stopped_by = Error{.code = ErrorCode::outcome_unknown, .message = "stopped", .signal = signal};
    CHECK(exit_code_of(*read_run(json_of_run(report, "t"))->stopped_by) == exit_code_of(*report.stopped_by));
  }

  const auto refused = read_run(json_of_refusal(Error{.code = ErrorCode::unreachable, .message = "nobody there"}, "t"));
  REQUIRE(refused);
  CHECK(refused->run.empty());
  CHECK(refused->outcome == "refused");
  CHECK(refused->stopped_by->message == "nobody there");
  for (const std::string other : {"", "{", "[]", "{\"format\": 1}", "{\"outcome\": \"applied\"}",
                                  "{\"run\": \"1\", \"outcome\": \"applied\", \"stopped_by\": null, \"applied\": 4}"})
    CHECK_FALSE(read_run(other));
}

TEST_CASE("every error code has a name of its own, and is found by it", "[report]") {
  for (int code = 0; code <= static_cast<int>(ErrorCode::io_failed); ++code)
    CHECK(error_code_of(name_of(static_cast<ErrorCode>(code))) == static_cast<ErrorCode>(code));
  CHECK_FALSE(error_code_of("no such code"));
}
