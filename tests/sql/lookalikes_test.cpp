#include "core/sql/lookalikes.h"
#include "core/sql/script.h"
#include "tests/support/builders.h"

using namespace strata;
using namespace strata::test;

TEST_CASE("lookalikes: a character that reorders what a reader sees is refused in comments, names, literals and code",
          "[sql]") {
  // Most of these are the published samples of "Trojan Source", as SQL.
  const std::string rlo = "\u202e", lri = "\u2066", pdi = "\u2069", rli = "\u2067";
  for (const auto& text :
       {"/*" + rlo + " } " + lri + "if (admin) " + pdi + lri + " begin */ DELETE FROM a;",
        "SELECT 'user" + rlo + " " + lri + "-- check" + pdi + lri + "';", "SELECT 1 -- " + rli + " later\n;",
        "CREATE TABLE \"a" + rlo + "b\" ();", "SELECT $x$" + lri + "$x$;", "DO $$ BEGIN /*" + rlo + "*/ END $$;",
        "SELECT " + rlo + "1;"}) {
    const auto error = error_of(read_script(text, "m.sql", false));
    CHECK(error.code == ErrorCode::bad_migration);
    CHECK(error.where.line == 1);
    CHECK(error.message.find("another order") != std::string::npos);
    CHECK(error.message.find('\xe2') == std::string::npos);  // told by its number, not shown
  }
}

TEST_CASE("lookalikes: rows of COPY may hold any text, and an escape says the same character", "[sql]") {
  CHECK(read_script("COPY t FROM STDIN;\n\u202eabc\n\\.\n", "m.sql", false));
  CHECK(read_script("SELECT U&'\\202E', '\u200f\u05d0';", "m.sql", false));
}

TEST_CASE("lookalikes: a name that mixes scripts, or has an invisible character, is noted with its place", "[sql]") {
  const auto script =
      value_of(read_script("SELECT 1;\nCREATE TABLE us\u0435rs (\"a\u200bb\" int, us\u0435rs int);\n"
                           "CREATE TABLE \u0441\u0442\u043e\u043b (id int); SELECT 'us\u0435rs', \u03b1_1;",
                           "m.sql", false));
  REQUIRE(script.odd_names.size() == 2);
  CHECK(script.odd_names[0].name == "us\u0435rs");
  CHECK(script.odd_names[0].line == 2);
  CHECK(script.odd_names[0].column == 14);
  CHECK(script.odd_names[1].name == "\"a\u200bb\"");
  CHECK(warning_about(script.odd_names[0], "m.sql").find("m.sql:2:14") == 0);
}

TEST_CASE("lookalikes: names of one script are none", "[sql]") {
  for (const char* name :
       {"users", "\"Gr\u00f6\u00dfe\"", "\u0441\u0442\u043e\u043b_1", "\u03b1\u03b2", "caf\u00e9", "\u540d\u524d_id"})
    CHECK_FALSE(is_lookalike(name));
}
