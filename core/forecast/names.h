// Names as an inventory's properties print them: qualified, in lists, quoted where Postgres needs it.
#pragma once

#include "core/sql/script.h"

#include <string>
#include <string_view>
#include <vector>

namespace strata {

std::vector<std::string> split_list(std::string_view printed);  // "a, \"B, c\"": a and B, c, without quotes
std::vector<std::string> split_name(std::string_view printed);  // "cases.case.id": its parts, without quotes
RelationName qualified_name(std::string_view printed);          // of two parts; an empty schema where there is one
std::string printed(const RelationName& name);                  // for people, without quotes
std::string quoted(const RelationName& name);                   // as qualified_name reads it

// The same list with another name for a relation, also where it stands before a column.
std::string with_renamed(std::string_view printed, const RelationName& from, const RelationName& to);

// All names in "cases.event, cases.\"Other\"".
std::vector<RelationName> qualified_names(std::string_view printed);

inline bool operator==(const RelationName& a, const RelationName& b) {
  return a.schema == b.schema && a.name == b.name;
}
inline bool operator<(const RelationName& a, const RelationName& b) {
  return a.schema != b.schema ? a.schema < b.schema : a.name < b.name;
}

}  // namespace strata
