#include "core/inventory/inventory_encoding.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>

using namespace strata;

namespace {

Inventory many_tables(int count) {
  Inventory inventory;
  const auto name = [](int n) { return "table_" + std::to_string(10'000 + n); };
  inventory.objects.push_back({ObjectKind::schema, "a", "", ""});
  for (int n = 0; n < count; ++n)
    inventory.objects.push_back({ObjectKind::table, "a", "", name(n), {{"form", "table"}}});
  for (int n = 0; n < count; ++n) {
    for (const auto* column : {"id", "name \"quoted\"\nand \xff broken"})
      inventory.objects.push_back({ObjectKind::column, "a", name(n), column, {{"type", "text"}}});
  }
  return inventory;
}

struct Kept {
  std::map<Digest, std::string> texts;

  std::string keep(const Inventory& inventory) {
    const auto encoded = encode(inventory);
    for (const auto& part : encoded.parts) texts[sha256(part)] = part;
    return encoded.listing;
  }
  FetchText fetch() const {
    return [this](const Digest& digest) -> Result<std::string> {
      const auto found = texts.find(digest);
      if (found == texts.end()) return fail(ErrorCode::bad_ledger, "not kept");
      return found->second;
    };
  }
};

}  // namespace

TEST_CASE("inventory: its encoding gives it back, and the same inventory always has the same bytes", "[inventory]") {
  auto inventory = many_tables(100);
  for (auto& object : inventory.objects) {
    if (object.name.find('\xff') != std::string::npos) object.name = "name \"quoted\"\nwith a line end";
  }
  Kept kept;
  const auto listing = kept.keep(inventory);
  const auto back = decode_inventory(listing, kept.fetch());
  REQUIRE(back);
  CHECK(*back == inventory);
  CHECK(kept.keep(*back) == listing);
  const auto empty = decode_inventory(kept.keep({}), kept.fetch());
  REQUIRE(empty);
  CHECK(empty->objects.empty());
}

TEST_CASE("inventory: a new table or column changes few of the parts that are kept", "[inventory]") {
  auto inventory = many_tables(500);
  Kept kept;
  kept.keep(inventory);
  const auto before = kept.texts.size();
  CHECK(before > 30);
  inventory.objects.push_back({ObjectKind::column, "a", "table_10499", "new", {{"type", "text"}}});
  kept.keep(inventory);
  CHECK(kept.texts.size() <= before + 2);
}

TEST_CASE("inventory: a damaged encoding is refused and never half read", "[inventory]") {
  Kept kept;
  const auto listing = kept.keep(many_tables(40));
  CHECK_FALSE(decode_inventory("", kept.fetch()));
  CHECK_FALSE(decode_inventory("{\"format\":2,\"parts\":[]}", kept.fetch()));
  CHECK_FALSE(decode_inventory("{\"format\":1,\"parts\":[1]}", kept.fetch()));
  CHECK_FALSE(decode_inventory(listing.substr(0, listing.size() - 5), kept.fetch()));
  auto cut = kept;
  cut.texts.begin()->second.pop_back();
  CHECK_FALSE(decode_inventory(listing, cut.fetch()));
  auto other = kept;
  other.texts.begin()->second =
      "{\"kind\":\"ghost\",\"schema\":\"\",\"parent\":\"\",\"name\":\"\",\"properties\":{}}\n";
  CHECK_FALSE(decode_inventory(listing, other.fetch()));
  auto lost = kept;
  lost.texts.erase(lost.texts.begin());
  CHECK_FALSE(decode_inventory(listing, lost.fetch()));
}

TEST_CASE("measurements: their encoding gives them back", "[inventory]") {
  const Measurements measurements{"15.20",
                                  "public",
                                  {"app", "reader"},
                                  {{"cases", "case", 2'100'000, 340'000'000, 12}, {"cases", "note", -1, 0, 0}},
                                  {{"cases.case", "cases"}},
                                  {{"cases/20260101000000_a", 40}}};
  const auto back = decode_measurements(encode(measurements));
  REQUIRE(back);
  CHECK(*back == measurements);
  CHECK_FALSE(decode_measurements("[]"));
  CHECK_FALSE(decode_measurements("{\"format\":1}"));
}
