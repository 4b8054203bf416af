// What a CHECK says of single columns, as far as it is simple: enough to tell when it spares a scan.
#pragma once

#include "core/forecast/world.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct Condition {
  std::string column;
  std::string comparison;           // "not null", "=", ">=", "<"
  std::vector<std::string> values;  // constants, without casts; of "=" any of them
};

// Every part of an AND is one; what is not simple is left out.
std::vector<Condition> conditions_of(const Node& expression);
// As the server prints a CHECK, and as a shorter one that says no more than these.
std::vector<Condition> conditions_of_check(const std::string& definition);
std::string printed_check(const std::vector<Condition>& conditions);

// Of all valid CHECKs of the table, and its NOT NULLs.
std::vector<Condition> known_of(const World& world, const RelationName& table);
bool is_known_not_null(const std::vector<Condition>& known, std::string_view column);
// Whether they leave no row that the bound refuses. `key`: "LIST (region)", "RANGE (at)".
bool imply_bound(const std::vector<Condition>& known, std::string_view key, const Node& bound);

std::set<std::string> columns_in(const Node& expression);
// A number or string, without casts and quotes. "" for anything else.
std::string constant_of(const Node& expression);

}  // namespace strata
