#include "core/sql/created_object.h"

#include "core/sql/classify.h"
#include "core/sql/source_text.h"
#include "core/sql/splitter.h"

#include <array>
#include <memory>
#include <optional>
#include <utility>

namespace strata {

namespace {

// kind, space. The longer names first, where one begins with another.
constexpr std::array<std::pair<std::string_view, std::string_view>, 21> kinds = {{{"materialized view", "relation"},
                                                                                  {"foreign table", "relation"},
                                                                                  {"table", "relation"},
                                                                                  {"view", "relation"},
                                                                                  {"sequence", "relation"},
                                                                                  {"index", "relation"},
                                                                                  {"type", "type"},
                                                                                  {"domain", "type"},
                                                                                  {"function", "routine"},
                                                                                  {"procedure", "routine"},
                                                                                  {"aggregate", "routine"},
                                                                                  {"trigger", "trigger"},
                                                                                  {"policy", "policy"},
                                                                                  {"rule", "rule"},
                                                                                  {"schema", "schema"},
                                                                                  {"extension", "extension"},
                                                                                  {"collation", "collation"},
                                                                                  {"statistics", "statistics"},
                                                                                  {"publication", "publication"},
                                                                                  {"event trigger", "event trigger"},
                                                                                  {"role", "role"}}};

std::string qualified(const RelationName& name) {
  return (name.schema.empty() ? "public" : name.schema) + "." + name.name;
}

// (a integer, b text DEFAULT 'x') as one line of words: near enough to tell overloads apart.
std::string arguments(StatementWords words) {
  std::string text;
  int depth = 0;
  do {
    if (words.next_is_symbol("(")) ++depth;
    if (words.next_is_symbol(")")) --depth;
    text += (text.empty() ? "" : " ") + std::string(words.token());
    words.skip();
  } while (depth > 0 && !words.done());
  return text;
}

std::optional<CreatedObject> created_by(StatementWords words) {
  if (!words.accept("create")) return std::nullopt;
  words.accept_modifiers();
  for (const auto& [kind, space] : kinds) {
    if (!words.accept(kind)) continue;
    CreatedObject object{upper(kind), std::string(space), "", false, {}};
    words.accept("concurrently");
    object.if_not_exists = words.accept("if not exists");
    const bool nameless = words.next_is("on") || words.next_is("authorization");
    const auto name = nameless ? nullptr : words.accept_relation();
    if (!name) return std::nullopt;
    const bool stands_alone = space == "schema" || space == "extension" || space == "publication" ||
                              space == "event trigger" || space == "role";
    object.name = stands_alone ? name->name : qualified(*name);
    if (space == "routine") object.name += arguments(words);
    if (kind == "index" || space == "trigger" || space == "policy" || space == "rule") {
      while (!words.done() && !words.accept(space == "rule" ? "to" : "on")) words.skip();
      words.accept("only");
      const auto table = words.accept_relation();
      if (!table) return std::nullopt;
      // An index lies in its table's schema; the others belong to their table.
      object.name = kind == "index" ? qualified({table->schema, name->name}) : name->name + " on " + qualified(*table);
    }
    return object;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<CreatedObject>> created_objects(std::string_view bytes, const std::string& file) {
  STRATA_TRY(const auto text, check_source_text(bytes, file));
  std::vector<CreatedObject> objects;
  std::vector<Token> tokens;
  LineCounter lines(text);
  Splitter splitter(text, file);
  for (;;) {
    STRATA_TRY(const auto token, splitter.next());
    if (token.kind == TokenKind::end_of_text) return objects;
    if (token.kind == TokenKind::comment || token.kind == TokenKind::copy_data) continue;
    if (token.kind != TokenKind::end_of_statement) {
      tokens.push_back(token);
      continue;
    }
    if (auto object = tokens.empty() ? std::nullopt : created_by(StatementWords(text, tokens))) {
      lines.advance_to(tokens.front().offset);
      object->where = {file, lines.line(), lines.column()};
      objects.push_back(std::move(*object));
    }
    tokens.clear();
  }
}

}  // namespace strata
