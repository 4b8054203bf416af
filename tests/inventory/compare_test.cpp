#include "core/inventory/compare.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace strata;

namespace {

Inventory inventory_of(std::vector<DatabaseObject> objects) {
  std::sort(objects.begin(), objects.end(), [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
  return {std::move(objects)};
}

std::vector<std::string> told(const Inventory& expected, const Inventory& found,
                              ComparedServers servers = ComparedServers::same) {
  std::vector<std::string> lines;
  for (const auto& difference : compare(expected, found, servers)) lines.push_back(described(difference));
  return lines;
}

using Lines = std::vector<std::string>;

const DatabaseObject table{ObjectKind::table, "cases", "", "case", {{"form", "table"}}};
const DatabaseObject column{ObjectKind::column, "cases", "case", "id", {{"type", "integer"}, {"default", "1"}}};
const DatabaseObject sequence{ObjectKind::sequence, "cases", "", "s", {{"owned_by", "cases.case.id"}}};

}  // namespace

TEST_CASE("compare: an object that is gone, one that nobody expected, and one that changed are each told",
          "[inventory]") {
  auto wider = column;
  wider.properties = {{"type", "bigint"}, {"not_null", "true"}};
  CHECK(told(inventory_of({table, column}), inventory_of({table, column})).empty());
  CHECK(told(inventory_of({table, column}), inventory_of({table})) == Lines{"column cases.case.id is gone"});
  CHECK(told(inventory_of({table}), inventory_of({table, column})) == Lines{"column cases.case.id is there"});
  CHECK(told(inventory_of({table, column}), inventory_of({table, wider})) ==
        Lines{"column cases.case.id: default is none, expected '1'; not_null is 'true', expected none; type is "
              "'bigint', expected 'integer'"});
}

TEST_CASE("compare: what goes with its table is not told one by one", "[inventory]") {
  CHECK(told(inventory_of({table, column, sequence}), {}) == Lines{"table cases.case is gone"});
  CHECK(told({}, inventory_of({table, column, sequence})) == Lines{"table cases.case is there"});
  CHECK(told(inventory_of({table, column, sequence}), inventory_of({table, column})) ==
        Lines{"sequence cases.s is gone"});
}

TEST_CASE("compare: what servers print in their own way is compared between servers of one major version only",
          "[inventory]") {
  auto printed = column;
  printed.properties["default"] = "(1)::integer";
  auto without = column;
  without.properties.erase("default");
  const auto ours = inventory_of({table, column});
  CHECK(told(ours, inventory_of({table, printed}), ComparedServers::same_major).size() == 1);
  CHECK(told(ours, inventory_of({table, printed}), ComparedServers::different_major).empty());
  CHECK(told(ours, inventory_of({table, without}), ComparedServers::different_major).size() == 1);

  const auto extension = [](const char* version) {
    return inventory_of({{ObjectKind::extension, "", "", "citext", {{"schema", "public"}, {"version", version}}}});
  };
  CHECK(told(extension("1.6"), extension("1.8"), ComparedServers::same).size() == 1);
  CHECK(told(extension("1.6"), extension("1.8"), ComparedServers::same_major).empty());
}
