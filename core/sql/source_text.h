// The checks that every SQL text must pass before anything else looks at it, and places within it.
#pragma once

#include "core/base/result.h"

#include <string>
#include <string_view>

namespace strata {

// `bytes` without the UTF-8 BOM at its start, if it has one. All offsets and places in this room count from there.
std::string_view without_bom(std::string_view bytes);

// The text without its BOM; a view into `bytes`.
// Fails with bad_migration, naming file, line, column and byte offset, for: a NUL byte, invalid UTF-8 (UTF-16 is
// named), a BOM anywhere but at the start. `file` is for messages.
Result<std::string_view> check_source_text(std::string_view bytes, std::string_view file);

// Walks a text once, from front to back, so that the places of a million statements cost one pass.
class LineCounter {
 public:
  explicit LineCounter(std::string_view text) : text_(text) {}

  void advance_to(std::size_t offset);  // never backwards; beyond the end is the end
  int line() const { return line_; }
  int column() const { return column_; }

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
  int line_ = 1;
  int column_ = 1;
};

// Line and column (code points) of a byte offset into `text`. Lines end with LF; a CR before it belongs to its line.
SourceLocation locate(std::string_view text, std::size_t offset, std::string_view file);

// The line that `where` points into, and below it a caret under its column: two lines, made printable. Of a very long
// line only the part around the column. Empty when `where` is no place in `text`.
std::string source_excerpt(std::string_view text, const SourceLocation& where);

}  // namespace strata
