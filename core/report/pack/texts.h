// Files of the source tree that strata carries with it, for evidence packs.
#pragma once

#include <string_view>

namespace strata {

extern const std::string_view state_readme;  // state/README.md
extern const std::string_view pack_readme;   // readme.md: what stands in a pack before the format's description
extern const std::string_view pack_verify;   // verify.sh
extern const std::string_view pack_style;    // style.css

}  // namespace strata
