// The fragments of all modules as one desired schema, each part with its owner.
#pragma once

#include "core/base/result.h"
#include "core/catalog/catalog.h"
#include "core/prisma/schema_tree.h"
#include "core/schema/schema.h"

#include <map>
#include <string>
#include <vector>

namespace strata {

struct SqlFragment {
  std::string owner;
  std::string path;  // as the user would write it
  std::string text;  // without a BOM, with LF
};

struct CollatedSchema {
  std::vector<prisma::SchemaFile> prisma;       // in the order of the modules: what is required comes first
  std::vector<SqlFragment> sql;                 // likewise
  DesiredSchema desired;                        // what the .prisma fragments ask for
  std::map<std::string, std::string> versions;  // of owners that have one
};

// Fails with bad_module, at file, line and column, for what Prisma's language or the rules between modules refuse
// (core/prisma/validate.h), and for an object that two modules make, naming both places.
Result<CollatedSchema> collate(const Catalog& catalog);

std::string prisma_text(const CollatedSchema& schema);  // one valid, formatted schema.prisma
std::string sql_text(const CollatedSchema& schema);     // the .sql fragments, each below its owner's name
// The whole from empty: what Prisma's schema asks for, as Prisma writes it, then the .sql fragments.
std::string creation_text(const CollatedSchema& schema);

}  // namespace strata
