// A relation field, and the fields that may be its other side.
#pragma once

#include "core/prisma/schema_index.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata::prisma {

// A relation field with the model it stands in.
struct RelationSide {
  Declaration declaration;
  const Entry* field = nullptr;
};

const Value* relation_argument(const Entry& field, std::string_view name);  // nullptr: not given
std::string relation_name(const Entry& field);                              // empty: none
std::vector<std::string> relation_fields(const Entry& field);               // of fields:

// Whether `side` is optional and none of relation_fields required: by default a delete then sets them to null.
bool can_be_null(const RelationSide& side);

// Fields of `block` that refer to `target` under this relation name.
std::vector<const Entry*> fields_to(const Block& block, const Block& target, const std::string& name);

// Whether `side` refers to `target` in a relation of many to many without a model for the table between the two, and is
// its A side: the model whose name comes first in byte order, or the field, where a model is related to itself.
bool is_side_a(const RelationSide& side, const Declaration& target);

// The name in the database of the table that such a relation has. `side` is the A side.
std::string join_table_name(const RelationSide& side, const Declaration& target);

}  // namespace strata::prisma
