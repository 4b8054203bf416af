// How validation words an error: with the place it is about, and with owners when two modules are concerned.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"

#include <string>

namespace strata::prisma {

inline tl::unexpected<Error> refuse(const SchemaFile& file, Place at, std::string message, std::string next = {}) {
  return fail(Error{.code = ErrorCode::bad_module,
                    .message = std::move(message),
                    .next = std::move(next),
                    .where = {file.path, at.line, at.column}});
}

// `module identity (modules/identity/schema/a.prisma:3:1)`; the base module is just `base`.
inline std::string whose(const SchemaFile& file, Place at) {
  return (file.owner == "base" ? file.owner : "module " + file.owner) + " (" + file.path + ":" +
         std::to_string(at.line) + ":" + std::to_string(at.column) + ")";
}

}  // namespace strata::prisma
