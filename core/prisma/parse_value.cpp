#include "core/prisma/parse_value.h"

#include "core/base/escape.h"

#include <optional>

namespace strata::prisma {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, unsigned code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The four hexadecimal digits at the start of `text`.
std::optional<unsigned> hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  unsigned code = 0;
  for (const char c : text.substr(0, 4)) {
    if (is_digit(c)) {
      code = code * 16 + static_cast<unsigned>(c - '0');
    } else if ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')) {
      code = code * 16 + static_cast<unsigned>((c | 0x20) - 'a') + 10;
    } else {
      return std::nullopt;
    }
  }
  return code;
}

// Decodes \uXXXX, or two of them that are a surrogate pair; the cursor sees the backslash.
Result<void> take_unicode_escape(Cursor& cursor, std::string& out) {
  const auto refuse = [&](const std::string& why) {
    return cursor.fail_here(why, "write the character itself, or \\u and four hexadecimal digits");
  };
  const auto first = hex4(cursor.rest().substr(2));
  if (!first) return refuse("\\u without four hexadecimal digits");
  if (*first == 0) return refuse("\\u0000 in a string: Postgres takes no NUL");
  if (*first >= 0xdc00 && *first <= 0xdfff) return refuse("a low surrogate without a high one before it");
  if (*first < 0xd800 || *first > 0xdbff) {
    append_utf8(out, *first);
    cursor.advance(6);
    return {};
  }
  const auto behind = cursor.rest().substr(6);
  const auto second = behind.starts_with("\\u") ? hex4(behind.substr(2)) : std::nullopt;
  if (!second || *second < 0xdc00 || *second > 0xdfff) return refuse("a high surrogate without a low one behind it");
  append_utf8(out, 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00));
  cursor.advance(12);
  return {};
}

Result<void> take_escape(Cursor& cursor, std::string& out) {
  if (cursor.sees("\\u")) return take_unicode_escape(cursor, out);
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  const auto letter = cursor.rest().substr(1, 1);
  const auto index = letter.empty() ? std::string_view::npos : letters.find(letter[0]);
  if (index == std::string_view::npos) {
    return cursor.fail_here("an unknown escape in a string: a backslash and \"" + printable(letter) + "\"",
                            "write \\\\ for a backslash; the escapes are \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX");
  }
  out += meanings[index];
  cursor.advance(2);
  return {};
}

Result<Value> parse_number(Cursor& cursor) {
  Value number{.kind = Value::Kind::number, .place = cursor.place()};
  const auto begin = cursor.rest();
  const auto take_digits = [&] {
    const bool some = is_digit(cursor.next());
    while (is_digit(cursor.next())) cursor.advance(1);
    return some;
  };
  cursor.take("-");
  bool well_formed = take_digits();
  if (cursor.take(".")) well_formed = take_digits() && well_formed;
  if (!well_formed || !cursor.take_name().empty()) {
    return cursor.fail_at(number.place, "this is no number", "write digits, with - before or one . between: -1, 0.5");
  }
  number.text = begin.substr(0, begin.size() - cursor.rest().size());
  return number;
}

// What stands between brackets: `parse_item` for each, commas between, none behind the last.
template <typename ParseItem>
Result<void> parse_sequence(Cursor& cursor, std::string_view close, Place open, const ParseItem& parse_item) {
  cursor.skip_blanks();
  if (cursor.take(close)) return {};
  while (true) {
    STRATA_CHECK(parse_item());
    cursor.skip_blanks();
    if (cursor.take(close)) return {};
    if (!cursor.sees(",")) {
      const bool broken = cursor.at_line_end();
      return cursor.fail_here("expected \",\" or \"" + std::string(close) + "\", found " + cursor.found(),
                              broken ? "close the bracket that opens in column " + std::to_string(open.column) +
                                           " on the same line: it cannot go on in the next"
                                     : "");
    }
    const auto comma = cursor.place();
    cursor.advance(1);
    cursor.skip_blanks();
    if (cursor.sees(close)) {
      return cursor.fail_at(comma, "a comma with nothing behind it before \"" + std::string(close) + "\"", "remove it");
    }
  }
}

Result<Argument> parse_argument(Cursor& cursor, bool must_be_named, int depth) {
  Argument argument{.place = cursor.place()};
  const auto before = cursor;
  const auto name = cursor.take_name();
  cursor.skip_blanks();
  if (!name.empty() && cursor.take(":")) {
    argument.name = name;
    cursor.skip_blanks();
    STRATA_TRY(argument.value, parse_value(cursor, "a value for \"" + argument.name + ":\"", depth));
    return argument;
  }
  cursor = before;
  if (must_be_named) return cursor.fail_here("expected a name and \":\", found " + cursor.found());
  STRATA_TRY(argument.value, parse_value(cursor, "an argument", depth));
  return argument;
}

