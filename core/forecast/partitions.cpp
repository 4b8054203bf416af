// Partitions that come and go.
#include "core/forecast/analysis.h"
#include "core/forecast/condition.h"

namespace strata {

namespace {

// The parent's indexes that the partition has not got yet.
void build_missing(Analysis& analysis, const RelationName& parent, const RelationName& partition) {
  const auto& world = analysis.world;
  for (const auto* index : world.indexes_of(parent)) {
    if (!has_index_like(world, partition, *index))
      analysis.scan(partition, "an index like " + index->name + " is built");
  }
}

}  // namespace

void join_partitions(Analysis& analysis, const RelationName& parent, bool checks_rows) {
  const auto& world = analysis.world;
  if (const auto other = world.default_partition_of(parent)) {
    analysis.lock(*other, LockMode::access_exclusive, "rows of the new partition may not be in it");
    analysis.scan(*other, "rows of the new partition may not be in it");
  }
  for (const auto* constraint : world.foreign_keys_of(parent)) {
    const auto referenced = qualified_name(constraint->property("references"));
    analysis.lock(referenced, LockMode::share_row_exclusive, "the new partition gets foreign key " + constraint->name);
    if (checks_rows) analysis.scan(referenced, "rows of the new partition are looked for in it");
  }
}

void attach_partition(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& parent = alteration.table();
  const auto& range_var = alteration.command["def"]["name"];
  const auto& bound = alteration.command["def"]["bound"];
  const auto partition = world.relation_named(written_name(range_var));
  if (!partition) return;
  join_partitions(analysis, parent, true);
  const auto& key = world.relation(parent)->property("partition_key");
  std::vector<RelationName> family{*partition};
  for (auto& descendant : world.descendants_of(*partition)) family.push_back(std::move(descendant));
  for (const auto& member : family) {
    analysis.lock(member, LockMode::access_exclusive, "it becomes a partition of " + parent.name);
    if (bound.flag("is_default") || !imply_bound(known_of(world, member), key, bound))
      analysis.scan(member, "every row is checked, unless a valid CHECK implies the bound");
    build_missing(analysis, parent, member);
    if (!world.foreign_keys_of(parent).empty()) analysis.scan(member, "its rows are checked by foreign keys");
  }
  auto attached = *world.relation(*partition);
  attached.properties["partition_of"] = quoted(parent);
  if (bound.flag("is_default")) attached.properties["bound"] = "DEFAULT";
  world.put(std::move(attached));
}

void detach_partition(Analysis& analysis, const Alteration& alteration) {
  auto& world = analysis.world;
  const auto& parent = alteration.table();
  const auto partition = world.relation_named(written_name(alteration.command["def"]["name"]));
  if (!partition) return;
  const auto mode = analysis.server < 14 ? LockMode::share_update_exclusive : LockMode::access_exclusive;
  analysis.lock(*partition, mode, "it is no partition of " + parent.name + " any more");
  const auto other = world.default_partition_of(parent);
  if (other && *other != *partition)
    analysis.lock(*other, LockMode::access_exclusive, "partition " + partition->name + " is detached");
  auto detached = *world.relation(*partition);
  detached.properties.erase("partition_of");
  detached.properties.erase("bound");
  world.put(std::move(detached));
}

}  // namespace strata
