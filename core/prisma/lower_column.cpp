#include "core/prisma/lower_column.h"

#include "core/prisma/definition.h"
#include "core/prisma/lower_default.h"
#include "core/prisma/lower_type.h"

namespace strata::prisma {

namespace {

bool has_column(const SchemaIndex& index, const Entry& entry) {
  if (entry.kind != Entry::Kind::field) return false;
  const auto kind = index.kind_of(entry);
  if (kind == FieldKind::unknown) return index.find(entry.type) == nullptr;  // else a composite type
  return kind != FieldKind::relation;
}

Result<Column> lower_column(const SchemaIndex& index, const SchemaFile& file, const Entry& field) {
  STRATA_TRY(auto type, lower_type(index, file, field));
  STRATA_TRY(auto default_value, lower_default(index, file, field));
  return Column{.name = database_name(field),
                .type = std::move(type),
                .required = field.arity == Arity::required,
                .autoincrement = is_autoincrement(field),
                .default_value = std::move(default_value),
                .definition = defined_at(file, field.place)};
}

}  // namespace

Result<std::vector<Column>> lower_columns(const SchemaIndex& index, const Declaration& model) {
  std::vector<Column> columns;
  for (const auto& entry : model.block->entries) {
    if (!has_column(index, entry)) continue;
    STRATA_TRY(columns.emplace_back(), lower_column(index, *model.file, entry));
  }
  return columns;
}

}  // namespace strata::prisma
