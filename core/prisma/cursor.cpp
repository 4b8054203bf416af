#include "core/prisma/cursor.h"

#include "core/base/escape.h"
#include "core/prisma/letter.h"

#include <algorithm>

namespace strata::prisma {

namespace {

bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Bytes of what continues a name at the start of `text`; 0: nothing does.
std::size_t name_part_size(std::string_view text) {
  if (text.empty()) return 0;
  return begins_name(text[0]) || text[0] == '_' || text[0] == '-' ? 1 : letter_size(text);
}

// Bytes of the blank at the start of `text`; 0: there is none. Prisma counts Unicode's space separators too, and
// editors do put no-break spaces into files.
std::size_t blank_size(std::string_view text) {
  if (text.starts_with(' ') || text.starts_with('\t')) return 1;
  if (text.starts_with("\xc2\xa0")) return 2;
  const auto three = text.substr(0, 3);
  const bool separator = three == "\xe1\x9a\x80" || three == "\xe2\x80\xaf" || three == "\xe2\x81\x9f" ||
                         three == "\xe3\x80\x80" || (three >= "\xe2\x80\x80" && three <= "\xe2\x80\x8a");
  return three.size() == 3 && separator ? 3 : 0;
}

}  // namespace

bool Cursor::at_line_end() const {
  return at_end() || sees("\n") || sees("\r");
}

Place Cursor::place() {
  counter_.advance_to(offset_);
  return {counter_.line(), counter_.column()};
}

void Cursor::skip_blanks() {
  while (const auto size = blank_size(rest())) offset_ += size;
}

bool Cursor::take(std::string_view symbol) {
  if (!sees(symbol)) return false;
  offset_ += symbol.size();
  return true;
}

bool Cursor::take_line_end() {
  return take("\n") || take("\r\n") || take("\r");
}

std::string_view Cursor::take_name() {
  const auto begin = offset_;
  if (begins_name(next()) || letter_size(rest()) > 0) {
    while (const auto size = name_part_size(rest())) offset_ += size;
  }
  return text_.substr(begin, offset_ - begin);
}

std::string_view Cursor::take_line() {
  const auto line = rest().substr(0, rest().find_first_of("\r\n"));
  offset_ += line.size();
  return line;
}

std::string Cursor::found() const {
  if (at_end()) return "the end of the file";
  if (at_line_end()) return "the end of the line";
  std::size_t size = name_part_size(rest());
  if (size > 0) {
    while (size < 60 && name_part_size(rest().substr(size)) > 0) size += name_part_size(rest().substr(size));
  } else if (sees("@@") || sees("//") || sees("/*")) {
    size = 2;
  } else {
    size = 1;
    while (offset_ + size < text_.size() && (static_cast<unsigned char>(text_[offset_ + size]) & 0xc0) == 0x80) ++size;
  }
  const auto token = text_.substr(offset_, size);
  return token == "\"" ? "a string" : "\"" + printable(token) + "\"";
}

tl::unexpected<Error> Cursor::fail_here(std::string message, std::string next) {
  return fail_at(place(), std::move(message), std::move(next));
}

tl::unexpected<Error> Cursor::fail_at(Place place, std::string message, std::string next) const {
  return fail(Error{.code = ErrorCode::bad_module,
                    .message = std::move(message),
                    .next = std::move(next),
                    .where = {std::string(path_), place.line, place.column}});
}

}  // namespace strata::prisma
