#include "core/sql/source_text.h"

#include "core/base/escape.h"

#include <algorithm>

namespace strata {

namespace {

constexpr std::string_view bom = "\xef\xbb\xbf";

bool looks_like_utf16(std::string_view bytes) {
  if (bytes.starts_with("\xff\xfe") || bytes.starts_with("\xfe\xff")) return true;
  // Without a BOM: SQL begins with ASCII, so every other byte of it is NUL.
  return bytes.size() >= 4 && ((bytes[0] == 0 && bytes[2] == 0) || (bytes[1] == 0 && bytes[3] == 0)) &&
         bytes.substr(0, 4) != std::string_view("\0\0\0\0", 4);
}

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

std::string_view line_of(std::string_view text, int number) {
  for (int line = 1; line < number; ++line) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// The byte offset of the character that has `index` characters before it.
std::size_t offset_of_character(std::string_view line, std::size_t index) {
  std::size_t offset = 0;
  while (offset < line.size() && (index > 0 || !begins_character(line[offset]))) {
    if (begins_character(line[offset])) --index;
    ++offset;
    while (offset < line.size() && !begins_character(line[offset])) ++offset;
  }
  return offset;
}

}  // namespace

std::string_view without_bom(std::string_view bytes) {
  return bytes.starts_with(bom) ? bytes.substr(bom.size()) : bytes;
}

Result<std::string_view> check_source_text(std::string_view bytes, std::string_view file) {
  const auto text = without_bom(bytes);
  const auto refuse = [&](std::size_t at, const std::string& what, std::string next) {
    const auto offset_in_file = at + bytes.size() - text.size();
    return fail(Error{.code = ErrorCode::bad_migration,
                      .message = what + " at byte offset " + std::to_string(offset_in_file),
                      .next = std::move(next),
                      .where = locate(text, at, file)});
  };
  constexpr auto save_as_utf8 = "save the file as UTF-8 without a byte order mark";
  if (looks_like_utf16(bytes)) return refuse(0, "UTF-16 instead of UTF-8", save_as_utf8);
  if (const auto at = text.find('\0'); at != std::string_view::npos) {
    return refuse(at, "a NUL byte", "remove it: Postgres takes none, not even in a comment");
  }
  if (const auto at = find_invalid_utf8(text); at != std::string_view::npos) {
    return refuse(at, "invalid UTF-8 (" + printable(text.substr(at, 1)) + ")", save_as_utf8);
  }
  if (const auto at = text.find(bom); at != std::string_view::npos) {
    return refuse(at, "a byte order mark (U+FEFF) inside the text,",
                  "remove it; it often comes from files that were put together");
  }
  return text;
}

void LineCounter::advance_to(std::size_t offset) {
  const auto end = std::min(offset, text_.size());
  for (; offset_ < end; ++offset_) {
    if (text_[offset_] == '\n') {
      ++line_;
      column_ = 1;
    } else if (begins_character(text_[offset_])) {
      ++column_;
    }
  }
}

SourceLocation locate(std::string_view text, std::size_t offset, std::string_view file) {
  LineCounter counter(text);
  counter.advance_to(offset);
  return {std::string(file), counter.line(), counter.column()};
}

namespace {

// The line with what follows the word "password" as stars, be it a literal or a value in a connection string: character by
// character, so that columns stay.
std::string without_passwords(std::string_view line) {
  constexpr std::string_view word = "password";
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  std::string text;
  for (std::size_t at = 0; at < line.size();) {
    const auto found = std::search(line.begin() + static_cast<std::ptrdiff_t>(at), line.end(), word.begin(), word.end(), same);
    auto end = std::min(line.size(), static_cast<std::size_t>(found - line.begin()) + word.size());
    while (end < line.size() && (line[end] == ' ' || line[end] == 'e' || line[end] == 'E')) ++end;
    text += line.substr(at, end - at);
    at = end;
    if (at == line.size() || (line[at] != '\'' && line[at] != '=')) continue;
    const bool is_literal = line[at] == '\'';
    text += line[at++];
    for (; at < line.size(); ++at) {
      if (line[at] == '\'' && !(is_literal && line.substr(at, 2) == "''")) break;
      if (!is_literal && (line[at] == ' ' || line[at] == '&')) break;
      if (line[at] == '\'') ++at;
      if (begins_character(line[at])) text += '*';
    }
  }
  return text;
}

}  // namespace

std::string source_excerpt(std::string_view text, const SourceLocation& where) {
  constexpr std::size_t before = 60;  // characters of the line to show left and right of the column
  constexpr std::size_t after = 60;
  if (where.line < 1 || where.column < 1) return {};
  const auto masked = without_passwords(line_of(without_bom(text), where.line));
  const std::string_view line = masked;
  const auto column = static_cast<std::size_t>(where.column - 1);
  const auto caret = offset_of_character(line, column);
  const auto begin = column > before ? offset_of_character(line, column - before) : 0;
  const auto rest = line.substr(caret);
  const auto end = caret + offset_of_character(rest, after);

  const std::string left = (begin > 0 ? "…" : "") + printable(line.substr(begin, caret - begin));
  std::string padding;
  for (const char c : left) {
    if (begins_character(c)) padding += c == '\t' ? '\t' : ' ';
  }
  return left + printable(line.substr(caret, end - caret)) + (end < line.size() ? "…" : "") + "\n" + padding + "^";
}

}  // namespace strata
