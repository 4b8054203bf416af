// The forms that strings must have to be defaults of some types.
#pragma once

#include <string_view>

namespace strata::prisma {

bool is_json(std::string_view text);
bool is_base64(std::string_view text);     // with padding, no bits left over
bool is_date_time(std::string_view text);  // RFC 3339: 2020-03-19T14:21:00.5+02:00
bool is_decimal(std::string_view text);    // -12.5e3
bool fits_int64(std::string_view text);    // a whole number as written

}  // namespace strata::prisma
