// What a test needs before it can begin: values of the model in few words, and what a Result holds.
#pragma once

#include "core/base/result.h"
#include "core/model/module.h"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace strata::test {

template <typename T>
T value_of(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

template <typename T>
Error error_of(const Result<T>& result) {
  if (result) FAIL("it was accepted");
  return result.error();
}

inline MigrationId id_of(std::string_view text) {
  const auto id = parse_migration_id(text);
  if (!id) FAIL("no migration id: " << text);
  return *id;
}

struct MigrationSketch {
  std::string id;  // "cases/20260101000000_create"; without 14 digits at the front it is a repeatable
  std::string sql = "select 1;";
  std::vector<std::string> needs = {};
  bool no_transaction = false;
};

inline Migration migration_of(const MigrationSketch& sketch) {
  Migration migration;
  migration.id = id_of(sketch.id);
  migration.kind = is_migration_name(migration.id.name) ? MigrationKind::migration : MigrationKind::repeatable;
  migration.path = "modules/" + sketch.id + (migration.kind == MigrationKind::migration ? "/migration.sql" : ".sql");
  migration.sql = sketch.sql;
  migration.sha256 = sha256(sketch.sql);
  for (const auto& id : sketch.needs) migration.directives.needs.push_back(id_of(id));
  migration.directives.no_transaction = sketch.no_transaction;
  return migration;
}

// A module whose migrations and repeatables are those of `sketches` that have its id, in the order given.
inline Module module_of(const std::string& id, const std::string& version, const std::vector<std::string>& requirements,
                        const std::vector<MigrationSketch>& sketches = {}) {
  Module module;
  module.id = id;
  module.version = parse_version(version).value();
  module.path = "modules/" + id;
  for (const auto& text : requirements) {
    const auto end = text.find(' ');
    const auto range = end == std::string::npos ? "*" : text.substr(end);
    module.requirements.push_back({text.substr(0, end), VersionRange::parse(range).value()});
  }
  for (const auto& sketch : sketches) {
    auto migration = migration_of(sketch);
    if (migration.id.module != id) continue;
    (migration.kind == MigrationKind::migration ? module.migrations : module.repeatables)
        .push_back(std::move(migration));
  }
  return module;
}

// One module of version 1.0.0 for each module that `sketches` name, none requiring another.
inline std::vector<Module> modules_of(const std::vector<MigrationSketch>& sketches) {
  std::set<std::string> ids;
  for (const auto& sketch : sketches) ids.insert(id_of(sketch.id).module);
  std::vector<Module> modules;
  for (const auto& id : ids) modules.push_back(module_of(id, "1.0.0", {}, sketches));
  return modules;
}

template <typename Ids>
std::vector<std::string> texts_of(const Ids& ids) {
  std::vector<std::string> texts;
  for (const auto& id : ids) texts.push_back(id.text());
  return texts;
}

}  // namespace strata::test
