// Secrets that a volume mounts as files: DIR/VAULT/NAME, as Kubernetes' CSI driver and Key Vault put them there.
#pragma once

#include "core/base/result.h"

#include <map>
#include <string>

namespace strata {

// A secret as it was meant: editors, `echo` and base64 add line ends that no URL or password has.
std::string without_line_end(std::string text);

// Name → content without its last line ends. Names that begin with ".." are the driver's own (its links lead through
// ..data), folders below a vault are passed over; of a name in two vaults the later vault's counts. Fails with
// bad_config, naming the path, where `folder` or a file in it cannot be read.
Result<std::map<std::string, std::string>> read_secrets(const std::string& folder);

}  // namespace strata
