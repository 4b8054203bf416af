#include "core/prisma/look_up.h"

#include <algorithm>

namespace strata::prisma {

namespace {

const Entry* find_entry(const Block& block, Entry::Kind kind, std::string_view name) {
  const auto found = std::find_if(block.entries.begin(), block.entries.end(),
                                  [&](const Entry& entry) { return entry.kind == kind && entry.name == name; });
  return found == block.entries.end() ? nullptr : &*found;
}

// `map` is a @map or @@map, or null.
std::string mapped_name(const Attribute* map, const std::string& name) {
  const auto* value = map ? find_main_argument(map->arguments, "name") : nullptr;
  return value ? value->text : name;
}

}  // namespace

const Attribute* find_attribute(const Entry& entry, std::string_view name) {
  const auto found = std::find_if(entry.attributes.begin(), entry.attributes.end(),
                                  [&](const Attribute& attribute) { return attribute.name == name; });
  return found == entry.attributes.end() ? nullptr : &*found;
}

const Attribute* find_native_type(const Entry& field) {
  const auto found = std::find_if(field.attributes.begin(), field.attributes.end(), [](const Attribute& attribute) {
    return attribute.name.find('.') != std::string::npos;
  });
  return found == field.attributes.end() ? nullptr : &*found;
}

std::vector<const Attribute*> block_attributes(const Block& block, std::string_view name) {
  std::vector<const Attribute*> found;
  for (const auto& entry : block.entries) {
    if (entry.kind != Entry::Kind::block_attribute) continue;
    if (const auto* attribute = find_attribute(entry, name)) found.push_back(attribute);
  }
  return found;
}

const Value* find_argument(const std::vector<Argument>& arguments, std::string_view name) {
  const auto found =
      std::find_if(arguments.begin(), arguments.end(), [&](const Argument& argument) { return argument.name == name; });
  return found == arguments.end() ? nullptr : &found->value;
}

const Value* find_main_argument(const std::vector<Argument>& arguments, std::string_view name) {
  const auto* named = find_argument(arguments, name);
  return named ? named : find_argument(arguments, "");
}

std::string database_name(const Entry& entry) {
  return mapped_name(find_attribute(entry, "map"), entry.name);
}

std::string database_name(const Block& block) {
  const auto maps = block_attributes(block, "map");
  return mapped_name(maps.empty() ? nullptr : maps.front(), block.name);
}

const Entry* find_field(const Block& block, std::string_view name) {
  return find_entry(block, Entry::Kind::field, name);
}

const Entry* find_enum_value(const Block& block, std::string_view name) {
  return find_entry(block, Entry::Kind::enum_value, name);
}

const Value* find_property(const Block& block, std::string_view key) {
  const auto* property = find_entry(block, Entry::Kind::property, key);
  return property ? &property->value : nullptr;
}

}  // namespace strata::prisma
