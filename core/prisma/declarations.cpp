#include "core/prisma/declarations.h"

#include "core/prisma/look_up.h"

#include <algorithm>

namespace strata::prisma {

namespace {

ObjectName object_name(const Block& block) {
  ObjectName name{.name = database_name(block)};
  const auto schemas = block_attributes(block, "schema");
  if (schemas.empty()) return name;
  if (const auto* schema = find_main_argument(schemas.front()->arguments, "map")) name.schema = schema->text;
  return name;
}

bool is_a_type(const Block& block) {
  return block.kind != Block::Kind::datasource && block.kind != Block::Kind::generator;
}

}  // namespace

Declarations::Declarations(const std::vector<SchemaFile>& files) {
  for (const auto& file : files) {
    for (const auto& block : file.blocks) {
      if (is_a_type(block)) by_name_.emplace(block.name, all_.size());
      all_.push_back({&block, &file, object_name(block)});
    }
  }
}

const Declared* Declarations::find(Block::Kind kind, std::string_view name) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || all_[found->second].block->kind != kind) return nullptr;
  return &all_[found->second];
}

const Declared* Declarations::datasource() const {
  const auto found = std::find_if(all_.begin(), all_.end(), [](const Declared& declared) {
    return declared.block->kind == Block::Kind::datasource;
  });
  return found == all_.end() ? nullptr : &*found;
}

bool Declarations::is_column(const Entry& field) const {
  return field.unsupported || !(find(Block::Kind::model, field.type) || find(Block::Kind::view, field.type) ||
                                find(Block::Kind::composite, field.type));
}

Definition defined_at(const SchemaFile& file, Place place) {
  return {.owner = file.owner, .where = {.file = file.path, .line = place.line, .column = place.column}};
}

tl::unexpected<Error> refuse(const SchemaFile& file, Place place, std::string message) {
  return fail(Error{.code = ErrorCode::bad_module,
                    .message = std::move(message),
                    .where = {.file = file.path, .line = place.line, .column = place.column}});
}

}  // namespace strata::prisma
