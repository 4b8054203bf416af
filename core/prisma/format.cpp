#include "core/prisma/format.h"

#include "core/prisma/column_layout.h"
#include "core/prisma/keyword.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace strata::prisma {

namespace {

constexpr std::string_view indent = "  ";

std::string joined(const std::vector<Argument>& arguments) {
  std::string text;
  for (const auto& argument : arguments) {
    if (!text.empty()) text += ", ";
    if (!argument.name.empty()) text += argument.name + ": ";
    text += format(argument.value);
  }
  return text;
}

template <std::size_t N>
std::size_t rank_of(const Attribute& attribute, const std::array<std::string_view, N>& order) {
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), attribute.name) - order.begin());
}

std::string attributes_of(const Entry& entry) {
  constexpr std::array<std::string_view, 7> order = {"id",  "unique",   "default", "updatedAt",
                                                     "map", "relation", "ignore"};
  auto sorted = entry.attributes;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](const auto& a, const auto& b) { return rank_of(a, order) < rank_of(b, order); });
  std::string text;
  for (const auto& attribute : sorted) {
    if (!text.empty()) text += ' ';
    text += format(attribute, "@");
  }
  return text;
}

std::string type_of(const Entry& field) {
  const auto* modifier = field.arity == Arity::list ? "[]" : field.arity == Arity::optional ? "?" : "";
  return field.type_written + modifier;
}

// A comment on lines of its own, each line indented and ended.
std::string comment_lines(const std::string& comment, std::string_view indentation) {
  const std::string begin(indentation);
  if (!comment.starts_with("/*")) return begin + comment + "\n";
  std::string text = begin + "/**\n";
  auto rest = std::string_view(comment).substr(2, comment.size() - 4);
  while (!rest.empty()) {
    auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    constexpr std::string_view blanks = " \t\r";
    const auto trim = [&] {
      line.remove_prefix(std::min(line.size(), line.find_first_not_of(blanks)));
      line = line.substr(0, line.find_last_not_of(blanks) + 1);
    };
    trim();
    if (line.starts_with('*')) line.remove_prefix(1);
    trim();
    if (!line.empty()) text += begin + " * " + std::string(line) + "\n";
  }
  return text + begin + " */\n";
}

// A block attribute with the comments directly above it.
struct AttributeLines {
  std::vector<const Entry*> comments;
  const Entry* attribute = nullptr;
};

struct BlockLines {
  std::vector<const Entry*> body;  // fields, values, properties, comments, single blanks between them
  std::vector<AttributeLines> attributes;
};

void add_to_body(BlockLines& lines, const Entry& entry, bool after_blank) {
  static const Entry blank;
  if (after_blank && !lines.body.empty()) lines.body.push_back(&blank);
  lines.body.push_back(&entry);
}

// Takes the block attributes out of the lines between them. A blank line above one goes with it.
BlockLines lines_of(const Block& block) {
  BlockLines lines;
  std::vector<const Entry*> comments;  // not known yet: of the attribute that follows, or of the body
  bool blank = false;                  // above those comments
  const auto settle_comments = [&] {
    for (const auto* comment : comments) add_to_body(lines, *comment, std::exchange(blank, false));
    comments.clear();
  };
  for (const auto& entry : block.entries) {
    switch (entry.kind) {
      case Entry::Kind::comment:
        comments.push_back(&entry);
        break;
      case Entry::Kind::block_attribute:
        lines.attributes.push_back({std::exchange(comments, {}), &entry});
        blank = false;
        break;
      case Entry::Kind::blank:
        settle_comments();
        blank = true;
        break;
      default:
        settle_comments();
        add_to_body(lines, entry, std::exchange(blank, false));
    }
  }
  settle_comments();
  constexpr std::array<std::string_view, 6> order = {"id", "unique", "index", "fulltext", "map", "ignore"};
  std::stable_sort(lines.attributes.begin(), lines.attributes.end(), [&](const auto& a, const auto& b) {
    return rank_of(a.attribute->attributes[0], order) < rank_of(b.attribute->attributes[0], order);
  });
  return lines;
}

std::string format_body(const std::vector<const Entry*>& body) {
  std::string text;
  ColumnLayout group;
  for (const auto* entry : body) {
    switch (entry->kind) {
      case Entry::Kind::field:
        group.add_row({entry->name, type_of(*entry), attributes_of(*entry)}, entry->comment);
        break;
      case Entry::Kind::enum_value:
        group.add_row({entry->name, attributes_of(*entry)}, entry->comment);
        break;
      case Entry::Kind::property:
        group.add_row({entry->name, "= " + format(entry->value)}, entry->comment);
        break;
      case Entry::Kind::comment:
        group.add_lines(comment_lines(entry->comment, indent));
        break;
      default:
        text += std::exchange(group, {}).render(indent) + "\n";
    }
  }
  return text + group.render(indent);
}

std::string format_block(const Block& block) {
  const auto lines = lines_of(block);
  std::string text = std::string(keyword_of(block.kind)) + " " + block.name + " {\n" + format_body(lines.body);
  if (!lines.attributes.empty()) text += '\n';
  for (const auto& [comments, entry] : lines.attributes) {
    for (const auto* comment : comments) text += comment_lines(comment->comment, indent);
    text += std::string(indent) + format(entry->attributes[0], "@@");
    text += (entry->comment.empty() ? "" : " " + entry->comment) + "\n";
  }
  return text + "}\n";
}

std::string format_comments(const std::vector<std::string>& comments) {
  std::string text;
  for (const auto& comment : comments) text += comment.empty() ? "\n" : comment_lines(comment, "");
  return text;
}

}  // namespace

std::string format(const Value& value) {
  switch (value.kind) {
    case Value::Kind::text:
      return value.written;
    case Value::Kind::call:
      return value.text + "(" + joined(value.arguments) + ")";
    case Value::Kind::object:
      return "{ " + joined(value.arguments) + " }";
    case Value::Kind::list: {
      std::string items;
      for (const auto& item : value.items) items += (items.empty() ? "" : ", ") + format(item);
      return "[" + items + "]";
    }
    default:
      return value.text;
  }
}

std::string format(const Attribute& attribute, std::string_view sign) {
  auto text = std::string(sign) + attribute.name;
  if (attribute.has_parentheses) text += "(" + joined(attribute.arguments) + ")";
  return text;
}

std::string format(const SchemaFile& file) {
  std::string text;
  const auto part = [&](const std::string& next) { text += (text.empty() || next.empty() ? "" : "\n") + next; };
  for (const auto& block : file.blocks) part(format_comments(block.leading) + format_block(block));
  part(format_comments(file.trailing));
  return text;
}

}  // namespace strata::prisma
