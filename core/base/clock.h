// Time, as strata tells it: UTC, milliseconds, ISO 8601 with Z. A seam, so that tests can stand still.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual std::int64_t now_ms() const = 0;  // Unix time; a note only: nothing is ordered by it
};

class SystemClock final : public Clock {
 public:
  std::int64_t now_ms() const override;
};

std::string iso8601(std::int64_t unix_ms);  // "2026-01-31T09:30:00.250Z"
// Whether `text` is such a time, or whole parts of one from its beginning: "2026", "2026-01-31T09"; not "2026-1",
// "2026-13".
bool begins_a_time(std::string_view text);
std::string timestamp14(std::int64_t unix_ms);  // "20260131093000": names of migrations
std::string human_duration(
    std::chrono::milliseconds length);  // "340 ms", "2.1 s", "4 min 10 s", "3 h 5 min", "12 d 4 h"
// "250ms", "3s", "5min", "2h", "1d"; a bare number counts milliseconds, as in Postgres. nullopt: not a duration.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace strata
