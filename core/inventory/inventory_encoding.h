// An inventory as texts that are kept by their digests: what did not change between two of them is kept once. The
// format is in state/README.md.
#pragma once

#include "core/base/digest.h"
#include "core/base/result.h"
#include "core/inventory/inventory.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

struct EncodedInventory {
  std::string listing;             // names every part by its SHA-256; its own SHA-256 stands for the inventory
  std::vector<std::string> parts;  // some objects each, in order
};

EncodedInventory encode(const Inventory& inventory);

// The parts that a listing names, in order. Fails with bad_ledger.
Result<std::vector<Digest>> parts_of(std::string_view listing);

// The text with this digest; it has been checked against it.
using FetchText = std::function<Result<std::string>(const Digest&)>;

// Fails with bad_ledger, or as `fetch` does.
Result<Inventory> decode_inventory(std::string_view listing, const FetchText& fetch);

// Likewise: how big the tables are, and what else a snapshot says that is not part of the inventory itself.
struct Measurements {
  std::string server_version;      // "15.20"
  std::string schema;              // the search_path of the target's migrations
  std::vector<std::string> roles;  // that there are, but Postgres' own; sorted
  std::vector<TableSize> tables;
  // Whose each table, view, function, … is: the module whose text created it, by name ("cases.case_file").
  std::map<std::string, std::string> owners;
  // How long each migration took that was applied since the snapshot before, in milliseconds, by id.
  std::map<std::string, std::int64_t> durations_ms;

  bool operator==(const Measurements&) const = default;
};

std::string encode(const Measurements& measurements);
Result<Measurements> decode_measurements(std::string_view text);

}  // namespace strata
