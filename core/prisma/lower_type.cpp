#include "core/prisma/lower_type.h"

#include "core/prisma/definition.h"
#include "core/prisma/native_type.h"
#include "core/prisma/refusal.h"

namespace strata::prisma {

Result<ColumnType> lower_type(const SchemaIndex& index, const SchemaFile& file, const Entry& field) {
  const bool list = field.arity == Arity::list;
  switch (index.kind_of(field)) {
    case FieldKind::unsupported:
      return ColumnType{OtherType{field.type}, list};
    case FieldKind::enumeration:
      return ColumnType{object_name(*index.find(field.type)->block), list};
    case FieldKind::scalar:
      break;
    case FieldKind::relation:
    case FieldKind::unknown:
      return refuse(file, field.type_place, field.type + " is no type of a column, or declared nowhere");
  }
  STRATA_TRY(auto type, built_in_type(file, field));
  return ColumnType{std::move(type), list};
}

}  // namespace strata::prisma
