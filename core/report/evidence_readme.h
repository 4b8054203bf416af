// README.md of an evidence pack: what it is, how to check it, and the parts of state/README.md that describe the
// format.
#pragma once

#include "core/evidence.h"

#include <string>

namespace strata {

std::string evidence_readme(const Evidence& evidence);

}  // namespace strata
