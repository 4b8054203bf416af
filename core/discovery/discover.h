// Every module of the configured places: folders, the base migrations, plugins.
#pragma once

#include "core/base/result.h"
#include "core/config/config.h"
#include "core/model/module.h"

#include <vector>

namespace strata {

// In no particular order; two modules with one id are the catalog's business, which names both paths. A base folder
// that does not exist contributes nothing, unless no module is found at all. Fails with bad_module, bad_migration,
// bad_config or not_permitted, naming the path.
Result<std::vector<Module>> discover(const Config& config);

}  // namespace strata
