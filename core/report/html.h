// HTML that cannot be broken out of: whatever is put into it is escaped here.
#pragma once

#include <string>
#include <string_view>

namespace strata {

// For text and for attributes in double quotes. Control and bidirectional characters and invalid UTF-8 are made visible
// as on a terminal (base/escape.h); line feeds and tabs stay.
std::string html(std::string_view text);

// A SHA-256 or another long word without blanks: whole, and broken anywhere on a narrow page.
std::string html_code(std::string_view text);

}  // namespace strata
