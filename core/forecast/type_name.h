// Types of columns, and what it takes to change one.
#pragma once

#include "core/forecast/world.h"

#include <cstdint>
#include <string>
#include <vector>

namespace strata {

struct TypeName {
  std::string name;  // as format_type() prints it, without modifiers: "timestamp without time zone"
  std::vector<std::int64_t> modifiers{};  // of numeric(10,2) both
  bool is_array = false;

  bool operator==(const TypeName&) const = default;
};

TypeName printed_type(std::string_view printed);                   // "character varying(20)[]"
TypeName written_type(const Node& type_name, const World& world);  // of a TypeName in a parse tree
std::string printed(const TypeName& type);                         // the inventory's form

// serial and its like: no types, but a default that asks a sequence.
bool is_serial(const Node& type_name);

// CHECK or NOT NULL, of its own or of the domain that it is made from. False for what is no domain.
bool is_constrained_domain(const TypeName& type, const World& world);
// The type itself, or what its domain is made from.
TypeName base_of(const TypeName& type, const World& world);

enum class TypeChange {
  keeps,      // neither table nor index
  reindexes,  // the table is kept, but the new type has other operators: its indexes are built again
  rewrites,   // every row
};

// What ALTER COLUMN … TYPE takes, without a look at collations. As the server does it: a cast that costs nothing keeps
// the rows, and so does a change of length, precision or scale that every value surely fits.
TypeChange change_of(const TypeName& from, const TypeName& to, const World& world);

}  // namespace strata
