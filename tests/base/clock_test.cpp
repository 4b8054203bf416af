#include "core/base/clock.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace std::chrono_literals;

TEST_CASE("clock: a time is written in UTC with milliseconds", "[base]") {
  CHECK(iso8601(0) == "1970-01-01T00:00:00.000Z");
  CHECK(iso8601(1'769'851'800'250) == "2026-01-31T09:30:00.250Z");
  CHECK(iso8601(1'709'251'199'999) == "2024-02-29T23:59:59.999Z");
  CHECK(iso8601(-1) == "1969-12-31T23:59:59.999Z");
}

TEST_CASE("clock: the timestamp of a migration's name has 14 digits", "[base]") {
  CHECK(timestamp14(1'769'851'800'250) == "20260131093000");
}

TEST_CASE("clock: the system's clock counts from 1970 in milliseconds", "[base]") {
  const auto now = SystemClock().now_ms();
  CHECK(iso8601(now) > "2025");
  CHECK(iso8601(now) < "2200");
}

TEST_CASE("clock: a duration is read with its unit", "[base]") {
  const auto [text, length] =
      GENERATE(table<std::string, std::chrono::milliseconds>({{"0", 0ms},
                                                              {"250ms", 250ms},
                                                              {"3s", 3s},
                                                              {"3 s", 3s},
                                                              {"5min", 5min},
                                                              {"5m", 5min},
                                                              {"2h", 2h},
                                                              {"1d", 24h},
                                                              {"2147483647ms", 2'147'483'647ms}}));
  CHECK(parse_duration(text) == length);
}

TEST_CASE("clock: what is no duration, or more than Postgres can count, is refused", "[base]") {
  const auto text = GENERATE(as<std::string>{}, "", "s", "60", "-3s", "+3s", " 3s", "1.5s", "3S", "3 seconds", "3s5",
                             "2147483648", "25d", "9223372036854775807d", "99999999999999999999");
  CHECK_FALSE(parse_duration(text));
}

TEST_CASE("clock: a duration is said in the two units that matter", "[base]") {
  CHECK(human_duration(0ms) == "0 ms");
  CHECK(human_duration(340ms) == "340 ms");
  CHECK(human_duration(2'100ms) == "2.1 s");
  CHECK(human_duration(59'999ms) == "59.9 s");
  CHECK(human_duration(250s) == "4 min 10 s");
  CHECK(human_duration(3h + 5min + 59s) == "3 h 5 min");
  CHECK(human_duration(24h * 12 + 4h) == "12 d 4 h");
}

TEST_CASE("clock: a time may be given as far as is wanted, in whole parts that there can be", "[base]") {
  for (const auto* text : {"2026", "2026-01", "2026-12-31", "2026-01-31T23", "2026-01-31T23:59", "2026-01-31T09:30:59",
                           "2026-01-31T09:30:00.250", "2026-01-31T09:30:00.250Z"}) {
    INFO(text);
    CHECK(begins_a_time(text));
  }
  for (const auto* text :
       {"", "202", "2026-", "2026-1", "2026-13", "2026-00", "2026-01-32", "2026-01-31T", "2026-01-31T24",
        "2026-01-31T09:60", "2026-01-31 09", "yesterday", "2026-01-31T09:30:00.250ZZ"}) {
    INFO(text);
    CHECK_FALSE(begins_a_time(text));
  }
}
