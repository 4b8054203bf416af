#include "core/catalog/catalog.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace strata {

namespace {

tl::unexpected<Error> bad(std::string message, std::string next = {}) {
  return fail(ErrorCode::bad_module, std::move(message), std::move(next));
}

// Nodes with the nodes they wait for: sorted so that each comes after those, ties by the nodes' own order.
// What cannot be sorted lies on or behind a cycle and stays out of `sorted`.
template <typename Node>
struct Graph {
  std::map<Node, std::set<Node>> waits_for;

  std::vector<Node> sorted() const {
    std::map<Node, std::size_t> open;
    std::map<Node, std::vector<Node>> waiting;
    std::set<Node> ready;
    for (const auto& [node, before] : waits_for) {
      open[node] = before.size();
      if (before.empty()) ready.insert(node);
      for (const auto& other : before) waiting[other].push_back(node);
    }
    std::vector<Node> order;
    while (!ready.empty()) {
      const Node node = *ready.begin();
      ready.erase(ready.begin());
      order.push_back(node);
      for (const auto& next : waiting[node]) {
        if (--open[next] == 0) ready.insert(next);
      }
    }
    return order;
  }

  // One cycle, as a path that begins and ends with the same node. Call it only when there is one.
  std::vector<Node> cycle(const std::vector<Node>& sorted_nodes) const {
    const std::set<Node> done(sorted_nodes.begin(), sorted_nodes.end());
    std::vector<Node> path;
    auto at = std::find_if(waits_for.begin(), waits_for.end(), [&](const auto& entry) {
                return done.count(entry.first) == 0;
              })->first;
    // Each node left waits for another that is left: following them must come back.
    for (;;) {
      const auto seen = std::find(path.begin(), path.end(), at);
      if (seen != path.end()) {
        path.erase(path.begin(), seen);
        path.push_back(at);
        return path;
      }
      path.push_back(at);
      const auto& before = waits_for.at(at);
      at = *std::find_if(before.begin(), before.end(), [&](const Node& node) { return done.count(node) == 0; });
    }
  }
};

Result<std::map<std::string, int, std::less<>>> rank_modules(const std::vector<Module>& modules) {
  std::map<std::string, const Module*> by_id;
  std::map<std::string, std::string> paths;
  for (const auto& module : modules) {
    auto& list = paths[module.id];
    list += "\n  " + module.path;
    if (!by_id.emplace(module.id, &module).second) {
      for (const auto& other : modules) {
        if (other.id == module.id && &other > &module) list += "\n  " + other.path;
      }
      return bad(
          "module '" + module.id + "' is there more than once:" + list,
          "keep one of them: remove the other, or take its folder out of [project] modules or plugins in strata.toml");
    }
  }
  Graph<std::string> graph;
  for (const auto& module : modules) {
    auto& before = graph.waits_for[module.id];
    for (const auto& requirement : module.requirements) {
      const auto found = by_id.find(requirement.module);
      const auto wanted = requirement.module + " " + requirement.range.text();
      if (found == by_id.end()) {
        return bad("module '" + module.id + "' (" + module.path + ") requires " + wanted +
                       ", but there is no module '" + requirement.module + "'",
                   "add that module to the project, or take it out of `requires` in module.toml of " + module.id);
      }
      if (!requirement.range.contains(found->second->version)) {
        return bad("module '" + module.id + "' (" + module.path + ") requires " + wanted + ", but " +
                       requirement.module + " here is " + found->second->version.text() + " (" + found->second->path +
                       ")",
                   "ship a " + requirement.module + " that fits, or change `requires` of " + module.id);
      }
      before.insert(requirement.module);
    }
    if (module.id != base_module_id && by_id.count(std::string(base_module_id)) != 0)
      before.insert(std::string(base_module_id));
  }
  const auto sorted = graph.sorted();
  if (sorted.size() != graph.waits_for.size()) {
    std::string path;
    std::string list;
    for (const auto& id : graph.cycle(sorted)) {
      path += (path.empty() ? "" : " → ") + id;
      if (list.find("\n  " + by_id.at(id)->path) == std::string::npos) list += "\n  " + by_id.at(id)->path;
    }
    return bad("modules require each other in a circle: " + path + list,
               "take one of these requirements out of its module.toml");
  }
  std::map<std::string, int, std::less<>> ranks;
  for (const auto& id : sorted) {
    int rank = id == base_module_id ? 0 : 1;
    for (const auto& other : graph.waits_for.at(id)) rank = std::max(rank, ranks.at(other) + 1);
    ranks[id] = rank;
  }
  return ranks;
}

// Ties go by timestamp, then rank, then module id; the name only makes it total.
using Key = std::tuple<std::string_view, int, std::string_view, std::string_view, const Migration*>;

}  // namespace

