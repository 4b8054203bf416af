// All modules resolved into one graph and one order. Pure: no disk, no clock, no database. Nothing can be added after.
#pragma once

#include "core/base/result.h"
#include "core/model/module.h"

#include <map>
#include <string_view>
#include <vector>

namespace strata {

class Catalog {
 public:
  // Fails with bad_module, naming every path concerned: two modules with one id, a requirement that is missing or whose
  // version does not fit, a cycle of requirements or needs (as a path a → b → a), `needs` of a migration that is not
  // there.
  static Result<Catalog> build(std::vector<Module> modules);
  Catalog(Catalog&&) = default;
  Catalog& operator=(Catalog&&) = default;
  Catalog(const Catalog&) = delete;  // the order points into the modules
  Catalog& operator=(const Catalog&) = delete;

  // By rank (a module comes after all it requires), then id.
  const std::vector<Module>& modules() const { return modules_; }
  // Every migration, then every repeatable, in the one order of design 3.2. Borrowed from this catalog.
  const std::vector<const Migration*>& order() const { return order_; }

  const Module& module_of(const Migration& migration) const;
  const Module* find_module(std::string_view id) const;
  const Migration* find(const MigrationId& id) const;
  // 0 for base, 1 for what requires nothing else, else one more than the highest rank it requires.
  int rank_of(std::string_view module) const;

 private:
  Catalog() = default;

  std::vector<Module> modules_;
  std::map<std::string, int, std::less<>> ranks_;
  std::map<MigrationId, const Migration*> migrations_;
  std::vector<const Migration*> order_;
};

}  // namespace strata
