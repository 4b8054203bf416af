// Judges the schema files of all modules as one schema, as Prisma would, before anything is made of them.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"
#include "core/prisma/validate_modules.h"

#include <vector>

namespace strata::prisma {

struct ValidateOptions {
  bool demands_datasource = false;  // true: it is an error when no file has a datasource
  Visibility visibility;            // which modules each module may refer to
};

// All files are one namespace. Fails with bad_module at the first thing that is wrong: first datasource and generators,
// then names, then each model, view and enum in the order of the files, then their relations and indexes across models.
Result<void> validate(const std::vector<SchemaFile>& files, const ValidateOptions& options);

}  // namespace strata::prisma
