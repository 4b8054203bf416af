#include "core/report/csv.h"

#include <catch2/catch.hpp>

using namespace strata;

TEST_CASE("csv: a cell is quoted where RFC 4180 asks for it, and its quotes are doubled", "[report]") {
  CHECK(csv_row({"a", "", "b c"}) == "a,,b c\n");
  CHECK(csv_row({"", "a"}) == ",a\n");
  CHECK(csv_cell("a,b") == "\"a,b\"");
  CHECK(csv_cell("say \"no\"") == "\"say \"\"no\"\"\"");
  CHECK(csv_cell("\"") == "\"\"\"\"");
  CHECK(csv_cell("two\nlines") == "\"two\nlines\"");
}

TEST_CASE("csv: what a spreadsheet would take for a formula is a text, and what nobody can see is visible",
          "[report]") {
  for (const auto* formula : {"=1+1", "+1", "-1", "@SUM(A1)"}) CHECK(csv_cell(formula) == "'" + std::string(formula));
  CHECK(csv_cell("=cmd|'/c calc'!A0,1") == "\"'=cmd|'/c calc'!A0,1\"");
  CHECK(csv_cell("a\x1b[2Jb") == "a\\x1b[2Jb");
  CHECK(csv_cell("a\xe2\x80\xae"
                 "b") == "a\\u202eb");
}
