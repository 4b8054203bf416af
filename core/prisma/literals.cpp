#include "core/prisma/literals.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>

namespace strata::prisma {

namespace {

constexpr int longest_exponent = 131072;  // digits that a number of Postgres has before its point

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool are_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

bool takes_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

void remove_leading_zeros(std::string& digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

bool is_zero(std::string_view digits) {
  return digits.find_first_not_of('0') == std::string_view::npos;
}

// Takes "e5" from the end of `text`; without any it is 0.
std::optional<int> take_exponent(std::string_view& text) {
  const auto begin = text.find_first_of("eE");
  if (begin == std::string_view::npos) return 0;
  auto digits = text.substr(begin + 1);
  text = text.substr(0, begin);
  const bool negative = takes_sign(digits);
  int exponent = 0;
  if (!are_digits(digits) ||
      std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc() ||
      exponent > longest_exponent)
    return std::nullopt;
  return negative ? -exponent : exponent;
}

// `digits` with the point before the last `scale` of them; a negative scale is that many zeros more.
std::string with_point(std::string digits, int scale) {
  if (scale <= 0) return digits + std::string(static_cast<std::size_t>(-scale), '0');
  const auto behind = static_cast<std::size_t>(scale);
  if (digits.size() <= behind) digits.insert(0, behind + 1 - digits.size(), '0');
  digits.insert(digits.size() - behind, 1, '.');
  return digits;
}

// 0 in `pattern` stands for any digit.
bool has_form(std::string_view text, std::string_view pattern) {
  return text.size() == pattern.size() && std::equal(text.begin(), text.end(), pattern.begin(), [](char c, char form) {
           return form == '0' ? is_digit(c) : c == form;
         });
}

// `text` has digits there.
int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

int days_in(int year, int month) {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

// `text` has the form 0000-00-00.
bool is_date(std::string_view text) {
  const int year = two_digits(text, 0) * 100 + two_digits(text, 2);
  const int month = two_digits(text, 5);
  const int day = two_digits(text, 8);
  return month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

// `text` has the form 00:00.
bool is_hours_and_minutes(std::string_view text) {
  return two_digits(text, 0) <= 23 && two_digits(text, 3) <= 59;
}

// Digits behind the point, cut to nanoseconds and filled up to 3, 6 or 9; with the point, or empty when all are 0.
std::string normal_fraction(std::string_view digits) {
  std::string fraction(digits.substr(0, 9));
  fraction.resize(9, '0');
  while (fraction.ends_with("000")) fraction.resize(fraction.size() - 3);
  return fraction.empty() ? "" : "." + fraction;
}

// "Z" and "-00:00" are "+00:00". The minus may be U+2212, which ISO 8601 prefers.
std::optional<std::string> normal_offset(std::string_view text) {
  constexpr std::string_view true_minus = "\u2212";
  if (text == "Z" || text == "z") return "+00:00";
  auto offset = text.starts_with(true_minus) ? "-" + std::string(text.substr(true_minus.size())) : std::string(text);
  if (!has_form(offset, "+00:00") && !has_form(offset, "-00:00")) return std::nullopt;
  if (!is_hours_and_minutes(std::string_view(offset).substr(1))) return std::nullopt;
  return offset == "-00:00" ? "+00:00" : offset;
}

// 0 to 63, or 64 for what is no digit of base64.
std::uint32_t base64_digit(char c) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return static_cast<std::uint32_t>(std::min(digits.find(c), digits.size()));
}

}  // namespace

bool is_json(std::string_view text) {
  return nlohmann::json::accept(text);
}

bool fits_int64(std::string_view text) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [at, problem] = std::from_chars(text.data(), end, number);
  return problem == std::errc() && at == end;
}

std::optional<std::string> normal_integer(std::string_view text) {
  const bool negative = takes_sign(text);
  if (!are_digits(text)) return std::nullopt;
  std::string digits(text);
  remove_leading_zeros(digits);
  return negative && digits != "0" ? "-" + digits : digits;
}

std::optional<std::string> normal_decimal(std::string_view text) {
  std::string written(text);
  std::erase(written, '_');  // "1_000" is a number to Prisma
  std::string_view rest = written;
  const bool negative = takes_sign(rest);
  const auto exponent = take_exponent(rest);
  if (!exponent) return std::nullopt;
  const auto point = std::min(rest.find('.'), rest.size());
  const auto behind = rest.substr(std::min(point + 1, rest.size()));
  auto digits = std::string(rest.substr(0, point)).append(behind);
  if (!are_digits(digits)) return std::nullopt;
  remove_leading_zeros(digits);
  const bool zero = is_zero(digits);
  const auto number = with_point(std::move(digits), static_cast<int>(behind.size()) - *exponent);
  return negative && !zero ? "-" + number : number;
}

std::optional<std::string> normal_date_time(std::string_view text) {
  constexpr std::string_view form = "0000-00-00 00:00:00";
  std::string moment(text.substr(0, form.size()));
  if (moment.size() == form.size() && (moment[10] == 'T' || moment[10] == 't')) moment[10] = ' ';
  if (!has_form(moment, form) || !is_date(moment.substr(0, 10)) || !is_hours_and_minutes(moment.substr(11, 5)) ||
      two_digits(moment, 17) > 60)
    return std::nullopt;

  auto rest = text.substr(form.size());
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = rest.substr(0, std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
    if (fraction.empty()) return std::nullopt;
    rest.remove_prefix(fraction.size());
  }
  const auto offset = normal_offset(rest);
  if (!offset) return std::nullopt;
  return moment + normal_fraction(fraction) + " " + *offset;
}

std::optional<std::string> bytes_in_hex(std::string_view base64) {
  if (base64.size() % 4 != 0) return std::nullopt;
  for (int padding = 0; padding < 2 && base64.ends_with('='); ++padding) base64.remove_suffix(1);

  std::string result = "\\x";
  std::uint32_t bits = 0;
  unsigned count = 0;  // of bits that are not written yet
  for (const char c : base64) {
    const auto digit = base64_digit(c);
    if (digit > 63) return std::nullopt;
    bits = bits << 6U | digit;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    const auto byte = bits >> count;
    result += "0123456789abcdef"[byte >> 4U];
    result += "0123456789abcdef"[byte & 15U];
    bits &= (1U << count) - 1;
  }
  if (bits != 0) return std::nullopt;  // padding hides no bits
  return result;
}

}  // namespace strata::prisma
