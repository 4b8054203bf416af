#include "core/postgres/server_version.h"

#include <catch2/catch.hpp>

using namespace strata;

TEST_CASE("server version: 12 to 18 are tested, older ones are refused, newer ones are worth a warning", "[postgres]") {
  for (const int version : {80'400, 90'624, 100'023, 110'022, 119'999, 0})
    CHECK(support_of(version) == ServerSupport::too_old);
  for (const int version : {120'000, 120'022, 130'023, 140'023, 150'020, 160'014, 170'010, 180'000, 189'999})
    CHECK(support_of(version) == ServerSupport::tested);
  for (const int version : {190'000, 190'001, 200'000, 420'000}) CHECK(support_of(version) == ServerSupport::newer);
}
