#include "core/prisma/literal_text.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace strata::prisma {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Takes a number of exactly `digits` digits from the front; -1: there is none.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), is_digit)) {
    return -1;
  }
  int number = 0;
  for (const char c : text.substr(0, digits)) number = number * 10 + (c - '0');
  text.remove_prefix(digits);
  return number;
}

bool take(std::string_view& text, std::string_view letters) {
  if (text.empty() || letters.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

bool take_digits(std::string_view& text) {
  const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
  const auto count = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(count);
  return count > 0;
}

int days_in(int year, int month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

bool take_date(std::string_view& text) {
  const int year = take_number(text, 4);
  if (year < 0 || !take(text, "-")) return false;
  const int month = take_number(text, 2);
  if (month < 1 || month > 12 || !take(text, "-")) return false;
  const int day = take_number(text, 2);
  return day >= 1 && day <= days_in(year, month);
}

bool take_hours_and_minutes(std::string_view& text) {
  const int hours = take_number(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ":")) return false;
  const int minutes = take_number(text, 2);
  return minutes >= 0 && minutes <= 59;
}

}  // namespace

bool is_json(std::string_view text) {
  return nlohmann::json::accept(text);
}

bool is_base64(std::string_view text) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  if (text.size() % 4 != 0) return false;
  unsigned unused_bits = 0;  // of the last character, for which no byte is left
  for (; unused_bits < 4 && text.ends_with('='); unused_bits += 2) text.remove_suffix(1);
  if (text.find_first_not_of(alphabet) != std::string_view::npos) return false;
  return text.empty() ? unused_bits == 0 : alphabet.find(text.back()) % (1U << unused_bits) == 0;
}

bool is_date_time(std::string_view text) {
  if (!take_date(text) || !take(text, "Tt ") || !take_hours_and_minutes(text) || !take(text, ":")) return false;
  const int seconds = take_number(text, 2);
  if (seconds < 0 || seconds > 60) return false;
  if (take(text, ".") && !take_digits(text)) return false;
  if (take(text, "Zz")) return text.empty();
  return take(text, "+-") && take_hours_and_minutes(text) && text.empty();
}

bool is_decimal(std::string_view text) {
  take(text, "-+");
  const bool whole = take_digits(text);
  const bool fraction = take(text, ".") && take_digits(text);
  if (!whole && !fraction) return false;
  if (take(text, "eE")) {
    take(text, "-+");
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

bool fits_int64(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [at, problem] = std::from_chars(text.data(), end, number);
  return problem == std::errc() && at == end;
}

}  // namespace strata::prisma
