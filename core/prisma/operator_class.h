// Index types and the operator classes that go with them (observed: prisma 7.8.0).
#pragma once

#include <string>
#include <string_view>

namespace strata::prisma {

// BTree, Hash, Gin, Gist, SpGist, Brin.
bool is_index_type(std::string_view name);

// Whether an index of this type has a class for such columns without being told. `column` is column_type(field); lists
// end in []. True for types that the schema language does not know: only the database can tell.
bool has_default_class(std::string_view index_type, std::string_view column);

// Whether `name` is a class at all; one of this index type; one of this type for such a column.
bool is_operator_class(std::string_view name);
bool is_operator_class(std::string_view name, std::string_view index_type);
bool is_operator_class(std::string_view name, std::string_view index_type, std::string_view column);

}  // namespace strata::prisma
