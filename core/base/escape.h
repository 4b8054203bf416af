// Text that somebody else wrote (names, SQL, server messages), made safe to print on a terminal or in one log line.
#pragma once

#include <string>
#include <string_view>

namespace strata {

// Control characters but line feed and tab, bidirectional controls and invalid UTF-8 become \x1b, \u202e, \xff.
std::string printable(std::string_view text);
// The same on one line: line feed and tab become a blank as well, runs of blanks one; cut at `most` characters with
// "…".
std::string one_line(std::string_view text, std::size_t most = 200);
// The offset of the first byte that is not valid UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view bytes);
// The text with each invalid sequence in it replaced by U+FFFD, as decoders do (Unicode 15, 3.9: maximal subparts).
std::string replace_invalid_utf8(std::string_view bytes);
// Code points in `text`, which is valid UTF-8.
std::size_t count_characters(std::string_view text);

}  // namespace strata
