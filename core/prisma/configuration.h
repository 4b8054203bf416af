// What datasource and generators say that the rest of a schema depends on.
#pragma once

#include "core/base/result.h"
#include "core/prisma/preview_features.h"
#include "core/prisma/schema_tree.h"

#include <set>
#include <string>
#include <vector>

namespace strata::prisma {

struct Configuration {
  std::string datasource = "db";           // its name, with which native types begin: @db.Text
  bool has_foreign_keys = true;            // false: relationMode = "prisma"
  std::vector<std::string> schemas;        // of the datasource; empty: no @@schema is used
  std::set<std::string> preview_features;  // of all generators, as normal_feature has them
  bool has_generator = false;

  // Whether a preview feature may be used. Without a generator nobody could have asked for one, so all are allowed.
  bool allows(const std::string& feature) const {
    return !has_generator || preview_features.count(normal_feature(feature)) == 1;
  }
};

// Checks datasource and generators of all files. Fails when there are two datasources, or none and one is demanded.
Result<Configuration> read_configuration(const std::vector<SchemaFile>& files, bool demands_datasource);

}  // namespace strata::prisma
