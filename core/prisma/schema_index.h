// The models, views, enums and types of all files, by name: one namespace, whoever owns the file.
#pragma once

#include "core/base/result.h"
#include "core/prisma/keyword.h"
#include "core/prisma/schema_tree.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace strata::prisma {

struct Declaration {
  const SchemaFile* file = nullptr;
  const Block* block = nullptr;
};

enum class FieldKind { scalar, enumeration, relation, unsupported, unknown };

class SchemaIndex {
 public:
  // Fails when two blocks have one name, naming both places and their owners. `files` outlive the index.
  static Result<SchemaIndex> build(const std::vector<SchemaFile>& files);

  const std::vector<Declaration>& declarations() const { return declarations_; }  // in the order of the files
  const Declaration* find(std::string_view name) const;                           // nullptr: there is none
  FieldKind kind_of(const Entry& field) const;

 private:
  std::vector<Declaration> declarations_;
  std::map<std::string_view, std::size_t> by_name_;
};

bool is_scalar_type(std::string_view name);  // String, Boolean, Int, BigInt, Float, Decimal, DateTime, Json, Bytes
bool has_columns(const Block& block);        // a model or a view
const Entry* field_named(const Block& block, std::string_view name);  // nullptr: there is none
const Attribute* attribute_named(const Entry& entry, std::string_view name);
const Attribute* attribute_named(const Block& block, std::string_view name);  // the first with @@

// The value of an argument given by name, or by place if it is the attribute's `positional` one. nullptr: not given.
const Value* argument_of(const Attribute& attribute, std::string_view name, std::string_view positional);

// The items of a list; of anything else itself, which the language takes for a list of one.
std::vector<const Value*> items_of(const Value& value);

std::string database_name(const Block& block);  // of @@map, else the name
std::string database_name(const Entry& entry);  // of @map, else the name
std::string schema_of(const Block& block);      // of @@schema; empty: none

}  // namespace strata::prisma
