// The expressions of the schema language: what stands behind `=`, and attributes with their arguments.
#pragma once

#include "core/prisma/cursor.h"

#include <string>
#include <vector>

namespace strata::prisma {

// Lists, calls and objects may be nested this deep. A real schema needs three.
inline constexpr int deepest_nesting = 32;

// A value at the cursor. Fails when there is none; `expected` says in messages what it would have been.
Result<Value> parse_value(Cursor& cursor, const std::string& expected, int depth = 0);

// The string at the cursor, which sees its opening quote.
Result<Value> parse_text(Cursor& cursor);

// Attributes up to the end of the line or a comment: `@id @default(now())`. The cursor sees the first @, or none.
Result<std::vector<Attribute>> parse_attributes(Cursor& cursor);

// One attribute; the cursor sees `sign`, which is @ or @@.
Result<Attribute> parse_attribute(Cursor& cursor, std::string_view sign);

}  // namespace strata::prisma
