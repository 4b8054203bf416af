#include "core/sql/splitter.h"

#include "core/base/escape.h"
#include "core/sql/source_text.h"

#include <algorithm>
#include <utility>

namespace strata {

namespace {

constexpr auto npos = std::string_view::npos;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool begins_name(char c) {
  return is_letter(c) || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool continues_tag(char c) {
  return begins_name(c) || is_digit(c);
}
bool continues_name(char c) {
  return continues_tag(c) || c == '$';
}
bool is_operator(char c) {
  return std::string_view("~!@#^&|`?+-*/%<>=").find(c) != npos;
}
// With one of these in it an operator may end in + or -; otherwise `a*-1` is `a * -1`.
bool is_special_operator(char c) {
  return std::string_view("~!@#^&|`?%").find(c) != npos;
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

struct MetaCommand {
  std::string_view names;  // separated by blanks
  std::string_view advice;
};

constexpr MetaCommand meta_commands[] = {
    {"i ir include include_relative", "put the text of that file here, or make it a migration that this one `needs`"},
    {"copy", "write COPY … FROM stdin; and below it the data lines, ended by a line \\."},
    {"restrict unrestrict", "delete the line: pg_dump writes it since August 2025, for psql alone"},
    {"c connect", "delete the line: strata has connected to the one database that the migration is for"},
    {"g gx", "end the statement with a semicolon"},
    {"gexec", "write it as a DO block that loops and says EXECUTE"},
    {"gset set unset prompt getenv bind", "write the value itself; strata has no variables"},
    {"if elif else endif", "write it as a DO block with IF, or as two migrations"},
    {"; :", "end the statement with a plain semicolon"},
    {".", "delete the line: it ends the data of a COPY … FROM stdin, and none stands before it"},
    {"!", "strata runs no shell commands: do that before or after strata"},
};

std::string_view advice_for(std::string_view name) {
  for (const auto& command : meta_commands) {
    auto names = command.names;
    while (!names.empty()) {
      const auto blank = std::min(names.find(' '), names.size());
      if (names.substr(0, blank) == name) return command.advice;
      names.remove_prefix(std::min(blank + 1, names.size()));
    }
  }
  return "delete the line, or say the same in SQL; only psql knows its own commands";
}

}  // namespace

bool is_keyword(std::string_view word, std::string_view keyword) {
  return std::equal(word.begin(), word.end(), keyword.begin(), keyword.end(),
                    [](char written, char wanted) { return lower(written) == wanted; });
}

Result<Token> Splitter::next() {
  if (pending_) return *std::exchange(pending_, std::nullopt);
  for (;;) {
    STRATA_CHECK(skip_blanks());
    if (position_ == text_.size()) return finish();
    if (text_[position_] != ';' || parentheses_ > 0 || bodies_ > 0) return scan();
    ++position_;
    if (statement_) return close_statement(position_ - 1, 1);
  }
}

Result<void> Splitter::skip_blanks() {
  for (; position_ < text_.size(); ++position_) {
    if (position_ == data_begin_) {
      if (statement_) {
        return fail(refusal(*statement_,
                            "a statement that begins on the line of a COPY … FROM stdin goes on below the data",
                            "begin it on a line of its own, after the line \\."));
      }
      position_ = data_end_;
      data_begin_ = npos;
      if (position_ == text_.size()) break;
    }
    const char c = text_[position_];
    if (c == '\r' && at(position_ + 1) != '\n') return fail(lone_carriage_return(position_));
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f') break;
  }
  return {};
}

Result<Token> Splitter::scan() {
  const auto begin = position_;
  const char c = text_[begin];
  Result<TokenKind> kind = TokenKind::symbol;
  if (looking_at("--")) {
    position_ = std::min(text_.find_first_of("\r\n", begin), text_.size());
    kind = TokenKind::comment;
  } else if (looking_at("/*")) {
    kind = block_comment();
  } else if (c == '\'') {
    kind = quoted(TokenKind::literal, '\'', false);
  } else if (c == '"') {
    kind = quoted(TokenKind::quoted_name, '"', false);
  } else if (c == '$') {
    kind = dollar();
  } else if (is_digit(c) || (c == '.' && is_digit(at(begin + 1)))) {
    kind = number();
  } else if (begins_name(c)) {
    kind = word();
  } else if (c == '\\') {
    return fail(meta_command());
  } else {
    kind = symbol();
  }
  if (!kind) return fail(std::move(kind.error()));
  if (data_begin_ < position_) {
    return fail(refusal(begin, "this begins on the line of a COPY … FROM stdin and goes on below the data",
                        "begin it on a line of its own, after the line \\."));
  }
  if (*kind != TokenKind::comment && !statement_) statement_ = begin;
  return Token{*kind, begin, position_ - begin};
}

Result<Token> Splitter::finish() {
  if (parentheses_ > 0)
    return fail(refusal(parenthesis_, "the parenthesis that opens here is never closed", "close it"));
  if (bodies_ > 0) {
    return fail(refusal(body_, "the routine's body that begins here has no END",
                        "write its END, or put the name in double quotes if BEGIN is one"));
  }
  if (statement_) return close_statement(position_, 0);
  return Token{TokenKind::end_of_text, position_, 0};
}

Token Splitter::close_statement(std::size_t semicolon, std::size_t length) {
  const Token end{TokenKind::end_of_statement, semicolon, length};
  const bool has_data = is_copy_from_stdin();
  statement_.reset();
  word_count_ = 0;
  if (!has_data) return end;
  pending_ = end;
  return take_copy_data();
}

// The data begin on the line below the semicolon; or, when that line has another COPY before, below its data.
Token Splitter::take_copy_data() {
  if (data_begin_ == npos) data_begin_ = data_end_ = line_below(position_);
  const auto begin = data_end_;
  for (auto line = begin; line < text_.size(); line = data_end_) {
    data_end_ = line_below(line);
    const auto content = text_.substr(line, data_end_ - line);
    if (content == "\\.\n" || content == "\\.\r\n" || content == "\\." || content == "\\.\r") {
      return {TokenKind::copy_data, begin, line - begin};
    }
  }
  return {TokenKind::copy_data, begin, data_end_ - begin};
}

Result<TokenKind> Splitter::block_comment() {
  const auto begin = position_;
  std::size_t depth = 0;
  do {
    const auto mark = text_.find_first_of("*/\r", position_);
    if (mark == npos) return fail(refusal(begin, "the comment that begins here is never closed", "close it with */"));
    position_ = mark;
    if (looking_at("/*")) {
      ++depth;
      position_ += 2;
    } else if (looking_at("*/")) {
      --depth;
      position_ += 2;
    } else if (text_[mark] == '\r' && at(mark + 1) != '\n') {
      return fail(lone_carriage_return(mark));
    } else {
      ++position_;
    }
  } while (depth > 0);
  return TokenKind::comment;
}

// From an opening quote to the end of the last of 'a''b', where the doubled quote is one of the content.
Result<TokenKind> Splitter::quoted(TokenKind kind, char quote, bool backslash_escapes) {
  const auto begin = position_++;
  const char marks[] = {quote, '\\'};
  for (;;) {
    position_ = text_.find_first_of(std::string_view(marks, backslash_escapes ? 2 : 1), position_);
    if (position_ == npos) break;
    if (text_[position_] == quote && at(position_ + 1) != quote) {
      ++position_;
      return kind;
    }
    position_ += 2;
  }
  const std::string what = kind == TokenKind::literal ? "the string" : "the quoted name";
  return fail(refusal(begin, what + " that begins here is never closed", std::string("close it with ") + quote));
}

// A parameter, a dollar-quoted literal, or a character that means nothing.
Result<TokenKind> Splitter::dollar() {
  const auto begin = position_++;
  if (is_digit(at(position_))) {
    while (is_digit(at(position_))) ++position_;
    if (begins_name(at(position_))) {
      while (continues_name(at(position_))) ++position_;
    }
    return TokenKind::parameter;
  }
  auto tag_end = position_;
  while (continues_tag(at(tag_end))) ++tag_end;
  if (at(tag_end) != '$') return TokenKind::symbol;
  const auto tag = text_.substr(begin, tag_end + 1 - begin);
  const auto close = text_.find(tag, tag_end + 1);
  if (close == npos) {
    return fail(
        refusal(begin, "the dollar-quoted string that begins here is never closed", "close it with " + one_line(tag)));
  }
  position_ = close + tag.size();
  return TokenKind::literal;
}

// As psql 15 reads it: an exponent is swallowed with its sign even where no digit follows, and a name that sticks to
// the number belongs to it, dollar signs included.
TokenKind Splitter::number() {
  const auto digits = [&] {
    while (is_digit(at(position_))) ++position_;
  };
  digits();
  const bool range = looking_at("..");  // 1..2 in PL/pgSQL
  if (at(position_) == '.' && !range) {
    ++position_;
    digits();
  }
  const char sign = at(position_ + 1);
  if (lower(at(position_)) == 'e' && (sign == '+' || sign == '-')) {
    position_ += 2;
    if (!is_digit(at(position_))) return TokenKind::number;
    digits();
  }
  if (begins_name(at(position_))) {
    while (continues_name(at(position_))) ++position_;
  }
  return TokenKind::number;
}

Result<TokenKind> Splitter::word() {
  const auto begin = position_;
  if (begin == variable_) {
    while (continues_tag(at(position_))) ++position_;
    return TokenKind::word;
  }
  const char first = lower(text_[begin]);
  const char second = at(begin + 1);
  if (second == '\'' && std::string_view("ebxn").find(first) != npos) {
    ++position_;
    return quoted(TokenKind::literal, '\'', first == 'e');
  }
  if (first == 'u' && second == '&' && (at(begin + 2) == '\'' || at(begin + 2) == '"')) {
    position_ += 2;
    return quoted(at(position_) == '"' ? TokenKind::quoted_name : TokenKind::literal, at(position_), false);
  }
  while (continues_name(at(position_))) ++position_;
  note_word(text_.substr(begin, position_ - begin));
  return TokenKind::word;
}

TokenKind Splitter::symbol() {
  const auto begin = position_;
  const char c = text_[begin];
  if (c == '(' && parentheses_++ == 0) parenthesis_ = begin;
  if (c == ')' && parentheses_ > 0) --parentheses_;
  if (looking_at("::") || looking_at(":=") || looking_at("..")) {
    position_ += 2;
    return TokenKind::symbol;
  }
  ++position_;
  if (c == ':') variable_ = position_;
  if (!is_operator(c)) return TokenKind::symbol;

  // The longest run that begins no comment. Postgres' names have 63 bytes at most, so there is no need to look further;
  // doing so would make a run of minus signs quadratic.
  bool special = is_special_operator(c);
  while (is_operator(at(position_)) && position_ - begin < 64 && !looking_at("--") && !looking_at("/*")) {
    special = special || is_special_operator(text_[position_]);
    ++position_;
  }
  if (!special) {
    while (position_ > begin + 1 && (text_[position_ - 1] == '+' || text_[position_ - 1] == '-')) --position_;
  }
  return TokenKind::symbol;
}

// psql's rule: in CREATE [OR REPLACE] FUNCTION or PROCEDURE, outside parentheses, BEGIN opens a body, within it CASE
// opens another, and END closes one. It does not ask for ATOMIC.
void Splitter::note_word(std::string_view word) {
  if (parentheses_ > 0) return;
  if (word_count_ < words_.size()) words_[word_count_++] = word;
  if (!defines_routine()) return;
  if (is_keyword(word, "begin") && bodies_++ == 0) body_ = position_ - word.size();
  if (is_keyword(word, "case") && bodies_ > 0) ++bodies_;
  if (is_keyword(word, "end") && bodies_ > 0) --bodies_;
}

bool Splitter::is_word(std::size_t index, std::string_view keyword) const {
  return index < word_count_ && is_keyword(words_[index], keyword);
}

bool Splitter::defines_routine() const {
  const std::size_t object = is_word(1, "or") && is_word(2, "replace") ? 3 : 1;
  return is_word(0, "create") && (is_word(object, "function") || is_word(object, "procedure"));
}

// psql's rule since the releases of 2026, also for STDOUT: it passes over the data by itself, whatever the server says
// of the COPY, so that no data are ever run as SQL.
bool Splitter::is_copy_from_stdin() const {
  if (!is_word(0, "copy")) return false;
  std::size_t from = 1;
  while (from < word_count_ && !is_word(from, "from")) ++from;
  return is_word(from + 1, "stdin") || is_word(from + 1, "stdout");
}

std::size_t Splitter::line_below(std::size_t offset) const {
  const auto end = text_.find('\n', offset);
  return end == npos ? text_.size() : end + 1;
}

Error Splitter::refusal(std::size_t offset, std::string message, std::string next) const {
  return Error{.code = ErrorCode::bad_migration,
               .message = std::move(message),
               .next = std::move(next),
               .where = locate(text_, offset, file_)};
}

Error Splitter::lone_carriage_return(std::size_t offset) const {
  return refusal(offset,
                 "a carriage return without a line feed: Postgres takes it for the end of a line, most editors do not",
                 "end the lines with LF or CRLF");
}

Error Splitter::meta_command() const {
  auto end = position_ + 1;
  while (is_letter(at(end)) || at(end) == '_') ++end;
  auto name = text_.substr(position_ + 1, end - position_ - 1);
  if (name.empty()) name = text_.substr(position_ + 1, 1);
  return refusal(
      position_,
      "psql meta-command \\" + one_line(name, 40) + ": strata sends SQL to Postgres, and only psql knows this",
      std::string(advice_for(name)));
}

}  // namespace strata
