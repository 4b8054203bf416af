#include "core/config/fleet.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <fstream>

using namespace strata;

namespace {

Result<std::vector<FleetTarget>> fleet_of(const std::string& text) {
  const test::TempDir dir;
  const auto path = dir.path() / "targets.toml";
  std::ofstream(path) << text;
  return load_fleet(path.string());
}

}  // namespace

TEST_CASE("fleet: targets come by name, with their URLs as they are written", "[config]") {
  const auto fleet = fleet_of("[target.b]\nurl = \"env:B\"\n[target.\"a-1.x\"]\nurl = \"postgresql://h/a\"\n");
  REQUIRE(fleet);
  REQUIRE(fleet->size() == 2);
  CHECK((*fleet)[0].name == "a-1.x");
  CHECK((*fleet)[1].url == "env:B");
}

TEST_CASE("fleet: what is no list of targets is refused at its place", "[config]") {
  for (const auto* text : {"", "[deploy]\nlock_wait = \"1s\"\n", "target = 3\n", "[target]\na = 1\n", "[target.a]\n",
                           "[target.a]\nurl = \"\"\n", "[target.a]\nurl = \"x\"\ndisposable = true\n",
                           "[target.\"a b\"]\nurl = \"x\"\n", "[target.a\n"}) {
    INFO(text);
    const auto fleet = fleet_of(text);
    REQUIRE_FALSE(fleet);
    CHECK(fleet.error().code == ErrorCode::bad_config);
  }
  CHECK(load_fleet("/nowhere/targets.toml").error().code == ErrorCode::bad_config);
}

TEST_CASE("fleet: shares are disjoint, and together they are all", "[config]") {
  std::vector<FleetTarget> fleet;
  for (int i = 0; i < 23; ++i) fleet.push_back({std::string(1, static_cast<char>('a' + i)), "local:"});
  std::size_t count = 0;
  std::string all;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto share = share_of(fleet, {i, 5});
    CHECK((share.size() == 4 || share.size() == 5));
    count += share.size();
    for (const auto& target : share) all += all.find(target.name) == std::string::npos ? target.name : "";
  }
  CHECK(count == 23);
  CHECK(all.size() == 23);
}

TEST_CASE("fleet: a share is index/count, or takes its index from an Indexed Job", "[config]") {
  CHECK(parse_shard("", std::nullopt)->count == 1);
  CHECK(parse_shard("2/8", "7")->index == 2);
  CHECK(parse_shard("/8", "7")->index == 7);
  CHECK(parse_shard("/8", "7")->count == 8);
  for (const auto* text : {"8/8", "1", "/", "a/8", "1/0", "-1/8", "1/8/2", " 1/8"}) {
    INFO(text);
    CHECK(parse_shard(text, "0").error().code == ErrorCode::usage);
  }
  CHECK(parse_shard("/8", std::nullopt).error().message.find("JOB_COMPLETION_INDEX") != std::string::npos);
  CHECK_FALSE(parse_shard("/8", "8"));
}
