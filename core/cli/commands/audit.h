// The subcommands of audit, and what they share.
#pragma once

#include "core/cli/workbench.h"

#include <functional>

namespace strata {

CLI::App* add_audit_command(CLI::App& group, Workbench& bench, const char* name, const char* what,
                            const std::function<Result<int>()>& run);

void add_audit_log(CLI::App& group, Workbench& bench);
void add_audit_checkpoint(CLI::App& group, Workbench& bench);
void add_audit_export(CLI::App& app, CLI::App& group, Workbench& bench);

}  // namespace strata
