#include "core/prisma/schema_index.h"

#include "core/prisma/refusal.h"

#include <algorithm>
#include <array>

namespace strata::prisma {

namespace {

std::string text_argument(const Attribute* attribute, std::string_view positional, const std::string& otherwise) {
  const auto* value = attribute == nullptr ? nullptr : argument_of(*attribute, positional, positional);
  return value == nullptr ? otherwise : value->text;
}

}  // namespace

Result<SchemaIndex> SchemaIndex::build(const std::vector<SchemaFile>& files) {
  SchemaIndex index;
  for (const auto& file : files) {
    for (const auto& block : file.blocks) {
      if (block.kind == Block::Kind::datasource || block.kind == Block::Kind::generator) continue;
      const auto [known, is_new] = index.by_name_.emplace(block.name, index.declarations_.size());
      if (!is_new) {
        const auto& first = index.declarations_[known->second];
        return refuse(file, block.place,
                      std::string(keyword_of(block.kind)) + " " + block.name + " is defined by " +
                          whose(*first.file, first.block->place) + " and by " + whose(file, block.place),
                      "rename one of them; @@map keeps the name in the database");
      }
      index.declarations_.push_back({&file, &block});
    }
  }
  return index;
}

const Declaration* SchemaIndex::find(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &declarations_[found->second];
}

FieldKind SchemaIndex::kind_of(const Entry& field) const {
  if (field.unsupported) return FieldKind::unsupported;
  if (is_scalar_type(field.type)) return FieldKind::scalar;
  const auto* declaration = find(field.type);
  if (declaration == nullptr || declaration->block->kind == Block::Kind::composite) return FieldKind::unknown;
  return has_columns(*declaration->block) ? FieldKind::relation : FieldKind::enumeration;
}

bool is_scalar_type(std::string_view name) {
  constexpr std::array<std::string_view, 9> scalars = {"String",  "Boolean",  "Int",  "BigInt", "Float",
                                                       "Decimal", "DateTime", "Json", "Bytes"};
  return std::find(scalars.begin(), scalars.end(), name) != scalars.end();
}

bool has_columns(const Block& block) {
  return block.kind == Block::Kind::model || block.kind == Block::Kind::view;
}

const Entry* field_named(const Block& block, std::string_view name) {
  for (const auto& entry : block.entries) {
    if (entry.kind == Entry::Kind::field && entry.name == name) return &entry;
  }
  return nullptr;
}

const Attribute* attribute_named(const Entry& entry, std::string_view name) {
  for (const auto& attribute : entry.attributes) {
    if (attribute.name == name) return &attribute;
  }
  return nullptr;
}

const Attribute* attribute_named(const Block& block, std::string_view name) {
  for (const auto& entry : block.entries) {
    if (entry.kind == Entry::Kind::block_attribute && entry.attributes[0].name == name) return &entry.attributes[0];
  }
  return nullptr;
}

const Value* argument_of(const Attribute& attribute, std::string_view name, std::string_view positional) {
  for (const auto& argument : attribute.arguments) {
    if ((argument.name.empty() ? positional : std::string_view(argument.name)) == name) return &argument.value;
  }
  return nullptr;
}

std::vector<const Value*> items_of(const Value& value) {
  if (value.kind != Value::Kind::list) return {&value};
  std::vector<const Value*> items;
  for (const auto& item : value.items) items.push_back(&item);
  return items;
}

std::string database_name(const Block& block) {
  return text_argument(attribute_named(block, "map"), "name", block.name);
}

std::string database_name(const Entry& entry) {
  return text_argument(attribute_named(entry, "map"), "name", entry.name);
}

std::string schema_of(const Block& block) {
  return text_argument(attribute_named(block, "schema"), "map", "");
}

}  // namespace strata::prisma
