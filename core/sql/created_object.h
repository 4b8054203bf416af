// What the statements of a text create: whose object it is, when many texts make one schema.
#pragma once

#include "core/base/result.h"
#include "core/sql/script.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct CreatedObject {
  std::string kind;   // "TABLE", "MATERIALIZED VIEW", "FUNCTION", …
  std::string space;  // objects of one space cannot share a name: "relation", "type", "routine", else the kind
  std::string name;   // folded and qualified: "public.item"; of a routine with its arguments, of a trigger its table
  bool if_not_exists = false;
  SourceLocation where;
};

// In order; only what has a name. Names without a schema count as public's. Fails as read_script's split does.
Result<std::vector<CreatedObject>> created_objects(std::string_view text, const std::string& file);

}  // namespace strata