Result<Catalog> Catalog::build(std::vector<Module> modules) {
  Catalog catalog;
  STRATA_TRY(catalog.ranks_, rank_modules(modules));
  std::sort(modules.begin(), modules.end(), [&](const Module& a, const Module& b) {
    return std::make_pair(catalog.ranks_.at(a.id), a.id) < std::make_pair(catalog.ranks_.at(b.id), b.id);
  });
  catalog.modules_ = std::move(modules);
  for (const auto& module : catalog.modules_) {
    for (const auto* list : {&module.migrations, &module.repeatables}) {
      for (const auto& migration : *list) catalog.migrations_[migration.id] = &migration;
    }
  }

  const auto key_of = [&](const Migration& migration) -> Key {
    const bool repeatable = migration.kind == MigrationKind::repeatable;
    return {repeatable ? std::string_view() : migration.timestamp(), catalog.rank_of(migration.id.module),
            migration.id.module, migration.id.name, &migration};
  };
  for (const auto kind : {MigrationKind::migration, MigrationKind::repeatable}) {
    Graph<Key> graph;
    for (const auto& module : catalog.modules_) {
      const auto& list = kind == MigrationKind::migration ? module.migrations : module.repeatables;
      const Migration* previous = nullptr;
      for (const auto& migration : list) {
        auto& before = graph.waits_for[key_of(migration)];
        if (kind == MigrationKind::migration && previous != nullptr) before.insert(key_of(*previous));
        previous = &migration;
        for (const auto& id : migration.directives.needs) {
          const auto* needed = catalog.find(id);
          if (needed == nullptr) {
            return bad(
                migration.path + ": " + migration.id.text() + " needs " + id.text() + ", which no module contributes",
                catalog.find_module(id.module) == nullptr
                    ? "there is no module '" + id.module + "'; mend the `needs` line"
                    : "mend the `needs` line: strata module list --migrations shows the ids");
          }
          if (needed->kind == kind) {
            before.insert(key_of(*needed));
          } else if (kind == MigrationKind::migration) {
            return bad(migration.path + ": " + migration.id.text() + " needs the repeatable " + id.text() +
                           ", but repeatables run after all migrations",
                       "make " + id.text() + " a migration, or drop the `needs` line");
          }
        }
      }
    }
    const auto sorted = graph.sorted();
    if (sorted.size() != graph.waits_for.size()) {
      std::string path;
      std::string list;
      for (const auto& key : graph.cycle(sorted)) {
        const auto* migration = std::get<const Migration*>(key);
        path += (path.empty() ? "" : " → ") + migration->id.text();
        if (list.find("\n  " + migration->path) == std::string::npos) list += "\n  " + migration->path;
      }
      return bad("migrations need each other in a circle (each comes after the next one here): " + path + list,
                 "take one of the `needs` lines out; within a module the older migration always comes first");
    }
    for (const auto& key : sorted) catalog.order_.push_back(std::get<const Migration*>(key));
  }
  return catalog;
}

const Module* Catalog::find_module(std::string_view id) const {
  const auto found =
      std::find_if(modules_.begin(), modules_.end(), [&](const Module& module) { return module.id == id; });
  return found == modules_.end() ? nullptr : &*found;
}

const Module& Catalog::module_of(const Migration& migration) const {
  return *find_module(migration.id.module);
}

const Migration* Catalog::find(const MigrationId& id) const {
  const auto found = migrations_.find(id);
  return found == migrations_.end() ? nullptr : found->second;
}

int Catalog::rank_of(std::string_view module) const {
  const auto found = ranks_.find(module);
  return found == ranks_.end() ? 0 : found->second;
}

}  // namespace strata
