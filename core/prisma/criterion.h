// Ids, uniques and indexes of a model, whether they stand at a field or at the block.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_index.h"

#include <string>
#include <vector>

namespace strata::prisma {

struct Criterion {
  enum class Kind { id, unique, index };
  Kind kind = Kind::index;
  std::vector<std::string> fields;
  std::vector<const Value*> columns;  // as written in the list, with sort and ops; empty at a field
  const Attribute* attribute = nullptr;
  bool of_block = false;
  bool is_whole = true;  // false: a unique with `where`, which does not identify a row
};

// In their order in the block, those of fields where the fields are. Fails when a list has something that is no field's
// name, names a field twice, is empty, or has a field that is not there or has no column.
Result<std::vector<Criterion>> criteria_of(const SchemaIndex& index, const Declaration& declaration);

// The name that the constraint or index has in the database: of map:, else made as Prisma makes it.
std::string database_name(const Declaration& declaration, const Criterion& criterion);

}  // namespace strata::prisma
