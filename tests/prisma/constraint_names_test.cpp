#include "core/prisma/constraint_names.h"

#include <catch2/catch.hpp>

using namespace strata::prisma;

namespace {

std::string times(std::size_t count, const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < count; ++i) result += text;
  return result;
}

const std::string e_acute = "\xc3\xa9";   // 2 bytes
const std::string euro = "\xe2\x82\xac";  // 3 bytes

}  // namespace

TEST_CASE("names: keys and indexes are named for their table and columns", "[prisma]") {
  CHECK(primary_key_name("T") == "T_pkey");
  CHECK(unique_name("T", {"a", "b"}) == "T_a_b_key");
  CHECK(index_name("T", {"a", "b"}) == "T_a_b_idx");
  CHECK(foreign_key_name("T", {"a", "b"}) == "T_a_b_fkey");
  CHECK(join_table_name("AToB") == "_AToB");
  CHECK(join_primary_key_name("_AToB") == "_AToB_AB_pkey");
  CHECK(join_index_name("_AToB") == "_AToB_B_index");
  CHECK(join_foreign_key_name("_AToB", "A") == "_AToB_A_fkey");
}

TEST_CASE("names: what has more than 63 bytes is cut before its suffix", "[prisma]") {
  CHECK(primary_key_name(times(57, "t")) == times(57, "t") + "_pkey");
  CHECK(primary_key_name(times(58, "t")) == times(58, "t") + "_pkey");
  CHECK(primary_key_name(times(59, "t")) == times(58, "t") + "_pkey");
  CHECK(primary_key_name(times(200, "t")) == times(58, "t") + "_pkey");

  CHECK(unique_name("T", {times(57, "c")}) == "T_" + times(57, "c") + "_key");
  CHECK(unique_name("T", {times(58, "c")}) == "T_" + times(57, "c") + "_key");
  CHECK(unique_name("T", {times(56, "c"), "d"}) == "T_" + times(56, "c") + "__key");
  CHECK(index_name("T", {times(57, "c")}) == "T_" + times(57, "c") + "_idx");
  CHECK(index_name("T", {times(58, "c")}) == "T_" + times(57, "c") + "_idx");
  CHECK(foreign_key_name("T", {times(56, "c")}) == "T_" + times(56, "c") + "_fkey");
  CHECK(foreign_key_name("T", {times(57, "c")}) == "T_" + times(56, "c") + "_fkey");
}

TEST_CASE("names: no character is cut in half", "[prisma]") {
  CHECK(primary_key_name(times(29, e_acute)) == times(29, e_acute) + "_pkey");                // 58 bytes
  CHECK(primary_key_name("t" + times(29, e_acute)) == "t" + times(28, e_acute) + "_pkey");    // 59
  CHECK(index_name("T", {times(20, euro)}) == "T_" + times(19, euro) + "_idx");               // 62
  CHECK(unique_name("T", {"ab" + times(19, euro)}) == "T_ab" + times(18, euro) + "_key");     // 61
  CHECK(foreign_key_name("T", {times(29, e_acute)}) == "T_" + times(28, e_acute) + "_fkey");  // 60
}

TEST_CASE("names: of a table between models, characters are counted, and bytes for its foreign keys", "[prisma]") {
  CHECK(join_table_name(times(62, "x")) == "_" + times(62, "x"));
  CHECK(join_table_name(times(63, "x")) == "_" + times(62, "x"));
  CHECK(join_table_name(times(70, e_acute)) == "_" + times(62, e_acute));

  const auto table = "_" + times(62, "x");
  CHECK(join_primary_key_name(table) == "_" + times(54, "x") + "_AB_pkey");
  CHECK(join_index_name(table) == "_" + times(54, "x") + "_B_index");
  CHECK(join_foreign_key_name(table, "B") == "_" + times(55, "x") + "_B_fkey");

  const auto accented = "_" + times(62, e_acute);
  CHECK(join_primary_key_name(accented) == "_" + times(54, e_acute) + "_AB_pkey");
  CHECK(join_index_name(accented) == "_" + times(54, e_acute) + "_B_index");
  CHECK(join_foreign_key_name(accented, "A") == "_" + times(27, e_acute) + "_A_fkey");
}
