// Plan files, checkpoints and the keys that sign them, as they are named on the command line.
#pragma once

#include "core/base/note.h"
#include "core/base/signature.h"
#include "core/plan/plan_file.h"

#include <string>
#include <vector>

namespace strata {

// Fails with io_failed, bad_plan.
Result<PlanFile> open_plan_file(const std::string& path);
// Fails with io_failed, refused (no such note).
Result<Note> open_note(const std::string& path);

// Fails with io_failed, refused (no such key), not_permitted (others may read it).
Result<std::vector<PrivateKey>> read_private_keys(const std::vector<std::string>& paths);
Result<std::vector<PublicKey>> read_public_keys(const std::vector<std::string>& paths);

}  // namespace strata
