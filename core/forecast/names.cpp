#include "core/forecast/names.h"

#include "core/sql/quote.h"

#include <tuple>

namespace strata {

namespace {

// The parts between separators that stand outside quotes; with their quotes, without blanks around them.
std::vector<std::string> parts_of(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::string part;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) {
      parts.push_back(std::move(part));
      part.clear();
    } else if (c != ' ' || quoted || !part.empty()) {
      part += c;
    }
  }
  if (!part.empty() || !parts.empty()) parts.push_back(std::move(part));
  return parts;
}

std::string unquoted(const std::string& name) {
  if (name.size() < 2 || name.front() != '"') return name;
  std::string result;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    result += name[i];
    if (name[i] == '"') ++i;
  }
  return result;
}

}  // namespace

std::vector<std::string> split_list(std::string_view printed) {
  auto parts = parts_of(printed, ',');
  for (auto& part : parts) part = unquoted(part);
  return parts;
}

std::vector<std::string> split_name(std::string_view printed) {
  auto parts = parts_of(printed, '.');
  for (auto& part : parts) part = unquoted(part);
  return parts;
}

RelationName qualified_name(std::string_view printed) {
  const auto parts = split_name(printed);
  if (parts.empty()) return {};
  return parts.size() == 1 ? RelationName{"", parts[0]} : RelationName{parts[0], parts[1]};
}

std::string printed(const RelationName& name) {
  return name.schema.empty() ? name.name : name.schema + "." + name.name;
}

std::string quoted(const RelationName& name) {
  return (name.schema.empty() ? "" : quote_identifier(name.schema) + ".") + quote_identifier(name.name);
}

std::string with_renamed(std::string_view printed, const RelationName& from, const RelationName& to) {
  std::string changed;
  for (const auto& item : parts_of(printed, ',')) {
    auto parts = split_name(item);
    const bool is_it = parts.size() > 1 && parts[0] == from.schema && parts[1] == from.name;
    if (is_it) std::tie(parts[0], parts[1]) = std::tie(to.schema, to.name);
    std::string name;
    for (const auto& part : parts) name += (name.empty() ? "" : ".") + quote_identifier(part);
    changed += (changed.empty() ? "" : ", ") + name;
  }
  return changed;
}

std::vector<RelationName> qualified_names(std::string_view printed) {
  std::vector<RelationName> names;
  for (const auto& part : parts_of(printed, ',')) names.push_back(qualified_name(part));
  return names;
}

}  // namespace strata
