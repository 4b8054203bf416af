#include "core/sql/classify.h"

#include <pg_query.h>

#include <algorithm>
#include <cctype>
#include <memory>
#include <utility>

namespace strata {

namespace {

// Objects with more than one word; all others have one.
constexpr std::string_view long_objects[] = {"access method",
                                             "default conversion",
                                             "default privileges",
                                             "event trigger",
                                             "foreign data wrapper",
                                             "foreign table",
                                             "large object",
                                             "materialized view",
                                             "operator class",
                                             "operator family",
                                             "property graph",
                                             "text search parser",
                                             "text search configuration",
                                             "text search dictionary",
                                             "text search template",
                                             "user mapping"};

// What may stand between CREATE (or DROP) and its object.
constexpr std::string_view modifiers[] = {"or replace", "global",    "local",   "temp",       "temporary", "unlogged",
                                          "unique",     "recursive", "trusted", "procedural", "constraint"};

// Other commands with more than one word.
constexpr std::string_view long_commands[] = {
    "commit prepared", "rollback prepared", "prepare transaction", "start transaction",        "discard all",
    "discard plans",   "discard sequences", "discard temp",        "discard temporary",        "import foreign schema",
    "reassign owned",  "security label",    "set constraints",     "refresh materialized view"};

// Commands whose tag has another name.
constexpr std::pair<std::string_view, std::string_view> other_names[] = {
    {"table", "SELECT"}, {"values", "SELECT"}, {"truncate", "TRUNCATE TABLE"}, {"lock", "LOCK TABLE"}};

constexpr std::string_view data_commands[] = {"select", "insert", "update", "delete", "merge"};

// As Postgres folds and cuts a name. Null for U&"…", whose escapes nobody writes into the name of an index.
std::optional<std::string> name_of(TokenKind kind, std::string_view token) {
  std::string name;
  if (kind == TokenKind::word) {
    for (const char c : token) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  } else if (kind == TokenKind::quoted_name && token.starts_with('"')) {
    for (std::size_t i = 1; i + 1 < token.size(); ++i) {
      name += token[i];
      if (token[i] == '"') ++i;
    }
  } else {
    return std::nullopt;
  }
  constexpr std::size_t longest = 63;  // NAMEDATALEN - 1 bytes, whole characters
  if (name.size() > longest) {
    auto end = longest;
    while ((static_cast<unsigned char>(name[end]) & 0xc0) == 0x80) --end;
    name.resize(end);
  }
  return name;
}

// The command that a WITH leads to: it follows the last query in parentheses.
std::string command_after_with(StatementWords words) {
  while (!words.done()) {
    const bool after_query = words.next_is_symbol("(");
    if (after_query) {
      words.skip_parentheses();
    } else {
      words.skip();
    }
    for (const auto command : data_commands) {
      if (after_query && words.next_is(command)) return upper(command);
    }
  }
  return "SELECT";
}

std::string object_of(StatementWords& words) {
  words.accept_modifiers();
  for (const auto object : long_objects) {
    if (words.accept(object)) return upper(object);
  }
  return words.kind() == TokenKind::word ? upper(words.token()) : std::string();
}

std::string kind_of(StatementWords words) {
  if (words.next_is_symbol("(")) return "SELECT";
  if (words.kind() != TokenKind::word) return "?";
  if (words.next_is("with")) return command_after_with(words);
  for (const auto& [word, tag] : other_names) {
    if (words.next_is(word)) return std::string(tag);
  }
  for (const auto command : long_commands) {
    if (words.accept(command)) return upper(command);
  }
  auto command = upper(words.token());
  words.skip();
  if (command != "CREATE" && command != "ALTER" && command != "DROP") return command;
  const auto object = object_of(words);
  return object.empty() ? command : command + " " + object;
}

bool is_false(const StatementWords& words) {
  for (const auto value : {"false", "off", "0", "'false'", "'off'"}) {
    if (is_keyword(words.token(), value)) return true;
  }
  return false;
}

// In `(a, b = false, c off)`: an option's value, true where it stands alone; nullopt: not in the list, or no list.
std::optional<bool> option(StatementWords words, std::string_view name) {
  bool begins = words.accept_symbol("(");
  if (!begins) return std::nullopt;
  while (!words.done() && !words.next_is_symbol(")")) {
    if (begins && words.accept(name)) {
      words.accept_symbol("=");
      return !is_false(words);
    }
    begins = words.next_is_symbol(",");
    words.skip();
  }
  return std::nullopt;
}

// The value of an option in the WITH list, which comes last.
std::optional<bool> with_option(StatementWords words, std::string_view name) {
  while (!words.done() && !words.accept("with")) words.skip();
  return option(words, name);
}

void only_outside(Statement& statement, Recovery recovery) {
  statement.can_run_in_transaction = false;
  statement.recovery = recovery;
}

void classify_create(Statement& statement, StatementWords words) {
  words.accept("unique");
  if (words.accept("index concurrently")) {
    only_outside(statement, Recovery::create_index);
    statement.kind += " CONCURRENTLY";
    statement.if_not_exists = words.accept("if not exists");
    if (!words.next_is("on")) statement.index = words.accept_relation();
    words.accept("on");
    words.accept("only");
    statement.table = words.accept_relation();
  } else if (words.accept("database") || words.accept("tablespace")) {
    only_outside(statement, Recovery::unknown);
  } else if (words.accept("subscription")) {
    const bool makes_slot =
        with_option(words, "connect").value_or(true) && with_option(words, "create_slot").value_or(true);
    if (makes_slot) only_outside(statement, Recovery::unknown);
  }
}

void classify_drop(Statement& statement, StatementWords words) {
  if (words.accept("index concurrently")) {
    only_outside(statement, Recovery::drop_index);
    statement.kind += " CONCURRENTLY";
    statement.if_not_exists = words.accept("if exists");
    statement.index = words.accept_relation();
  } else if (words.accept("database") || words.accept("tablespace") || words.accept("subscription")) {
    only_outside(statement, Recovery::unknown);
  }
}

void classify_detach(Statement& statement, StatementWords words) {
  words.accept("if exists");
  words.accept("only");
  const auto table = words.accept_relation();
  words.accept_symbol("*");
  if (!words.accept("detach partition")) return;
  const auto partition = words.accept_relation();
  if (!words.accept("concurrently")) return;
  only_outside(statement, Recovery::detach_partition);
  statement.table = table;
  statement.partition = partition;
}

// What makes Postgres talk to the publisher, which it does outside transactions only.
bool talks_to_publisher(StatementWords words) {
  words.skip();  // the subscription's name
  if (words.accept("refresh")) return true;
  for (const auto change : {"set publication", "add publication", "drop publication"}) {
    if (words.accept(change)) return with_option(words, "refresh").value_or(true);
  }
  return words.accept("set") && (option(words, "failover") || option(words, "two_phase"));  // 17 and 18
}

void classify_alter(Statement& statement, StatementWords words) {
  if (words.accept("system")) {
    only_outside(statement, Recovery::repeatable);
  } else if (words.accept("database")) {
    words.skip();
    if (words.accept("set tablespace")) only_outside(statement, Recovery::unknown);
  } else if (words.accept("table")) {
    classify_detach(statement, words);
  } else if (words.accept("subscription")) {
    if (talks_to_publisher(words)) only_outside(statement, Recovery::unknown);
  }
}

void classify_reindex(Statement& statement, StatementWords words) {
  bool concurrently = option(words, "concurrently").value_or(false);
  words.skip_parentheses();
  const auto object = upper(words.token());
  words.skip();
  concurrently = words.accept("concurrently") || concurrently;
  statement.recovery = concurrently ? Recovery::reindex : Recovery::repeatable;
  statement.can_run_in_transaction = !concurrently && (object == "INDEX" || object == "TABLE");
  if (concurrently) statement.kind += " CONCURRENTLY";
  if (object == "INDEX") statement.index = words.accept_relation();
  if (object == "TABLE") statement.table = words.accept_relation();
}

void classify_cluster(Statement& statement, StatementWords words) {
  statement.recovery = Recovery::repeatable;
  words.accept("verbose");
  words.skip_parentheses();
  statement.can_run_in_transaction = !words.done();  // without a table it walks through all of them, a transaction each
}

// SELECT [pg_catalog.]set_config('name', 'value', false), and nothing else: what pg_dump writes.
bool is_plain_set_config(StatementWords words) {
  const auto literal = [&] {
    const bool is_one = words.kind() == TokenKind::literal;
    words.skip();
    return is_one;
  };
  if (!words.accept("select")) return false;
  if (words.accept("pg_catalog") && !words.accept_symbol(".")) return false;
  return words.accept("set_config") && words.accept_symbol("(") && literal() && words.accept_symbol(",") && literal() &&
         words.accept_symbol(",") && words.accept("false") && words.accept_symbol(")") && words.done();
}

// Whether the body of a DO, or anything else in a text, looks as if it set something for the session: set_config, a
// temporary table, or SET where a statement of PL/pgSQL begins. Rather once too often: then a person is asked.
bool mentions_session(std::string_view text) {
  constexpr std::string_view openers[] = {"", ";", "$", "'", "BEGIN", "THEN", "ELSE", "LOOP"};
  constexpr std::string_view makers[] = {"CREATE", "GLOBAL", "LOCAL", "INTO"};
  const auto is_in = [](const auto& list, std::string_view word) {
    return std::find(std::begin(list), std::end(list), word) != std::end(list);
  };
  const auto is_letter = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  std::string before;  // the word or symbol before the one in hand, in capitals
  bool sets = false;   // it is a SET, and whether of the transaction only the next word tells
  for (std::size_t at = 0; at < text.size();) {
    auto end = at;
    while (end < text.size() && is_letter(text[end])) ++end;
    if (end == at) {
      if (std::isspace(static_cast<unsigned char>(text[at])) == 0) before = text[at];
      ++at;
      continue;
    }
    auto word = upper(text.substr(at, end - at));
    if (sets && word != "LOCAL") return true;
    if (word == "SET_CONFIG" || ((word == "TEMP" || word == "TEMPORARY") && is_in(makers, before))) return true;
    sets = word == "SET" && is_in(openers, before);
    before = std::move(word);
    at = end;
  }
  return false;
}

SessionEffect session_effect(const Statement& statement, StatementWords words) {
  if (words.accept("set")) return words.next_is("local") ? SessionEffect::none : SessionEffect::setting;
  if (words.next_is("reset") || is_plain_set_config(words)) return SessionEffect::setting;
  if (words.next_is("prepare") || words.next_is("load")) return SessionEffect::bound;
  if (words.accept("create")) {
    if (!words.accept("global")) words.accept("local");
    return words.next_is("temp") || words.next_is("temporary") ? SessionEffect::bound : SessionEffect::none;
  }
  const bool may = words.next_is("do") || words.next_is("call") || words.next_is("select") || words.next_is("with");
  // Beyond this length a statement is rows.
  return may && statement.text.size() <= 100'000 && mentions_session(statement.text) ? SessionEffect::bound
                                                                                     : SessionEffect::none;
}

}  // namespace

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::string_view StatementWords::token() const {
  return done() ? std::string_view() : text_.substr(tokens_[index_].offset, tokens_[index_].length);
}

bool StatementWords::next_is(std::string_view keyword) const {
  return kind() == TokenKind::word && is_keyword(token(), keyword);
}

bool StatementWords::next_is_symbol(std::string_view symbol) const {
  return kind() == TokenKind::symbol && token() == symbol;
}

bool StatementWords::accept(std::string_view keywords) {
  const auto begin = index_;
  for (;;) {
    const auto blank = keywords.find(' ');
    if (!next_is(keywords.substr(0, blank))) {
      index_ = begin;
      return false;
    }
    ++index_;
    if (blank == std::string_view::npos) return true;
    keywords.remove_prefix(blank + 1);
  }
}

bool StatementWords::accept_symbol(std::string_view symbol) {
  if (!next_is_symbol(symbol)) return false;
  ++index_;
  return true;
}

std::shared_ptr<const RelationName> StatementWords::accept_relation() {
  const auto begin = index_;
  RelationName relation;
  do {
    auto name = name_of(kind(), token());
    if (!name) {
      index_ = begin;
      return nullptr;
    }
    skip();
    relation.schema = std::exchange(relation.name, std::move(*name));
  } while (accept_symbol("."));
  return std::make_shared<const RelationName>(std::move(relation));
}

void StatementWords::accept_modifiers() {
  for (const auto modifier : modifiers) accept(modifier);
}

void StatementWords::skip_parentheses() {
  if (!next_is_symbol("(")) return;
  std::size_t depth = 0;
  do {
    if (next_is_symbol("(")) ++depth;
    if (next_is_symbol(")")) --depth;
    skip();
  } while (depth > 0 && !done());
}

void classify(Statement& statement, const StatementWords& words) {
  statement.kind = kind_of(words);
  const bool is_data = std::any_of(std::begin(data_commands), std::end(data_commands),
                                   [&](std::string_view command) { return is_keyword(statement.kind, command); });
  statement.recovery = statement.analysed || is_data ? Recovery::transactional : Recovery::unknown;

  statement.session = session_effect(statement, words);
  auto rest = words;
  if (rest.accept("create")) {
    classify_create(statement, rest);
  } else if (rest.accept("drop")) {
    classify_drop(statement, rest);
  } else if (rest.accept("alter")) {
    classify_alter(statement, rest);
  } else if (rest.accept("reindex")) {
    classify_reindex(statement, rest);
  } else if (rest.accept("cluster")) {
    classify_cluster(statement, rest);
  } else if (rest.accept("vacuum")) {
    only_outside(statement, Recovery::repeatable);
  } else if (rest.accept("commit prepared") || rest.accept("rollback prepared")) {
    only_outside(statement, Recovery::unknown);
  } else if (rest.next_is("call") || rest.next_is("do")) {
    statement.recovery = Recovery::unknown;  // may commit on their own
  } else if (rest.next_is("analyze") || rest.next_is("analyse") || rest.next_is("set") || rest.next_is("reset") ||
             rest.next_is("discard")) {
    statement.recovery = Recovery::repeatable;
  }
}

bool is_transaction_control(StatementWords words) {
  if (words.next_is("begin") || words.next_is("start") || words.next_is("end") || words.next_is("abort")) return true;
  if (words.accept("commit")) return !words.next_is("prepared");
  if (words.accept("prepare")) return words.next_is("transaction");
  if (!words.accept("rollback") || words.next_is("prepared")) return false;
  if (!words.accept("work")) words.accept("transaction");
  return !words.next_is("to");
}

std::optional<std::size_t> find_syntax_error(const std::string& statement) {
  // The splitter of the parser, since it parses all and then looks at the top of the tree only. To write the tree out
  // as JSON or protobuf is recursive, and ends the process at a sum of 100,000 numbers.
  const auto parsed = pg_query_split_with_parser(statement.c_str());
  const bool refused = parsed.error != nullptr;
  int characters = refused ? parsed.error->cursorpos - 1 : 0;  // before the place
  pg_query_free_split_result(parsed);
  if (!refused) return std::nullopt;
  std::size_t offset = 0;
  for (; offset < statement.size() && characters >= 0; ++offset) {
    const bool begins_character = (static_cast<unsigned char>(statement[offset]) & 0xc0) != 0x80;
    if (begins_character && characters-- == 0) break;
  }
  return offset;
}

}  // namespace strata
