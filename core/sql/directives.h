// `-- strata: …` lines at the head of a migration, before its first statement (design 3.3).
#pragma once

#include "core/base/result.h"
#include "core/model/migration.h"

#include <string_view>

namespace strata {

// Whether a comment is a directive, well formed or not. Only a `--` comment can be one. `--strata:` and `-- Strata:`
// are as well: a line that somebody meant for strata is read or refused, never passed over.
bool is_directive(std::string_view comment);

// Reads only the comments before the first statement: cheap enough for every migration of a catalog.
//   needs MODULE/NAME              may stand several times
//   no-transaction
//   lock-timeout 2s                0 means none, as in Postgres
//   statement-timeout 10min
//   allow HAZARD "why"             may stand several times
// Fails with bad_migration at line and column for an unknown directive (saying which are known), a bad value, a
// duplicate of one that may stand once, `needs` of something that is no migration id.
Result<Directives> read_directives(std::string_view bytes, std::string_view file);

}  // namespace strata
