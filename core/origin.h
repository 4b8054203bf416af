// Who runs strata, where, and from what build: written into runs and events.
#pragma once

#include <string>

namespace strata {

extern const char* const strata_version;  // "0.1.0"

struct Origin {
  std::string os_user;
  std::string host;
  // {"commit":…,"image":…,"pipeline":…} from STRATA_COMMIT, STRATA_IMAGE, STRATA_PIPELINE, or what GitHub, GitLab,
  // Azure and Jenkins set; "{}" where nothing is told.
  std::string build_json;
};

Origin find_origin();

}  // namespace strata
