// What the files of a schema declare, by name: all of them are one namespace.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"
#include "core/schema/schema.h"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strata::prisma {

// A block, with the file that has it and the name of what it becomes in the database.
struct Declared {
  const Block* block = nullptr;
  const SchemaFile* file = nullptr;
  ObjectName name;
};

// Borrows from the files. Of two blocks with one name the first counts.
class Declarations {
 public:
  explicit Declarations(const std::vector<SchemaFile>& files);

  // In the order of the files.
  const std::vector<Declared>& all() const { return all_; }

  // Null where nothing of that kind has that name.
  const Declared* find(Block::Kind kind, std::string_view name) const;
  const Declared* datasource() const;

  // Relations and composite types are fields without a column.
  bool is_column(const Entry& field) const;

 private:
  std::vector<Declared> all_;
  std::map<std::string, std::size_t, std::less<>> by_name_;  // models, views, enums and composite types
};

Definition defined_at(const SchemaFile& file, Place place);

// bad_module: what the schema says at `place` cannot be lowered.
tl::unexpected<Error> refuse(const SchemaFile& file, Place place, std::string message);

}  // namespace strata::prisma
