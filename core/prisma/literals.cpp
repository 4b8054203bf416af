#include "core/prisma/literals.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

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
  return offset == "-00:00" ? "+00:00" : offset;
}

// 0 to 63, or 64 for what is no digit of base64.
std::uint32_t base64_digit(char c) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return static_cast<std::uint32_t>(std::min(digits.find(c), digits.size()));
}

}  // namespace

std::optional<std::string> normal_integer(std::string_view text) {
  const bool negative = takes_sign(text);
  if (!are_digits(text)) return std::nullopt;
  std::string digits(text);
  remove_leading_zeros(digits);
  return negative && digits != "0" ? "-" + digits : digits;
}

std::optional<std::string> normal_decimal(std::string_view text) {
  const bool negative = takes_sign(text);
  const auto exponent = take_exponent(text);
  if (!exponent) return std::nullopt;
  const auto point = std::min(text.find('.'), text.size());
  const auto behind = text.substr(std::min(point + 1, text.size()));
  auto digits = std::string(text.substr(0, point)).append(behind);
  std::erase(digits, '_');  // 1_000 in a string is a number to Prisma
  if (!are_digits(digits)) return std::nullopt;
  remove_leading_zeros(digits);
  const bool zero = is_zero(digits);
  const auto number = with_point(std::move(digits), static_cast<int>(behind.size()) - *exponent);
  return negative && !zero ? "-" + number : number;
}

std::optional<std::string> normal_date_time(std::string_view text) {
  constexpr std::string_view date = "0000-00-00", time = "00:00:00";
  constexpr auto seconds_end = date.size() + 1 + time.size();
  if (text.size() < seconds_end || !has_form(text.substr(0, date.size()), date) ||
      std::string_view("Tt ").find(text[date.size()]) == std::string_view::npos ||
      !has_form(text.substr(date.size() + 1, time.size()), time))
    return std::nullopt;

  auto rest = text.substr(seconds_end);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    fraction = rest.substr(1, std::find_if_not(rest.begin() + 1, rest.end(), is_digit) - rest.begin() - 1);
    if (fraction.empty()) return std::nullopt;
    rest.remove_prefix(1 + fraction.size());
  }
  const auto offset = normal_offset(rest);
  if (!offset) return std::nullopt;
  auto result = std::string(text.substr(0, date.size())) + " ";
  result.append(text.substr(date.size() + 1, time.size())).append(normal_fraction(fraction));
  return result + " " + *offset;
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
