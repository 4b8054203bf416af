// What is applied, as bytes: the form in which a snapshot lies in the ledger (compressed).
#pragma once

#include "core/base/result.h"
#include "core/model/applied.h"

#include <string>
#include <string_view>

namespace strata {

// The bytes are described in state/README.md.
std::string encode_applied(const Applied& applied);
// Accepts nothing that encode_applied does not produce. Fails with bad_ledger.
Result<Applied> decode_applied(std::string_view bytes);

}  // namespace strata
