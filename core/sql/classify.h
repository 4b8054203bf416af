// What one statement is, told from its leading words. Not from a parse tree: Postgres 16 and later know statements that
// libpg_query does not, the answer must be right for those too, and one way to tell cannot disagree with another.
#pragma once

#include "core/sql/script.h"
#include "core/sql/splitter.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strata {

// Longer statements (rows, all but always) are not given to the grammar, whose parse tree takes 70 times their size.
constexpr std::size_t longest_analysed = 1 << 20;

std::string upper(std::string_view keywords);  // ASCII

// The words of one statement, read from front to back. `tokens` are of `text` and hold no comments.
class StatementWords {
 public:
  StatementWords(std::string_view text, const std::vector<Token>& tokens) : text_(text), tokens_(tokens) {}

  bool done() const { return index_ == tokens_.size(); }
  TokenKind kind() const { return done() ? TokenKind::end_of_text : tokens_[index_].kind; }
  std::string_view token() const;
  bool next_is(std::string_view keyword) const;
  bool next_is_symbol(std::string_view symbol) const;
  void skip() { index_ += done() ? 0 : 1; }

  // Goes past `keywords` (in lower case, separated by a blank) if they all come next; otherwise stays where it is.
  bool accept(std::string_view keywords);
  bool accept_symbol(std::string_view symbol);
  // Goes past a possibly qualified name. Null, and no step, if none comes next.
  std::shared_ptr<const RelationName> accept_relation();
  // Goes past what may stand between CREATE (or DROP) and its object: OR REPLACE, TEMP, UNIQUE, …
  void accept_modifiers();
  // Goes past a list in parentheses, if one comes next.
  void skip_parentheses();

 private:
  std::string_view text_;
  const std::vector<Token>& tokens_;
  std::size_t index_ = 0;
};

// Fills in kind, recovery, can_run_in_transaction and the names. `statement.analysed` is set already.
void classify(Statement& statement, const StatementWords& words);

// BEGIN, COMMIT and their like, which no migration may say. SAVEPOINT, ROLLBACK TO and COMMIT PREPARED are others.
bool is_transaction_control(StatementWords words);

// Where the grammar of Postgres 15 refuses `statement` (a byte offset), if it does. Safe for any nesting: nothing walks
// the tree that the grammar builds.
std::optional<std::size_t> find_syntax_error(const std::string& statement);

}  // namespace strata
