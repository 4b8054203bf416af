// Literals of the schema language: whether they are what they should be, and the form in which SQL has them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strata::prisma {

bool is_json(std::string_view text);
bool fits_int64(std::string_view text);  // a whole number as written

// Null, for these all, where the text is none.

// "007" -> "7", "-0" -> "0". Of any length.
std::optional<std::string> normal_integer(std::string_view text);

// A number, or a string that is one, without its exponent and with the digits behind the point kept: "-007.10" ->
// "-7.10", "1.5e3" -> "1500", "-0.0" -> "0.0". Null also for an exponent that Postgres has no digits for.
std::optional<std::string> normal_decimal(std::string_view text);

// RFC 3339, with a day of the calendar -> "2020-01-31 09:30:00.250 +02:00": the offset as written, the fraction with 0,
// 3, 6 or 9 digits.
std::optional<std::string> normal_date_time(std::string_view text);

// Base64 with its padding -> "\x" and lower-case hexadecimal digits.
std::optional<std::string> bytes_in_hex(std::string_view base64);

}  // namespace strata::prisma
