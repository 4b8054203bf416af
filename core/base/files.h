// Files that are read and written because a command line, a setting or a volume names them.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <limits>
#include <string>

namespace strata {

// The whole of it. Fails with `code`, naming the path; `next` says what to do then. What strangers may have written
// (/dev/zero) is refused when it is larger than `most` bytes.
Result<std::string> read_file(const std::string& path, const std::string& next,
                              std::size_t most = std::numeric_limits<std::size_t>::max(),
                              ErrorCode code = ErrorCode::io_failed);

// A secret: refused with not_permitted when others than its owner may read or write it.
Result<std::string> read_private_file(const std::string& path, const std::string& next, std::size_t most);

// Replaces what is there, whole or not at all, and makes the folder where it is missing. What is no regular file
// (/dev/stdout, a pipe) is written to as it is; a symbolic link to a file is refused. Fails with io_failed.
Result<void> write_file(const std::string& path, const std::string& text);

}  // namespace strata
