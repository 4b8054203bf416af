#include "core/forecast/analysis.h"

#include <algorithm>

namespace strata {

namespace {

// How bad it is to have the reason told; a stronger lock tells between two that only lock.
constexpr int dropping = 40, rewriting = 30, rebuilding = 25, scanning = 20, emptying = 15;

void tell(int& rank, std::string& because, int worse, const std::string& why) {
  if (worse <= rank) return;
  rank = worse;
  because = why;
}

}  // namespace

Analysis::Entry* Analysis::entry_of(const RelationName& relation) {
  const auto* object = world.relation(relation);
  if (object == nullptr || world.is_new(relation)) return nullptr;
  auto& entry = entries_[relation];
  const auto name = world.first_name_of(relation);
  entry.impact.schema = name.schema;
  entry.impact.table = name.name;
  entry.impact.kind = object->kind;
  return &entry;
}

Analysis::Entry* Analysis::stored(const RelationName& table) {
  const auto* object = world.relation(table);
  if (object == nullptr) return nullptr;
  const bool has_rows = object->kind == ObjectKind::materialized_view ||
                        (object->kind == ObjectKind::table && object->property("form") == "table");
  return has_rows ? entry_of(table) : nullptr;
}

void Analysis::lock(const RelationName& relation, LockMode mode, const std::string& because) {
  auto* entry = entry_of(relation);
  if (entry == nullptr) return;
  entry->impact.lock = std::max(entry->impact.lock, mode);
  tell(entry->rank, entry->impact.because, static_cast<int>(mode), because);
}

void Analysis::lock_all(const std::vector<RelationName>& relations, LockMode mode, const std::string& because) {
  for (const auto& relation : relations) lock(relation, mode, because);
}

void Analysis::scan(const RelationName& table, const std::string& because) {
  auto* entry = stored(table);
  if (entry == nullptr) return;
  entry->impact.scans = true;
  tell(entry->rank, entry->impact.because, scanning, because);
}

void Analysis::rewrite(const RelationName& table, const std::string& because) {
  auto* entry = stored(table);
  if (entry == nullptr) return;
  entry->impact.scans = true;
  entry->impact.rewrites = true;
  entry->impact.rebuilt_indexes.clear();
  tell(entry->rank, entry->impact.because, rewriting, because);
}

void Analysis::empty(const RelationName& table, const std::string& because) {
  auto* entry = stored(table);
  if (entry == nullptr) return;
  entry->impact.empties = true;
  tell(entry->rank, entry->impact.because, emptying, because);
}

void Analysis::drop(const RelationName& relation, const std::string& because) {
  lock(relation, LockMode::access_exclusive, because);
  auto* entry = entry_of(relation);
  if (entry == nullptr) return;
  entry->impact.drops = true;
  tell(entry->rank, entry->impact.because, dropping, because);
}

void Analysis::rebuild(const RelationName& table, const std::string& index, const std::string& because) {
  auto* entry = stored(table);
  if (entry == nullptr || entry->impact.rewrites) return;
  auto& indexes = entry->impact.rebuilt_indexes;
  if (std::find(indexes.begin(), indexes.end(), index) == indexes.end()) indexes.push_back(index);
  entry->impact.scans = true;
  tell(entry->rank, entry->impact.because, rebuilding, because);
}

void Analysis::cannot_tell(const std::string& why) {
  if (unknown_.find(why) == std::string::npos) unknown_ += (unknown_.empty() ? "" : "; ") + why;
}

void Analysis::cannot_find(const RelationName& written) {
  cannot_tell("what " + printed(written) + " is: there is none that is known of");
}

StatementImpact Analysis::impact() const {
  StatementImpact impact{.unknown = unknown_};
  for (const auto& [name, entry] : entries_) impact.tables.push_back(entry.impact);
  return impact;
}

std::vector<RelationName> Analysis::family_of(const RelationName& table, const Node& range_var) const {
  std::vector<RelationName> family{table};
  if (!range_var.flag("inh")) return family;
  for (auto& descendant : world.descendants_of(table)) family.push_back(std::move(descendant));
  return family;
}

std::vector<RelationName> Analysis::with_partitions(const RelationName& table) const {
  std::vector<RelationName> family{table};
  if (!is_partitioned(table)) return family;
  for (auto& partition : world.descendants_of(table)) family.push_back(std::move(partition));
  return family;
}

bool Analysis::is_partitioned(const RelationName& table) const {
  const auto* object = world.relation(table);
  return object != nullptr && object->property("form") == "partitioned";
}

}  // namespace strata
