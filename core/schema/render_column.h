// The parts of a column's line.
#pragma once

#include "core/schema/schema.h"

#include <string>

namespace strata {

// `"name"`, or `"schema"."name"` outside the default schema.
std::string render_name(const ObjectName& name);

// `VARCHAR(10)[]`. A column with a sequence has a type of its own for that: render_column.
std::string render_type(const ColumnType& type);

// `"id" SERIAL NOT NULL`, `"name" TEXT NOT NULL DEFAULT 'x'`.
std::string render_column(const Column& column);

}  // namespace strata
