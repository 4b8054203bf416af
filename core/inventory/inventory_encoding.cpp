#include "core/inventory/inventory_encoding.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

namespace strata {

namespace {

using Json = nlohmann::ordered_json;

constexpr int format = 1;

const std::string& top_level_name(const DatabaseObject& object) {
  return object.parent.empty() ? object.name : object.parent;
}

// Where parts end follows from the names alone, so that a new object changes the part it is in and no other. On average
// every sixteenth name begins a part.
bool begins_part(const DatabaseObject& object) {
  return sha256(top_level_name(object))[0] % 16 == 0;
}

bool same_part(const DatabaseObject& before, const DatabaseObject& object) {
  if (before.schema != object.schema) return false;
  return top_level_name(before) == top_level_name(object) || !begins_part(object);
}

std::string dumped(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Error damaged(const std::string& what) {
  return {.code = ErrorCode::bad_ledger, .message = what + ": not as strata writes it, or damaged"};
}

std::optional<DatabaseObject> object_of(const std::string& line) {
  try {
    const auto json = Json::parse(line);
    for (auto kind = ObjectKind::schema; kind <= ObjectKind::policy;
         kind = static_cast<ObjectKind>(static_cast<int>(kind) + 1)) {
      if (json.at("kind").get<std::string>() != name_of(kind)) continue;
      return DatabaseObject{kind, json.at("schema"), json.at("parent"), json.at("name"),
                            json.at("properties").get<std::map<std::string, std::string>>()};
    }
  } catch (const Json::exception&) {
  }
  return std::nullopt;
}

}  // namespace

EncodedInventory encode(const Inventory& inventory) {
  EncodedInventory out;
  const DatabaseObject* before = nullptr;
  for (const auto& object : inventory.objects) {
    if (before == nullptr || !same_part(*before, object)) out.parts.emplace_back();
    out.parts.back() += dumped({{"kind", name_of(object.kind)},
                                {"schema", object.schema},
                                {"parent", object.parent},
                                {"name", object.name},
                                {"properties", object.properties}}) +
                        "\n";
    before = &object;
  }
  Json parts = Json::array();
  for (const auto& part : out.parts) parts.push_back(hex(sha256(part)));
  out.listing = dumped({{"format", format}, {"kind", "strata inventory"}, {"parts", parts}}) + "\n";
  return out;
}

Result<std::vector<Digest>> parts_of(std::string_view listing) {
  std::vector<Digest> parts;
  try {
    const auto json = Json::parse(listing);
    if (json.at("format") != format) return fail(damaged("the inventory"));
    for (const auto& name : json.at("parts")) {
      const auto digest = digest_from_hex(name.get<std::string>());
      if (!digest) return fail(damaged("the inventory"));
      parts.push_back(*digest);
    }
  } catch (const Json::exception&) {
    return fail(damaged("the inventory"));
  }
  return parts;
}

Result<Inventory> decode_inventory(std::string_view listing, const FetchText& fetch) {
  Inventory inventory;
  STRATA_TRY(const auto parts, parts_of(listing));
  for (const auto& digest : parts) {
    STRATA_TRY(const std::string part, fetch(digest));
    std::istringstream lines(part);
    for (std::string line; std::getline(lines, line);) {
      auto object = object_of(line);
      const bool in_order = object && (inventory.objects.empty() || key_of(inventory.objects.back()) < key_of(*object));
      if (!in_order || lines.eof()) return fail(damaged("the inventory"));  // the last line ends as well
      inventory.objects.push_back(std::move(*object));
    }
  }
  return inventory;
}

std::string encode(const Measurements& measurements) {
  Json tables = Json::array();
  for (const auto& size : measurements.tables)
    tables.push_back({size.schema, size.name, size.rows, size.heap_bytes, size.index_bytes});
  return dumped({{"format", format},
                 {"kind", "strata measurements"},
                 {"server", measurements.server_version},
                 {"schema", measurements.schema},
                 {"roles", measurements.roles},
                 {"tables", tables},
                 {"owners", measurements.owners},
                 {"durations_ms", measurements.durations_ms}}) +
         "\n";
}

Result<Measurements> decode_measurements(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);  // an ordered one looks for each key among all before it
    if (json.at("format") != format) return fail(damaged("the table sizes of a snapshot"));
    Measurements measurements;
    measurements.server_version = json.at("server");
    measurements.schema = json.at("schema");
    measurements.roles = json.at("roles").get<std::vector<std::string>>();
    measurements.owners = json.at("owners").get<std::map<std::string, std::string>>();
    measurements.durations_ms = json.at("durations_ms").get<std::map<std::string, std::int64_t>>();
    for (const auto& row : json.at("tables"))
      measurements.tables.push_back({row.at(0), row.at(1), row.at(2), row.at(3), row.at(4)});
    return measurements;
  } catch (const Json::exception&) {
    return fail(damaged("the table sizes of a snapshot"));
  }
}

}  // namespace strata
