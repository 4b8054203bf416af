#include "core/forecast/type_name.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace strata {

namespace {

// The grammar's names, and those in pg_type, for what format_type() prints otherwise.
const std::map<std::string_view, std::string_view> printed_names = {{"int2", "smallint"},
                                                                    {"int4", "integer"},
                                                                    {"int", "integer"},
                                                                    {"int8", "bigint"},
                                                                    {"float4", "real"},
                                                                    {"float8", "double precision"},
                                                                    {"bool", "boolean"},
                                                                    {"bpchar", "character"},
                                                                    {"varchar", "character varying"},
                                                                    {"varbit", "bit varying"},
                                                                    {"timestamp", "timestamp without time zone"},
                                                                    {"timestamptz", "timestamp with time zone"},
                                                                    {"time", "time without time zone"},
                                                                    {"timetz", "time with time zone"}};

const std::set<std::string_view> serials = {"serial", "serial4", "bigserial", "serial8", "smallserial", "serial2"};

// Names of oids: the same four bytes, with the operators of oid.
const std::set<std::string_view> oids = {"oid",          "regclass",    "regproc",      "regprocedure",
                                         "regoper",      "regoperator", "regtype",      "regrole",
                                         "regnamespace", "regconfig",   "regcollation", "regdictionary"};

// Zones that never were anything but UTC. Others, London for one, were once a minute off.
const std::set<std::string_view> utc_zones = {
    "utc",           "etc/utc", "gmt",      "etc/gmt", "uct",       "etc/uct", "zulu",      "etc/zulu",  "universal",
    "etc/universal", "gmt0",    "etc/gmt0", "gmt+0",   "etc/gmt+0", "gmt-0",   "etc/gmt-0", "greenwich", "0"};

constexpr std::string_view timestamp_name = "timestamp without time zone";
constexpr std::string_view timestamptz_name = "timestamp with time zone";
constexpr std::int64_t finest = 6;           // digits of a second that are kept
constexpr std::int64_t all_fields = 0x7fff;  // what the grammar says of an interval without fields
constexpr int most_domains = 32;             // made from each other; there is no way to make a circle

bool is_text(const TypeName& type) {
  return type.name == "text" || type.name == "character varying";
}

bool is_utc(std::string zone) {
  std::transform(zone.begin(), zone.end(), zone.begin(), [](unsigned char c) { return std::tolower(c); });
  return utc_zones.count(zone) == 1;
}

bool is_citext(const TypeName& type) {
  return qualified_name(type.name).name == "citext";
}

std::int64_t precision_of(const TypeName& type) {
  return type.modifiers.empty() ? finest : type.modifiers.front();
}

// The same type, with another modifier.
bool fits_always(const TypeName& from, const TypeName& to) {
  const auto& name = from.name;
  if (name == "character varying" || name == "bit varying")
    return to.modifiers.empty() || (!from.modifiers.empty() && to.modifiers[0] >= from.modifiers[0]);
  if (name == "numeric") {
    const auto scale = [](const TypeName& type) { return type.modifiers.size() > 1 ? type.modifiers[1] : 0; };
    return to.modifiers.empty() ||
           (!from.modifiers.empty() && to.modifiers[0] >= from.modifiers[0] && scale(to) == scale(from));
  }
  if (name.starts_with("time") || name.starts_with("interval")) return precision_of(to) >= precision_of(from);
  return false;
}

TypeChange change_of_base(const TypeName& from, const TypeName& to, const std::string& time_zone) {
  if (from == to) return TypeChange::keeps;
  if (from.is_array || to.is_array) return TypeChange::rewrites;
  if (from.name == to.name) return fits_always(from, to) ? TypeChange::keeps : TypeChange::rewrites;
  const bool between_zones = (from.name == timestamp_name && to.name == timestamptz_name) ||
                             (from.name == timestamptz_name && to.name == timestamp_name);
  if (between_zones)
    return is_utc(time_zone) && precision_of(to) == finest ? TypeChange::reindexes : TypeChange::rewrites;
  if (!to.modifiers.empty()) return TypeChange::rewrites;
  if ((is_text(from) || from.name == "xml") && is_text(to)) return TypeChange::keeps;
  if (from.name == "cidr" && to.name == "inet") return TypeChange::keeps;
  if (oids.count(from.name) == 1 && oids.count(to.name) == 1) return TypeChange::keeps;
  const bool same_bytes = (from.name == "integer" && oids.count(to.name) == 1) ||
                          (oids.count(from.name) == 1 && to.name == "integer") ||
                          (from.name == "bit" && to.name == "bit varying") || (is_citext(from) && is_text(to)) ||
                          (is_text(from) && is_citext(to));
  return same_bytes ? TypeChange::reindexes : TypeChange::rewrites;
}

}  // namespace

