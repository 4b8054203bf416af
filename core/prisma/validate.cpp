#include "core/prisma/validate.h"

#include "core/prisma/attribute_rules.h"
#include "core/prisma/configuration.h"
#include "core/prisma/schema_index.h"
#include "core/prisma/validate_fields.h"
#include "core/prisma/validate_indexes.h"
#include "core/prisma/validate_join_tables.h"
#include "core/prisma/validate_names.h"
#include "core/prisma/validate_relation_mode.h"
#include "core/prisma/validate_relations.h"

namespace strata::prisma {

Result<void> validate(const std::vector<SchemaFile>& files, const ValidateOptions& options) {
  STRATA_TRY(const auto configuration, read_configuration(files, options.demands_datasource));
  STRATA_TRY(const auto index, SchemaIndex::build(files));
  for (const auto& declaration : index.declarations()) {
    STRATA_CHECK(check_attributes(index, configuration, declaration));
    STRATA_CHECK(validate_names(declaration));
    STRATA_CHECK(validate_fields(index, configuration, declaration));
    STRATA_CHECK(validate_indexes(index, configuration, declaration));
  }
  STRATA_CHECK(validate_database_names(index, configuration));
  STRATA_CHECK(validate_index_names(index));
  for (const auto& declaration : index.declarations()) {
    STRATA_CHECK(validate_relations(index, declaration));
  }
  if (!configuration.has_foreign_keys) STRATA_CHECK(validate_relation_mode(index));
  STRATA_CHECK(validate_join_tables(index));
  return validate_modules(index, options.visibility);
}

}  // namespace strata::prisma
