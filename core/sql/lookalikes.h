// Text that is not what it looks like: a reviewer sees one thing, Postgres another.
#pragma once

#include <string_view>

namespace strata {

// The offset of the first character that makes a viewer show what follows in another order (the embeddings, overrides
// and isolates U+202A–202E, U+2066–2069), else npos. Rule: "Trojan Source", CVE-2021-42574. `text` is valid UTF-8.
std::size_t find_reordering(std::string_view text);

// Whether a name mixes Latin letters with Cyrillic or Greek ones, or holds a character without any width. Rule: Unicode
// TS 39, restriction level "highly restrictive", as far as those three scripts go. `name` is valid UTF-8.
bool is_lookalike(std::string_view name);

}  // namespace strata