TypeName printed_type(std::string_view text) {
  TypeName type;
  if (text.ends_with("[]")) {
    type.is_array = true;
    text.remove_suffix(2);
  }
  const auto open = text.find('(');
  const auto close = text.find(')', open == std::string_view::npos ? 0 : open);
  if (open == std::string_view::npos || close == std::string_view::npos) {
    type.name = text.find('"') == std::string_view::npos ? std::string(text) : printed(qualified_name(text));
    return type;
  }
  for (const auto& number : split_list(text.substr(open + 1, close - open - 1))) {
    std::int64_t value = 0;
    std::from_chars(number.data(), number.data() + number.size(), value);
    type.modifiers.push_back(value);
  }
  type.name = std::string(text.substr(0, open)) + std::string(text.substr(close + 1));
  return type;
}

std::string printed(const TypeName& type) {
  std::string numbers;
  for (const auto number : type.modifiers) numbers += (numbers.empty() ? "" : ",") + std::to_string(number);
  if (!numbers.empty()) numbers = "(" + numbers + ")";
  const auto rest = type.name.starts_with("time") ? type.name.find(' ') : std::string::npos;
  auto text =
      rest == std::string::npos ? type.name + numbers : type.name.substr(0, rest) + numbers + type.name.substr(rest);
  return text + (type.is_array ? "[]" : "");
}

TypeName written_type(const Node& type_name, const World& world) {
  const auto names = strings_of(type_name["names"]);
  TypeName type{.is_array = !type_name["arrayBounds"].items.empty()};
  for (const auto& modifier : type_name["typmods"].items) type.modifiers.push_back(integer_of(modifier).value_or(-1));
  const auto written = written_name(names);
  const auto own = written.schema == "pg_catalog" ? std::nullopt : world.type_named(written);
  if (own) {
    type.name = printed(*own);
    return type;
  }
  const auto found = printed_names.find(written.name);
  type.name = found == printed_names.end() ? written.name : found->second;
  if (found == printed_names.end() && !written.schema.empty() && written.schema != "pg_catalog")
    type.name = printed(written);
  if (type.name == "interval" && !type.modifiers.empty()) {
    if (type.modifiers.front() != all_fields) type.name += " " + std::to_string(type.modifiers.front());
    type.modifiers.erase(type.modifiers.begin());
  }
  // NUMERIC(10) has the scale 0, and is printed with it.
  if (type.name == "numeric" && type.modifiers.size() == 1) type.modifiers.push_back(0);
  return type;
}

bool is_serial(const Node& type_name) {
  const auto names = strings_of(type_name["names"]);
  return names.size() == 1 && serials.count(names.front()) == 1;
}

bool is_constrained_domain(const TypeName& type, const World& world) {
  if (type.is_array) return false;
  auto name = qualified_name(type.name);
  for (int i = 0; i < most_domains; ++i) {
    const auto* domain = world.type(name);
    if (domain == nullptr || domain->property("form") != "domain") return false;
    if (!domain->property("checks").empty() || !domain->property("not_null").empty()) return true;
    name = qualified_name(domain->property("base"));
  }
  return false;
}

TypeName base_of(const TypeName& type, const World& world) {
  auto base = type;
  for (int i = 0; i < most_domains && !base.is_array; ++i) {
    const auto* domain = world.type(qualified_name(base.name));
    if (domain == nullptr || domain->property("form") != "domain") break;
    base = printed_type(domain->property("base"));
  }
  return base;
}

TypeChange change_of(const TypeName& from, const TypeName& to, const World& world) {
  if (from == to) return TypeChange::keeps;
  if (is_constrained_domain(to, world)) return TypeChange::rewrites;
  auto base = base_of(from, world);
  // A value of a domain comes without the length that its base type has.
  if (base != from) base.modifiers.clear();
  return change_of_base(base, base_of(to, world), world.time_zone());
}

}  // namespace strata
