// Finding things in the tree by their names. What is found lives as long as the tree.
#pragma once

#include "core/prisma/schema_tree.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata::prisma {

// The first of that name (without @), or null.
const Attribute* find_attribute(const Entry& entry, std::string_view name);

// The @db.… of a field (whatever the datasource is called), or null.
const Attribute* find_native_type(const Entry& field);

// All @@name of a block, in their order.
std::vector<const Attribute*> block_attributes(const Block& block, std::string_view name);

// The argument of that name, or null.
const Value* find_argument(const std::vector<Argument>& arguments, std::string_view name);

// The same of an argument that may stand without its name: @map("x"), @map(name: "x").
const Value* find_main_argument(const std::vector<Argument>& arguments, std::string_view name);

// What @map or @@map says, else the name in the schema.
std::string database_name(const Entry& entry);
std::string database_name(const Block& block);

// The field or enum value of that name, or null.
const Entry* find_field(const Block& block, std::string_view name);
const Entry* find_enum_value(const Block& block, std::string_view name);

// The value of `key = …` in a datasource or generator, or null.
const Value* find_property(const Block& block, std::string_view key);

}  // namespace strata::prisma
