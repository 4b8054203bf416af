// Which characters beyond ASCII a name may have.
#pragma once

#include <cstddef>
#include <string_view>

namespace strata::prisma {

// Bytes of the character at the start of `text`, valid UTF-8, if it is beyond ASCII and Unicode calls it a letter
// (general category L); else 0.
std::size_t letter_size(std::string_view text);

}  // namespace strata::prisma
