#include "core/base/uuid.h"

#include <catch2/catch.hpp>

#include <set>

using namespace strata;

TEST_CASE("uuid: it has the form of version 4", "[base]") {
  CHECK_THAT(make_uuid(), Catch::Matches("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST_CASE("uuid: no two are the same", "[base]") {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(make_uuid());
  CHECK(seen.size() == 1'000);
}
