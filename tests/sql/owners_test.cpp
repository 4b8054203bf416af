#include "core/sql/owners.h"

#include <catch2/catch.hpp>

using namespace strata;

TEST_CASE("owners: an object is of the module whose text created it first", "[sql]") {
  Owners owners;
  add_created(owners, "CREATE SCHEMA cases; CREATE TABLE cases.note (id int);", "cases");
  add_created(owners, "CREATE TABLE IF NOT EXISTS cases.note (id int); CREATE TABLE cases.bill (id int);", "billing");
  add_created(owners, "CREATE FUNCTION cases.add(a integer, b integer) RETURNS int LANGUAGE sql AS 'SELECT 1';",
              "sums");
  add_created(owners, "CREATE TABLE (", "broken");
  const auto owner = [&](ObjectKind kind, const std::string& parent, const std::string& name) {
    return owner_of({kind, "cases", parent, name}, owners);
  };
  CHECK(owner(ObjectKind::table, "", "note") == "cases");
  CHECK(owner(ObjectKind::column, "note", "id") == "cases");
  CHECK(owner(ObjectKind::table, "", "bill") == "billing");
  CHECK(owner(ObjectKind::function, "", "add(integer, integer)") == "sums");
  CHECK(owner(ObjectKind::table, "", "not") == "cases");  // of its schema; and not of what begins like it
  CHECK(owner(ObjectKind::table, "", "bil") == "cases");
  CHECK(owner_of({ObjectKind::table, "public", "", "note"}, owners).empty());
}
