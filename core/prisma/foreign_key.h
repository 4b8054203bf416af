// The side of a relation that has the foreign key.
#pragma once

#include "core/base/result.h"
#include "core/prisma/relation_side.h"

namespace strata::prisma {

// The name of the foreign key in the database. `field` has fields:, each of them in `declaration`.
std::string foreign_key_name(const Declaration& declaration, const Entry& field);

// Checks fields:, references: and the actions of `side` against the model that it refers to.
Result<void> check_foreign_key(const SchemaIndex& index, const RelationSide& side, const Declaration& target);

// No two foreign keys of a model, nor one of them and an id, unique or index of the model, may have one name.
Result<void> check_foreign_key_names(const SchemaIndex& index, const Declaration& declaration);

}  // namespace strata::prisma
