#include "core/config/fleet.h"
#include "tests/support/temp_dir.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>
#include <set>

using namespace strata;

namespace {

Result<FleetFile> fleet_of(const std::string& text) {
  const test::TempDir dir;
  const auto path = dir.path() / "targets.toml";
  std::ofstream(path) << text;
  return load_fleet(path.string());
}

}  // namespace

TEST_CASE("fleet: targets come by name, with their URLs as they are written", "[config]") {
  const auto file = fleet_of(
      "[target.b]\nurl = \"env:B\"\n[target.\"a-1.x\"]\nurl = \"postgresql://h/a\"\n"
      "[query]\nurl = \"env:CONTROL\"\nsql = \"SELECT 1\"\n");
  REQUIRE(file);
  CHECK(file->query->url == "env:CONTROL");
  CHECK(file->query->sql == "SELECT 1");
  const auto fleet = join_fleet(file->targets, {{"asked", "file:/x"}});
  REQUIRE(fleet);
  REQUIRE(fleet->size() == 3);
  CHECK((*fleet)[0].name == "a-1.x");
  CHECK((*fleet)[1].url == "file:/x");
  CHECK((*fleet)[2].url == "env:B");
}

TEST_CASE("fleet: what a query must not give is named", "[config]") {
  const auto why = [](std::vector<FleetTarget> asked) {
    const auto joined = join_fleet({{"a", "env:A"}}, std::move(asked));
    return joined ? "" : joined.error().message;
  };
  CHECK(why({}).empty());
  CHECK(why({{"a", "env:B"}}).find("target 'a' comes twice") != std::string::npos);
  CHECK(why({{"b c", "env:B"}}).find("'b c'") != std::string::npos);
  CHECK(why({{"b", ""}}).find("no url for target 'b'") != std::string::npos);
  CHECK(join_fleet({}, {}).error().code == ErrorCode::bad_config);
}

TEST_CASE("fleet: what is no list of targets is refused at its place", "[config]") {
  for (const auto* text : {"", "[deploy]\nlock_wait = \"1s\"\n", "target = 3\n", "[target]\na = 1\n", "[target.a]\n",
                           "[target.a]\nurl = \"\"\n", "[target.a]\nurl = \"x\"\ndisposable = true\n",
                           "[target.\"a b\"]\nurl = \"x\"\n", "[target.a\n", "[query]\nurl = \"x\"\n",
                           "[query]\nurl = \"x\"\nsql = \"SELECT 1\"\nmore = 1\n", "query = \"SELECT 1\"\n"}) {
    INFO(text);
    const auto fleet = fleet_of(text);
    REQUIRE_FALSE(fleet);
    CHECK(fleet.error().code == ErrorCode::bad_config);
  }
  CHECK(load_fleet("/nowhere/targets.toml").error().code == ErrorCode::bad_config);
}

TEST_CASE("fleet: shares are disjoint, and together they are all", "[config]") {
  std::vector<FleetTarget> fleet;
  for (int i = 0; i < 200; ++i) fleet.push_back({"tenant-" + std::to_string(i), "local:"});
  const auto longer = [&] {
    auto more = fleet;
    more.insert(more.begin(), {"a-new-tenant", "local:"});
    return more;
  }();
  std::size_t count = 0;
  std::set<std::string> all;
  for (std::size_t i = 0; i < 5; ++i) {
    const auto share = share_of(fleet, {i, 5});
    CHECK(share.size() > 20);
    CHECK(share.size() < 60);
    count += share.size();
    for (const auto& target : share) all.insert(target.name);
    // One that came meanwhile moves no other.
    for (const auto& target : share_of(longer, {i, 5})) {
      const auto is_it = [&](const FleetTarget& other) { return other.name == target.name; };
      CHECK((target.name == "a-new-tenant" || std::any_of(share.begin(), share.end(), is_it)));
    }
  }
  CHECK(count == 200);
  CHECK(all.size() == 200);
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
