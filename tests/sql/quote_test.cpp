#include "core/sql/quote.h"

#include <catch2/catch.hpp>

using namespace strata;

TEST_CASE("quote: a quote of the same kind is doubled, all else stays", "[sql]") {
  CHECK(quote_identifier("") == "\"\"");
  CHECK(quote_identifier("a b") == "\"a b\"");
  CHECK(quote_identifier("a\"b'c\\") == "\"a\"\"b'c\\\"");
  CHECK(quote_literal("") == "''");
  CHECK(quote_literal("it's \"x\"\n\\") == "'it''s \"x\"\n\\'");
}
