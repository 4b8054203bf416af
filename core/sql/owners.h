// Whose each object is: the module whose text created it first.
#pragma once

#include "core/inventory/inventory.h"

#include <map>
#include <string>
#include <string_view>

namespace strata {

using Owners = std::map<std::string, std::string>;  // "cases.case_file" → "cases"; routines with their arguments

// What `text` creates, and nobody has created before, is the module's. A text that cannot be read creates nothing.
void add_created(Owners& owners, std::string_view text, const std::string& module);

// The owner of the object, or of the table or schema that it lies in; "": not known.
std::string owner_of(const DatabaseObject& object, const Owners& owners);

}  // namespace strata
