// Names and strings as SQL writes them.
#pragma once

#include <string>
#include <string_view>

namespace strata {

std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);  // for standard_conforming_strings = on, which every session sets

}  // namespace strata
