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

// A database that knows of others: `sql` gives a row for each, with the columns name and url.
struct FleetQuery {
  std::string url;
  std::string sql;
};

struct FleetFile {
  std::vector<FleetTarget> targets;  // [target.NAME] url
  std::optional<FleetQuery> query;   // [query] url, sql
};

// Fails with bad_config at line and column; also where it names neither a target nor a query.
Result<FleetFile> load_fleet(const std::string& file);

// The file's targets and those that its query gave, by name. Fails with bad_config where there is none, where a name is none
// or comes twice, or where a URL is missing.
Result<std::vector<FleetTarget>> join_fleet(std::vector<FleetTarget> targets, std::vector<FleetTarget> asked);

struct Shard {
  std::size_t index = 0;  // from 0
  std::size_t count = 1;
};

// "2/8"; "/8" takes the index from `completion_index`, as an Indexed Job of Kubernetes tells it to its pods
// (JOB_COMPLETION_INDEX). Fails with usage.
Result<Shard> parse_shard(const std::string& text, const std::optional<std::string>& completion_index);

// What falls to a share depends on a target's name alone: whatever else comes or goes between the runners of one fleet, none
// is left out.
std::vector<FleetTarget> share_of(const std::vector<FleetTarget>& fleet, const Shard& shard);

}  // namespace strata
