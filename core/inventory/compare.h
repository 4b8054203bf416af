// How two inventories differ, in the words of people. Pure.
#pragma once

#include "core/inventory/inventory.h"

#include <string>
#include <vector>

namespace strata {

struct PropertyChange {
  std::string property;
  std::string expected;  // "": it was not to be there
  std::string found;     // "": it is not there
};

enum class DifferenceKind { missing, unexpected, changed };

struct ObjectDifference {
  DifferenceKind kind = DifferenceKind::changed;
  DatabaseObject object;                  // as expected; of an unexpected one as found
  std::vector<PropertyChange> changes{};  // changed: by property
};

// What can be compared: each server prints what it has parsed in its own way, and brings its own versions of
// extensions.
enum class ComparedServers { same, same_major, different_major };

// Sorted as inventories are. What belongs to an object that is missing or unexpected as a whole (columns, constraints,
// indexes, the sequences of its columns) is not told one by one.
std::vector<ObjectDifference> compare(const Inventory& expected, const Inventory& found, ComparedServers servers);

// The same with every part told by itself.
std::vector<ObjectDifference> compare_parts(const Inventory& expected, const Inventory& found, ComparedServers servers);

// "column cases.case.priority is gone", "… is there, and no migration made it", "type of column … is text, not
// integer".
std::string described(const ObjectDifference& difference);

}  // namespace strata
