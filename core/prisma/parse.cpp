#include "core/prisma/parse.h"

#include "core/prisma/keyword.h"
#include "core/prisma/parse_value.h"

#include <optional>
#include <utility>

namespace strata::prisma {

namespace {

std::optional<Block::Kind> kind_named(std::string_view keyword) {
  for (const auto& [name, kind] : keywords) {
    if (name == keyword) return kind;
  }
  return std::nullopt;
}

bool sees_comment(const Cursor& cursor) {
  return cursor.sees("//") || cursor.sees("/*");
}

// A comment as written: to the end of the line, or to its */.
Result<std::string> parse_comment(Cursor& cursor) {
  if (cursor.sees("//")) return std::string(cursor.take_line());
  const auto end = cursor.rest().find("*/", 2);
  if (end == std::string_view::npos) {
    return cursor.fail_here("a comment that begins with /* and never ends", "close it with */");
  }
  std::string comment;
  for (const char c : cursor.rest().substr(0, end + 2)) {
    while (c == '\n' && comment.ends_with('\r')) comment.pop_back();
    comment += c;
  }
  cursor.advance(end + 2);
  return comment;
}

// What may stand behind the content of a line: nothing, or a comment.
Result<std::string> parse_line_rest(Cursor& cursor, const std::string& behind) {
  std::string comment;
  cursor.skip_blanks();
  if (sees_comment(cursor)) {
    STRATA_TRY(comment, parse_comment(cursor));
    cursor.skip_blanks();
  }
  if (!cursor.at_line_end()) {
    return cursor.fail_here("expected the end of the line behind " + behind + ", found " + cursor.found(),
                            cursor.sees("}") ? "write } on a line of its own" : "");
  }
  cursor.take_line_end();
  return comment;
}

// `Unsupported("…")`; the cursor is behind the word.
Result<void> parse_unsupported(Cursor& cursor, Entry& field) {
  const auto begin = cursor.rest();
  cursor.advance(1);
  cursor.skip_blanks();
  if (!cursor.sees("\"")) {
    return cursor.fail_here("expected the SQL type as a string in Unsupported(…), found " + cursor.found(),
                            "write Unsupported(\"circle\")");
  }
  STRATA_TRY(const auto type, parse_text(cursor));
  cursor.skip_blanks();
  if (!cursor.take(")")) return cursor.fail_here("expected \")\", found " + cursor.found());
  field.unsupported = true;
  field.type = type.text;
  field.type_written = "Unsupported" + std::string(begin.substr(0, begin.size() - cursor.rest().size()));
  return {};
}

Result<void> parse_field_type(Cursor& cursor, Entry& field) {
  field.type_place = cursor.place();
  field.type = field.type_written = cursor.take_name();
  if (field.type.empty()) {
    return cursor.fail_here("expected the type of field \"" + field.name + "\", found " + cursor.found(),
                            cursor.sees("[") ? "write a list as Type[]" : "a field is a name and a type: id Int");
  }
  if (field.type == "Unsupported" && cursor.sees("(")) STRATA_CHECK(parse_unsupported(cursor, field));
  cursor.skip_blanks();
  if (cursor.take("[]")) {
    field.arity = Arity::list;
    if (cursor.sees("?")) return cursor.fail_here("a list cannot be optional", "write Type[] or Type?");
  } else if (cursor.take("?")) {
    field.arity = Arity::optional;
    if (cursor.sees("[")) return cursor.fail_here("a list cannot have optional items", "write Type[] or Type?");
  } else if (cursor.sees("!")) {
    return cursor.fail_here("a field is required without \"!\"", "remove it");
  }
  return {};
}

Result<void> parse_property(Cursor& cursor, Entry& property) {
  cursor.skip_blanks();
  if (!cursor.take("=")) {
    return cursor.fail_here("expected \"=\" behind property \"" + property.name + "\", found " + cursor.found(),
                            "a property is a name and a value: provider = \"postgresql\"");
  }
  cursor.skip_blanks();
  STRATA_TRY(property.value, parse_value(cursor, "a value for property \"" + property.name + "\""));
  return {};
}

Result<Entry> parse_named_entry(Cursor& cursor, Block::Kind block) {
  Entry entry{.place = cursor.place()};
  entry.name = cursor.take_name();
  if (entry.name.empty()) {
    const bool underscore = cursor.sees("_");
    return cursor.fail_here("expected a name or \"}\", found " + cursor.found(),
                            underscore ? "a name begins with a letter: rename it, and use @map for the database's name"
                                       : "names have letters, digits and _");
  }
  cursor.skip_blanks();
  std::string behind = "\"" + entry.name + "\"";
  if (block == Block::Kind::datasource || block == Block::Kind::generator) {
    entry.kind = Entry::Kind::property;
    STRATA_CHECK(parse_property(cursor, entry));
  } else {
    entry.kind = block == Block::Kind::enumeration ? Entry::Kind::enum_value : Entry::Kind::field;
    if (entry.kind == Entry::Kind::field) STRATA_CHECK(parse_field_type(cursor, entry));
    STRATA_TRY(entry.attributes, parse_attributes(cursor));
    behind = (entry.kind == Entry::Kind::field ? "field " : "enum value ") + behind;
  }
  STRATA_TRY(entry.comment, parse_line_rest(cursor, behind));
  return entry;
}

Result<Entry> parse_block_attribute(Cursor& cursor, const Block& block) {
  Entry entry{.kind = Entry::Kind::block_attribute, .place = cursor.place()};
  if (block.kind == Block::Kind::datasource || block.kind == Block::Kind::generator) {
    return cursor.fail_here("datasource and generator take no attributes", "write properties: key = value");
  }
  STRATA_TRY(auto attribute, parse_attribute(cursor, "@@"));
  entry.attributes.push_back(std::move(attribute));
  STRATA_TRY(entry.comment, parse_line_rest(cursor, "@@" + entry.attributes[0].name));
  return entry;
}

Result<Entry> parse_comment_entry(Cursor& cursor) {
  Entry entry{.kind = Entry::Kind::comment, .place = cursor.place()};
  STRATA_TRY(entry.comment, parse_comment(cursor));
  cursor.skip_blanks();
  cursor.take_line_end();  // behind */ a field may follow on the same line
  return entry;
}

// The lines of `block` up to its closing brace.
Result<void> parse_entries(Cursor& cursor, Block& block) {
  while (true) {
    cursor.skip_blanks();
    const auto place = cursor.place();
    if (cursor.at_end()) {
      return cursor.fail_at(block.place, "the block \"" + block.name + "\" is not closed", "write } on its last line");
    }
    if (cursor.take("}")) {
      block.end = place;
      return {};
    }
    if (cursor.take_line_end()) {
      if (block.entries.empty() || block.entries.back().kind != Entry::Kind::blank) {
        block.entries.push_back({.kind = Entry::Kind::blank, .place = place});
      }
      continue;
    }
    auto entry = sees_comment(cursor) ? parse_comment_entry(cursor)
                 : cursor.sees("@@")  ? parse_block_attribute(cursor, block)
                                      : parse_named_entry(cursor, block.kind);
    if (!entry) return fail(std::move(entry.error()));
    block.entries.push_back(std::move(*entry));
  }
}

// The keyword that comes next. The grammar wants no blank between it and the name: `modelUser {` is `model User {`.
std::string_view take_keyword(Cursor& cursor) {
  auto after_name = cursor;
  const auto word = after_name.take_name();
  for (const auto& [keyword, kind] : keywords) {
    if (!word.starts_with(keyword) || word == keyword) continue;
    auto after_keyword = cursor;
    after_keyword.advance(keyword.size());
    if (after_keyword.take_name().empty()) continue;
    cursor.advance(keyword.size());
    return keyword;
  }
  cursor = after_name;
  return word;
}

// What stands behind `{` on its line. Prisma ignores it all; a comment is kept, as the first line of the block.
void parse_behind_brace(Cursor& cursor, Block& block) {
  cursor.skip_blanks();
  const auto place = cursor.place();
  const auto line = cursor.take_line();
  const auto text = line.substr(0, line.find_last_not_of(" \t") + 1);
  const bool closed = text.starts_with("/*") && text.find("*/", 2) == text.size() - 2;
  if (!closed && !text.starts_with("//")) return;
  block.entries.push_back({.kind = Entry::Kind::comment, .comment = std::string(closed ? text : line), .place = place});
}

// `model User {` and the end of its line.
Result<Block> parse_block_head(Cursor& cursor) {
  Block block{.place = cursor.place()};
  const auto found = cursor.found();
  const auto keyword = take_keyword(cursor);
  const auto kind = kind_named(keyword);
  if (!kind) {
    return cursor.fail_at(block.place, "expected a block, found " + found,
                          "a block begins with datasource, generator, model, view, enum or type, a name and {");
  }
  block.kind = *kind;
  cursor.skip_blanks();
  block.name_place = cursor.place();
  block.name = cursor.take_name();
  if (block.name.empty()) {
    return cursor.fail_here("expected a name behind \"" + std::string(keyword) + "\", found " + cursor.found(),
                            "names begin with a letter and have letters, digits and _");
  }
  cursor.skip_blanks();
  if (!cursor.take("{")) {
    return cursor.fail_here(
        "expected \"{\" behind " + std::string(keyword) + " \"" + block.name + "\", found " + cursor.found(),
        "write { on the same line");
  }
  parse_behind_brace(cursor, block);
  cursor.take_line_end();
  return block;
}

Result<Block> parse_block(Cursor& cursor) {
  STRATA_TRY(auto block, parse_block_head(cursor));
  STRATA_CHECK(parse_entries(cursor, block));
  return block;
}

}  // namespace

Result<SchemaFile> parse(std::string_view text, std::string path, std::string owner) {
  const auto checked = check_source_text(text, path);
  if (!checked) {
    auto error = checked.error();
    error.code = ErrorCode::bad_module;
    return fail(std::move(error));
  }
  SchemaFile file{.path = std::move(path), .owner = std::move(owner)};
  Cursor cursor(*checked, file.path);
  std::vector<std::string> comments;  // since the last block
  bool blank_line = true;             // so far
  while (true) {
    cursor.skip_blanks();
    if (cursor.at_end()) break;
    if (cursor.take_line_end()) {
      if (blank_line && !comments.empty() && !comments.back().empty()) comments.emplace_back();
      blank_line = true;
    } else if (sees_comment(cursor)) {
      STRATA_TRY(auto comment, parse_comment(cursor));
      comments.push_back(std::move(comment));
      blank_line = false;
    } else {
      STRATA_TRY(auto block, parse_block(cursor));
      block.leading = std::exchange(comments, {});
      file.blocks.push_back(std::move(block));
      blank_line = false;
    }
  }
  if (!comments.empty() && comments.back().empty()) comments.pop_back();
  file.trailing = std::move(comments);
  return file;
}

}  // namespace strata::prisma
