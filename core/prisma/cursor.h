// Walks the text of a schema from front to back, knowing line and column: the small change of the parser.
#pragma once

#include "core/base/result.h"
#include "core/prisma/schema_tree.h"
#include "core/sql/source_text.h"

#include <string>
#include <string_view>

namespace strata::prisma {

class Cursor {
 public:
  // `text` is valid UTF-8 without a BOM; it and `path` outlive the cursor.
  Cursor(std::string_view text, std::string_view path) : text_(text), path_(path), counter_(text) {}

  bool at_end() const { return offset_ == text_.size(); }
  bool at_line_end() const;  // also at the end of the file
  bool sees(std::string_view symbol) const { return text_.substr(offset_).starts_with(symbol); }
  char next() const { return at_end() ? '\0' : text_[offset_]; }
  std::string_view rest() const { return text_.substr(offset_); }
  Place place();

  void advance(std::size_t bytes) { offset_ += bytes; }
  void skip_blanks();                  // spaces and tabs, never a line end
  bool take(std::string_view symbol);  // only if it comes next
  bool take_line_end();                // LF, CRLF or CR, only if one comes next
  std::string_view take_name();        // a letter or digit, then letters, digits, _ and -; empty: none comes next
  std::string_view take_line();        // up to the line end, which stays

  // What comes next, for messages: `"@@"`, `"Int"`, `the end of the line`, `the end of the file`.
  std::string found() const;
  tl::unexpected<Error> fail_here(std::string message, std::string next = {});
  tl::unexpected<Error> fail_at(Place place, std::string message, std::string next = {}) const;

 private:
  std::string_view text_;
  std::string_view path_;
  std::size_t offset_ = 0;
  LineCounter counter_;
};

}  // namespace strata::prisma
