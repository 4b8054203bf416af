// The bundle: a module as one canonical JSON text, which is what a plugin carries in its section .strata.bundle.
#pragma once

#include "core/base/result.h"
#include "core/discovery/module_parts.h"

#include <string>
#include <string_view>

namespace strata {

// {"code":false,"digest":"…","files":[{"path":…,"sha256":…,"text":…}],"format":1,"id":…,"owns":{"schemas":[…]},
//  "requires":[…],"team":{"name":…},"version":…}: keys sorted, no white space, so that one module has one bundle.
// Fails with bad_module for a file that is not UTF-8 (JSON cannot carry it).
Result<std::string> write_bundle(const ModuleParts& parts);

// Reads one back. Fails with bad_module, naming `path`, unless it is exactly what write_bundle writes: format,
// canonical form, every sha256 and the digest are checked, and paths must be plain relative ones.
Result<ModuleParts> read_bundle(std::string_view text, const std::string& path);

}  // namespace strata
