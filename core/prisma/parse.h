// Reads one file of Prisma's schema language.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"

#include <string_view>

namespace strata::prisma {

// Fails with bad_module, with line and column, at the first thing that the grammar does not know: also for invalid
// UTF-8, and for blocks nested deeper than a schema can be. A line ends with LF, CRLF or CR. `path` and `owner` are
// kept for messages.
Result<SchemaFile> parse(std::string_view text, std::string path, std::string owner);

}  // namespace strata::prisma
