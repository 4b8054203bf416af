// The scanner: cuts a text into tokens, and into statements exactly where psql 15 would.
#pragma once

#include "core/base/result.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace strata {

enum class TokenKind {
  word,              // a keyword or a name without quotes
  quoted_name,       // "…", U&"…"
  literal,           // '…' with its prefix (E, U&, B, X, N), $tag$…$tag$
  number,            // with what sticks to it: 1_000, 0x1F
  parameter,         // $1
  symbol,            // an operator or a character of its own
  comment,           // either form
  copy_data,         // the lines for COPY … FROM STDIN, without the \. line; comes before its end_of_statement
  end_of_statement,  // the semicolon, or nothing at the end of the text
  end_of_text,
};

struct Token {
  TokenKind kind = TokenKind::end_of_text;
  std::size_t offset = 0;
  std::size_t length = 0;

  std::size_t end() const { return offset + length; }
};

// Whether `word` is this keyword; `keyword` in lower case.
bool is_keyword(std::string_view word, std::string_view keyword);

// Hands out the tokens of a text one by one and keeps none of them, so a text of any size needs no memory. Linear,
// never recursive. Statements without a token are dropped.
//
// psql is the reference, also where the server's own lexer is of another mind, since psql is what people try their SQL
// with. It reads line by line, so that a literal which continues one on the line above is a literal of its own: after
// E'…' a backslash has no meaning in the continuation. One thing is not copied: to psql 15.20 a statement without any
// word (a stray semicolon) right after a COPY is a COPY again, and the statements after it are lost as its data.
class Splitter {
 public:
  // `text` has passed check_source_text and outlives the splitter; `file` is for messages.
  Splitter(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  // After end_of_text always end_of_text. Fails with bad_migration for a lone CR outside quotes, a literal, name,
  // comment, parenthesis or BEGIN … END body without its end, a psql meta-command, and SQL that goes on beneath COPY
  // data.
  Result<Token> next();

 private:
  Result<void> skip_blanks();
  Result<Token> scan();
  Result<Token> finish();
  Token close_statement(std::size_t semicolon, std::size_t length);
  Token take_copy_data();

  Result<TokenKind> block_comment();
  Result<TokenKind> quoted(TokenKind kind, char quote, bool backslash_escapes);
  Result<TokenKind> dollar();
  TokenKind number();
  Result<TokenKind> word();
  TokenKind symbol();

  char at(std::size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }
  bool looking_at(std::string_view what) const { return text_.substr(position_).starts_with(what); }
  void note_word(std::string_view word);
  bool is_word(std::size_t index, std::string_view keyword) const;
  bool defines_routine() const;
  bool is_copy_from_stdin() const;
  std::size_t line_below(std::size_t offset) const;
  Error refusal(std::size_t offset, std::string message, std::string next) const;
  Error lone_carriage_return(std::size_t offset) const;
  Error meta_command() const;

  std::string_view text_;
  std::string file_;
  std::size_t position_ = 0;
  std::optional<Token> pending_;  // the end_of_statement that follows a copy_data
  std::size_t variable_ =
      std::string_view::npos;  // a word just here follows a colon: to psql no keyword, but a variable

  // Of the statement in hand:
  std::optional<std::size_t> statement_;     // where it began
  std::array<std::string_view, 8> words_{};  // its first words outside parentheses: as many as psql looks at
  std::size_t word_count_ = 0;
  std::size_t parentheses_ = 0, parenthesis_ = 0;  // how many are open, and where the outermost stands
  std::size_t bodies_ = 0, body_ = 0;              // the same of BEGIN and CASE in a routine's body

  // COPY data lie ahead, from the next line on: to be passed over when the scan gets there.
  std::size_t data_begin_ = std::string_view::npos;
  std::size_t data_end_ = 0;
};

}  // namespace strata
