#include "core/prisma/lower_column.h"

#include "core/prisma/look_up.h"
#include "core/prisma/lower_default.h"
#include "core/prisma/lower_type.h"

namespace strata::prisma {

Result<Column> lower_column(const Declarations& declarations, const SchemaFile& file, const Entry& field) {
  STRATA_TRY(auto type, lower_type(declarations, file, field));
  STRATA_TRY(auto default_value, lower_default(declarations, file, field));
  return Column{.name = database_name(field),
                .type = std::move(type),
                .required = field.arity == Arity::required,
                .autoincrement = is_autoincrement(field),
                .default_value = std::move(default_value),
                .definition = defined_at(file, field.place)};
}

}  // namespace strata::prisma
