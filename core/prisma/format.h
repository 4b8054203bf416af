// A schema laid out as Prisma's own formatter does it, byte for byte (observed: prisma 7.8.0).
//
// - Indentation is two spaces; one blank line stands between blocks, none at the start or end of a block.
// - Names, types and attributes of fields, values of enums and the = of properties are aligned in columns, within a
//   group. Blank lines end a group; comments do not, and take no part in it. Widths are counted in bytes, as Prisma
//   does.
// - A run of blank lines becomes one.
// - Attributes of a field stand in the order id, unique, default, updatedAt, map, relation, ignore, then all others as
//   they come: @db. is last. Attributes of a block (id, unique, index, fulltext, map, ignore, then others) go to its
//   end, behind a blank line, and take along the comments directly above them.
// - Comments with // stay as they are; a /* */ on lines of its own becomes a /** */ with a * on each line.
//
// Where Prisma's formatter is not idempotent or drops something, this one does not: a comment behind { moves to the
// next line, one behind } goes to the block below. What else stands behind { on its line is left out: it means nothing.
#pragma once

#include "core/prisma/schema_tree.h"

#include <string>
#include <string_view>

namespace strata::prisma {

// `file` as text. format(parse(format(x))) is format(x).
std::string format(const SchemaFile& file);

// A value or an attribute as it stands in formatted text: `[id(sort: Desc)]`, `@@map("users")`.
std::string format(const Value& value);
std::string format(const Attribute& attribute, std::string_view sign);

}  // namespace strata::prisma
