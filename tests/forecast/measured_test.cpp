#include "tests/forecast/lk_schema.h"
#include "tests/forecast/prediction.h"

#include <catch2/catch.hpp>

using namespace strata;
using namespace strata::test;

namespace {

void check(const Measured& row, int server) {
  World world(lk_inventory(), "lk");
  const auto prediction = prediction_of(row.sql, world, server);
  INFO(row.sql << " on Postgres " << server << (prediction.unknown.empty() ? "" : ": " + prediction.unknown));
  if (row.locks == "not analysed") {
    CHECK(prediction.unknown == "not analysed: the server decides");
    CHECK(prediction.locks.empty());
    return;
  }
  CHECK(prediction.locks == pairs_of(row.locks));
  auto scans = words_of(row.scans);
  std::sort(scans.begin(), scans.end());
  CHECK(prediction.scans == scans);
  CHECK((prediction.rewrites.size() == 1) == (row.effect == "rewrite"));
  CHECK(prediction.rebuilt.size() == (row.effect == "1 index rebuilt" ? 1 : row.effect == "indexes rebuilt" ? 11 : 0));
}

}  // namespace

TEST_CASE("forecast: every form that was measured takes the locks, scans and rewrites that were seen", "[forecast]") {
  for (const auto& row : measured()) {
    if (row.locks == "refused") continue;
    for (int server = row.since; server <= row.until; ++server) check(row, server);
  }
}
