// A desired schema as SQL.
#pragma once

#include "core/schema/schema.h"

#include <string>

namespace strata {

// The script that makes `schema` in an empty database. Its layout is a promise, down to each blank: scripts of Prisma
// and of strata for the same schema are the same bytes, so that they have the same checksum. (One difference is meant:
// a quote within a name is doubled here, where Prisma's script would be broken.) Each step is a comment line and a
// statement; a blank line separates steps, and the last line ends with a line feed. Without any step: a comment that
// says so.
std::string creation_script(const DesiredSchema& schema);

}  // namespace strata