Result<std::vector<Argument>> parse_arguments(Cursor& cursor, std::string_view close, Place open, int depth) {
  std::vector<Argument> arguments;
  STRATA_CHECK(parse_sequence(cursor, close, open, [&]() -> Result<void> {
    STRATA_TRY(auto argument, parse_argument(cursor, close == "}", depth));
    arguments.push_back(std::move(argument));
    return {};
  }));
  return arguments;
}

// `true`, `db.Text`, or a call when a parenthesis follows: `now()`.
Result<Value> parse_constant_or_call(Cursor& cursor, const std::string& expected, int depth) {
  Value value{.kind = Value::Kind::constant, .place = cursor.place()};
  value.text = cursor.take_name();
  if (value.text.empty()) {
    return cursor.fail_here("expected " + expected + ", found " + cursor.found(),
                            cursor.sees("'") ? "write strings in double quotes" : "");
  }
  while (cursor.take(".")) {
    const auto part = cursor.take_name();
    if (part.empty()) return cursor.fail_here("expected a name behind \".\", found " + cursor.found());
    value.text.append(".").append(part);
  }
  cursor.skip_blanks();
  const auto open = cursor.sees("(") ? cursor.place() : Place{};
  if (!cursor.take("(")) return value;
  value.kind = Value::Kind::call;
  STRATA_TRY(value.arguments, parse_arguments(cursor, ")", open, depth + 1));
  return value;
}

}  // namespace

Result<Value> parse_text(Cursor& cursor) {
  Value text{.kind = Value::Kind::text, .place = cursor.place()};
  const auto begin = cursor.rest();
  cursor.advance(1);
  while (!cursor.take("\"")) {
    if (cursor.at_line_end()) {
      return cursor.fail_at(text.place, "a string without its closing quote",
                            "close it on the same line; a line end inside is written \\n");
    }
    if (cursor.sees("\\")) {
      STRATA_CHECK(take_escape(cursor, text.text));
      continue;
    }
    if (static_cast<unsigned char>(cursor.next()) < 0x20) {
      return cursor.fail_here("a control character in a string: " + cursor.found(),
                              "write it as an escape: \\t for a tab, \\u001b for others");
    }
    text.text += cursor.next();
    cursor.advance(1);
  }
  text.written = begin.substr(0, begin.size() - cursor.rest().size());
  return text;
}

Result<Value> parse_value(Cursor& cursor, const std::string& expected, int depth) {
  if (depth > deepest_nesting) {
    return cursor.fail_here("brackets nested deeper than " + std::to_string(deepest_nesting));
  }
  if (cursor.sees("\"")) return parse_text(cursor);
  if (cursor.sees("-") || is_digit(cursor.next())) return parse_number(cursor);
  Value value{.place = cursor.place()};
  if (cursor.take("[")) {
    value.kind = Value::Kind::list;
    STRATA_CHECK(parse_sequence(cursor, "]", value.place, [&]() -> Result<void> {
      STRATA_TRY(auto item, parse_value(cursor, "a value", depth + 1));
      value.items.push_back(std::move(item));
      return {};
    }));
    return value;
  }
  if (cursor.take("{")) {
    value.kind = Value::Kind::object;
    STRATA_TRY(value.arguments, parse_arguments(cursor, "}", value.place, depth + 1));
    return value;
  }
  return parse_constant_or_call(cursor, expected, depth);
}

Result<Attribute> parse_attribute(Cursor& cursor, std::string_view sign) {
  Attribute attribute{.place = cursor.place()};
  cursor.advance(sign.size());
  cursor.skip_blanks();
  attribute.name = cursor.take_name();
  if (attribute.name.empty()) {
    return cursor.fail_here("expected an attribute's name behind \"" + std::string(sign) + "\", found " +
                            cursor.found());
  }
  while (cursor.take(".")) {
    const auto part = cursor.take_name();
    if (part.empty()) return cursor.fail_here("expected a name behind \".\", found " + cursor.found());
    attribute.name.append(".").append(part);
  }
  cursor.skip_blanks();
  const auto open = cursor.sees("(") ? cursor.place() : Place{};
  if (!cursor.take("(")) return attribute;
  attribute.has_parentheses = true;
  STRATA_TRY(attribute.arguments, parse_arguments(cursor, ")", open, 1));
  return attribute;
}

Result<std::vector<Attribute>> parse_attributes(Cursor& cursor) {
  std::vector<Attribute> attributes;
  for (cursor.skip_blanks(); cursor.sees("@"); cursor.skip_blanks()) {
    if (cursor.sees("@@")) {
      return cursor.fail_here("an attribute of the whole block, behind a field",
                              "write @ for an attribute of the field, or put the @@ on a line of its own");
    }
    STRATA_TRY(auto attribute, parse_attribute(cursor, "@"));
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

}  // namespace strata::prisma
