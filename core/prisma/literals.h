// Literals of the schema language in the form in which a default is written into SQL. Each is null for what is none.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strata::prisma {

// "007" -> "7", "-0" -> "0". Of any length.
std::optional<std::string> normal_integer(std::string_view text);

// A number, or a string that is one, without its exponent and with the digits behind the point kept: "-007.10" ->
// "-7.10", "1.5e3" -> "1500", "-0.0" -> "0.0". Null also for an exponent that Postgres has no digits for.
std::optional<std::string> normal_decimal(std::string_view text);

// RFC 3339 -> "2020-01-31 09:30:00.250 +02:00": the offset as written, the fraction with 0, 3, 6 or 9 digits.
std::optional<std::string> normal_date_time(std::string_view text);

// Base64 with its padding -> "\x" and lower-case hexadecimal digits.
std::optional<std::string> bytes_in_hex(std::string_view base64);

}  // namespace strata::prisma
