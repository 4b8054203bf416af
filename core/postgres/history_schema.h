// The SQL that makes strata's own tables and functions in Postgres (design 3.6).
#pragma once

#include <string>
#include <vector>

namespace strata {

inline constexpr int history_format = 1;  // meta.format; a newer one is refused

// All statements that create the history in `schema` (already quoted), which is there, for one transaction.
std::string history_schema_sql(const std::string& schema);

// The functions among them, with their bodies as Postgres keeps them (pg_proc.prosrc).
struct HistoryFunction {
  std::string name;
  std::string body;
};
std::vector<HistoryFunction> history_functions(const std::string& schema);

}  // namespace strata
