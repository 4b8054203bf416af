#include "core/prisma/definition.h"

#include "core/prisma/schema_index.h"

namespace strata::prisma {

ObjectName object_name(const Block& block) {
  const auto schema = schema_of(block);
  return {schema.empty() ? std::string(default_schema) : schema, database_name(block)};
}

Definition defined_at(const SchemaFile& file, Place place) {
  return {.owner = file.owner, .where = {.file = file.path, .line = place.line, .column = place.column}};
}

}  // namespace strata::prisma
