#include "core/model/applied.h"

namespace strata {

const char* name_of(MigrationState state) {
  switch (state) {
    case MigrationState::applied:
      return "applied";
    case MigrationState::running:
      return "running";
    case MigrationState::failed:
      return "failed";
    case MigrationState::in_doubt:
      return "in-doubt";
  }
  return "applied";
}

std::optional<MigrationState> parse_migration_state(std::string_view text) {
  for (const auto state :
       {MigrationState::applied, MigrationState::running, MigrationState::failed, MigrationState::in_doubt}) {
    if (text == name_of(state)) return state;
  }
  return std::nullopt;
}

}  // namespace strata
