#include "core/prisma/operator_class.h"

#include <algorithm>
#include <array>
#include <vector>

namespace strata::prisma {

namespace {

struct OperatorClass {
  std::string name;
  std::string_view index_type;
  std::vector<std::string_view> columns;
};

// Of Brin: each family has some of the kinds BloomOps, MinMaxOps, MinMaxMultiOps.
struct BrinFamily {
  std::string_view name;
  std::vector<std::string_view> columns;
  bool bloom = true;
  bool multi = true;
};

std::vector<BrinFamily> brin_families() {
  return {{"Bit", {"String@Bit"}, false, false},
          {"VarBit", {"String@VarBit"}, false, false},
          {"Bpchar", {"String@Char"}, true, false},
          {"Bytea", {"Bytes", "Bytes@ByteA"}, true, false},
          {"Text", {"String", "String@Text", "String@VarChar"}, true, false},
          {"Date", {"DateTime@Date"}},
          {"Float4", {"Float@Real"}},
          {"Float8", {"Float", "Float@DoublePrecision"}},
          {"Inet", {"String@Inet"}},
          {"Int2", {"Int@SmallInt"}},
          {"Int4", {"Int", "Int@Integer"}},
          {"Int8", {"BigInt", "BigInt@BigInt"}},
          {"Numeric", {"Decimal", "Decimal@Decimal"}},
          {"Oid", {"Int@Oid"}},
          {"Timestamp", {"DateTime", "DateTime@Timestamp"}},
          {"TimestampTz", {"DateTime@Timestamptz"}},
          {"Time", {"DateTime@Time"}},
          {"TimeTz", {"DateTime@Timetz"}},
          {"Uuid", {"String@Uuid"}}};
}

const std::vector<OperatorClass>& operator_classes() {
  static const auto classes = [] {
    std::vector<OperatorClass> all = {{"JsonbOps", "Gin", {"Json", "Json@JsonB"}},
                                      {"JsonbPathOps", "Gin", {"Json", "Json@JsonB"}},
                                      {"ArrayOps", "Gin", {"[]"}},
                                      {"InetOps", "Gist", {"String@Inet"}},
                                      {"InetOps", "SpGist", {"String@Inet"}},
                                      {"TextOps", "SpGist", {"String", "String@Text", "String@VarChar", "String@Char"}},
                                      {"InetInclusionOps", "Brin", {"String@Inet"}}};
    for (const auto& family : brin_families()) {
      const std::string name(family.name);
      if (family.bloom) all.push_back({name + "BloomOps", "Brin", family.columns});
      all.push_back({name + "MinMaxOps", "Brin", family.columns});
      if (family.multi) all.push_back({name + "MinMaxMultiOps", "Brin", family.columns});
    }
    return all;
  }();
  return classes;
}

template <typename Fits>
bool some_class(const Fits& fits) {
  return std::any_of(operator_classes().begin(), operator_classes().end(), fits);
}

bool takes_column(const OperatorClass& c, std::string_view column) {
  const auto type = column.ends_with("[]") ? std::string_view("[]") : column;
  return std::find(c.columns.begin(), c.columns.end(), type) != c.columns.end();
}

}  // namespace

bool is_index_type(std::string_view name) {
  constexpr std::array<std::string_view, 6> types = {"BTree", "Hash", "Gin", "Gist", "SpGist", "Brin"};
  return std::find(types.begin(), types.end(), name) != types.end();
}

bool has_default_class(std::string_view index_type, std::string_view column) {
  if (index_type == "BTree" || index_type == "Hash" || column.starts_with("Unsupported")) return true;
  // PostgreSQL has inet_ops for Gist, and marks it as none to be taken by itself; text has one where the extension
  // btree_gist is.
  if (index_type == "Gist") return column == "String";
  return some_class([&](const auto& c) { return c.index_type == index_type && takes_column(c, column); });
}

bool is_operator_class(std::string_view name) {
  return some_class([&](const auto& c) { return c.name == name; });
}

bool is_operator_class(std::string_view name, std::string_view index_type) {
  return some_class([&](const auto& c) { return c.name == name && c.index_type == index_type; });
}

bool is_operator_class(std::string_view name, std::string_view index_type, std::string_view column) {
  return some_class(
      [&](const auto& c) { return c.name == name && c.index_type == index_type && takes_column(c, column); });
}

}  // namespace strata::prisma
