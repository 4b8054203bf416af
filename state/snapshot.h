// What is applied, as bytes: the form in which a snapshot lies in the ledger (compressed).
#pragma once

#include "core/base/result.h"
#include "core/model/applied.h"

#include <string>
#include <string_view>

namespace strata {

// 0x01, the number of migrations, each of them in the order of their ids, and the SHA-256 of all that: state/README.md.
std::string encode_applied(const Applied& applied);
// Accepts nothing that encode_applied does not produce. Fails with bad_ledger.
Result<Applied> decode_applied(std::string_view bytes);

}  // namespace strata
