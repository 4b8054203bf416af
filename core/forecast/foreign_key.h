// A foreign key of an inventory, taken apart.
#pragma once

#include "core/forecast/world.h"

#include <string>
#include <vector>

namespace strata {

struct ForeignKey {
  RelationName table;
  RelationName referenced;
  std::vector<std::string> columns;
  std::vector<std::string> referenced_columns;
  std::string on_delete;  // as the grammar has it: "a" no action, "r" restrict, "c" cascade, "n" and "d" set
};

ForeignKey read_foreign_key(const DatabaseObject& constraint, const World& world);
std::vector<std::string> primary_key_of(const World& world, const RelationName& table);
// As the inventory has it: the definition of a new one.
std::string printed_foreign_key(const ForeignKey& key);

}  // namespace strata
