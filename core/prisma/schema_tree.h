// Prisma's schema language as a tree: what the files say, in their order, with places and comments. Nothing is judged
// here but the grammar (facts: https://www.prisma.io/docs/orm/reference/prisma-schema-reference).
#pragma once

#include <string>
#include <vector>

namespace strata::prisma {

struct Place {
  int line = 1;    // from 1
  int column = 1;  // from 1, in code points
};

struct Argument;

// What stands on the right of `=`, or between the parentheses of an attribute.
struct Value {
  enum class Kind { number, text, constant, call, list, object };
  Kind kind = Kind::constant;
  std::string text;                 // the number as written; the string decoded; the dotted name; the call's name
  std::string written;              // text: as in the file, with its quotes and escapes
  std::vector<Argument> arguments;  // of a call; of an object (where: { deleted: false }), each with a name
  std::vector<Value> items;         // of a list
  Place place;
};

struct Argument {
  std::string name;  // empty: positional
  Value value;
  Place place;
};

struct Attribute {
  std::string name;  // without @: "id", "db.VarChar", "map"
  std::vector<Argument> arguments;
  bool has_parentheses = false;
  Place place;
};

enum class Arity { required, optional, list };

// One line of a block, comments and blank lines included, so that a formatter loses nothing.
struct Entry {
  enum class Kind {
    field,            // name type attributes          in model, view, type
    block_attribute,  // @@name(…)                     in model, view, enum, type
    enum_value,       // NAME attributes               in enum
    property,         // key = value                   in datasource, generator
    comment,          // a line of its own: // or /// or /* */
    blank             // one for a run of blank lines
  };
  Kind kind = Kind::blank;
  std::string name;                   // of the field, enum value or property
  std::string type;                   // field: "String", "Role"; of Unsupported("…") the SQL type, decoded
  std::string type_written;           // field: the type as in the file, less ? and []
  bool unsupported = false;           // field: Unsupported("…")
  Arity arity = Arity::required;      // field
  std::vector<Attribute> attributes;  // field, enum value; block_attribute: exactly one
  Value value;                        // property
  std::string comment;  // comment: as written, less indentation; else what trails, or empty. /* */: with its line ends
  Place place;          // of the name, the @@ or the comment
  Place type_place;     // field
};

struct Block {
  enum class Kind { datasource, generator, model, view, enumeration, composite };
  Kind kind = Kind::model;
  std::string name;
  std::vector<std::string> leading;  // comments above, as written; "" for blank lines between them and below the last
  std::vector<Entry> entries;
  Place place;  // of the keyword
  Place name_place;
  Place end;  // of the closing brace
};

struct SchemaFile {
  std::string path;   // for messages
  std::string owner;  // the module that contributes it
  std::vector<Block> blocks;
  std::vector<std::string> trailing;  // comment lines below the last block
};

}  // namespace strata::prisma
