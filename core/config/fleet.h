// Many databases that get the same migrations: a file of targets, and the part of them that one runner takes.
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct FleetTarget {
  std::string name;
  std::string url;  // as written, as in strata.toml
};

// Its [target.NAME] tables, by name: the order is the same for every runner. Fails with bad_config at line and column.
Result<std::vector<FleetTarget>> load_fleet(const std::string& file);

struct Shard {
  std::size_t index = 0;  // from 0
  std::size_t count = 1;
};

// "2/8"; "/8" takes the index from `completion_index`, as an Indexed Job of Kubernetes tells it to its pods
// (JOB_COMPLETION_INDEX). Fails with usage.
Result<Shard> parse_shard(const std::string& text, const std::optional<std::string>& completion_index);

// Every `count`th target, from `index` on.
std::vector<FleetTarget> share_of(const std::vector<FleetTarget>& fleet, const Shard& shard);

}  // namespace strata
