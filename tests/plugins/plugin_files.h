// The plugins that the build makes, as bytes.
#pragma once

#include "tests/support/temp_dir.h"

#include <string>

namespace strata::test {

inline const std::string cases_plugin = STRATA_BINARY_DIR "/plugins/cases.so";

}  // namespace strata::test
