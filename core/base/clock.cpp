#include "core/base/clock.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <tuple>

namespace strata {

namespace {

std::tm utc(std::int64_t unix_ms) {
  std::int64_t seconds = unix_ms / 1000;
  if (unix_ms % 1000 < 0) --seconds;
  const auto time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return parts;
}

template <typename... Values>
std::string print(const char* format, Values... values) {
  std::array<char, 96> text{};
  const int size = std::snprintf(text.data(), text.size(), format, values...);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace

std::int64_t SystemClock::now_ms() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string iso8601(std::int64_t unix_ms) {
  const auto t = utc(unix_ms);
  const int milliseconds = static_cast<int>(((unix_ms % 1000) + 1000) % 1000);
  return print("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
               t.tm_sec, milliseconds);
}

bool begins_a_time(std::string_view text) {
  constexpr std::string_view form = "2026-01-31T09:30:00.250Z";
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_whole =
      text.size() >= form.size() - 1 || (text.size() >= 4 && form.find_first_of("-T:.", text.size()) == text.size());
  if (!is_whole || text.size() > form.size()) return false;
  if (!std::equal(text.begin(), text.end(), form.begin(),
                  [&](char c, char f) { return is_digit(f) ? is_digit(c) : c == f; }))
    return false;
  // Month, day, hour, minute, second: where they stand, the first and the last that there is.
  constexpr std::array<std::tuple<std::size_t, int, int>, 5> parts = {
      {{5, 1, 12}, {8, 1, 31}, {11, 0, 23}, {14, 0, 59}, {17, 0, 59}}};
  return std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
    const auto [at, first, last] = part;
    if (text.size() < at + 2) return true;
    const int value = (text[at] - '0') * 10 + (text[at + 1] - '0');
    return value >= first && value <= last;
  });
}

std::string timestamp14(std::int64_t unix_ms) {
  const auto t = utc(unix_ms);
  return print("%04d%02d%02d%02d%02d%02d", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

std::string human_duration(std::chrono::milliseconds length) {
  const long long ms = length.count() < 0 ? 0 : length.count();
  const long long seconds = ms / 1000;
  if (ms < 1000) return print("%lld ms", ms);
  if (seconds < 60) return print("%.1f s", static_cast<double>(ms / 100) / 10.0);
  if (seconds < 3600) return print("%lld min %lld s", seconds / 60, seconds % 60);
  if (seconds < 86400) return print("%lld h %lld min", seconds / 3600, seconds % 3600 / 60);
  return print("%lld d %lld h", seconds / 86400, seconds % 86400 / 3600);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  long long number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || number < 0) return std::nullopt;
  std::string_view unit(rest, static_cast<std::size_t>(end - rest));
  while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
  long long factor = 0;
  if (unit == "ms" || (unit.empty() && number == 0)) factor = 1;
  if (unit == "s") factor = 1000;
  if (unit == "min" || unit == "m") factor = 60'000;
  if (unit == "h") factor = 3'600'000;
  if (unit == "d") factor = 86'400'000;
  constexpr long long most = 2'147'483'647;  // Postgres keeps its timeouts in a 32-bit count of milliseconds
  if (factor == 0 || number > most / factor) return std::nullopt;
  return std::chrono::milliseconds(number * factor);
}

}  // namespace strata
