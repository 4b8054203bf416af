#include "core/sql/script.h"

#include "core/base/escape.h"
#include "core/sql/classify.h"
#include "core/sql/directives.h"
#include "core/sql/fingerprint.h"
#include "core/sql/lookalikes.h"
#include "core/sql/source_text.h"
#include "core/sql/splitter.h"

#include <algorithm>

namespace strata {

namespace {

// Reads the tokens of one text in order and makes its statements of them.
class ScriptReader {
 public:
  ScriptReader(std::string_view text, std::string_view file) : text_(text), file_(file), lines_(text) {}

  Result<Script> read() {
    Splitter splitter(text_, file_);
    for (;;) {
      STRATA_TRY(const auto token, splitter.next());
      if (token.kind == TokenKind::end_of_text) break;
      STRATA_CHECK(take(token));
    }
    script_.fingerprint = fingerprint_.digest();
    return std::move(script_);
  }

 private:
  std::string_view text_of(const Token& token) const { return text_.substr(token.offset, token.length); }

  Error refusal(std::size_t offset, std::string message, std::string next) const {
    return Error{.code = ErrorCode::bad_migration,
                 .message = std::move(message),
                 .next = std::move(next),
                 .where = locate(text_, offset, file_)};
  }

  Result<void> take(const Token& token) {
    if (token.kind != TokenKind::copy_data) STRATA_CHECK(refuse_reordering(token));
    if (token.kind == TokenKind::word || token.kind == TokenKind::quoted_name) note_odd_name(token);
    if (token.kind == TokenKind::comment) return take_comment(token);
    if (token.kind == TokenKind::end_of_statement) return end_statement();
    fingerprint_.add_token(text_of(token));
    if (token.kind == TokenKind::copy_data) {
      statement_.copy_data = text_of(token);
      return {};
    }
    return add_to_statement(token);
  }

  Result<void> refuse_reordering(const Token& token) const {
    const auto at = find_reordering(text_of(token));
    if (at == std::string_view::npos) return {};
    return fail(refusal(token.offset + at,
                        printable(text_of(token).substr(at, 3)) +
                            " makes editors show what follows in another order than Postgres reads it",
                        "delete it; where a text needs it, write it as an escape: U&'\\202E'"));
  }

  void note_odd_name(const Token& token) {
    const auto name = text_of(token);
    if (script_.odd_names.size() == 10 || !is_lookalike(name)) return;
    const auto is_it = [&](const OddName& odd) { return odd.name == name; };
    if (std::any_of(script_.odd_names.begin(), script_.odd_names.end(), is_it)) return;
    const auto where = locate(text_, token.offset, file_);
    script_.odd_names.push_back({std::string(name), where.line, where.column});
  }

  Result<void> take_comment(const Token& token) const {
    const bool at_head = script_.statements.empty() && tokens_.empty();
    if (at_head || !is_directive(text_of(token))) return {};
    return fail(refusal(token.offset,
                        "a directive after the first statement has no effect: directives stand at the head of the file",
                        "move the line above the first statement"));
  }

  Result<void> add_to_statement(const Token& token) {
    const bool first = tokens_.empty();
    if (first) statement_.offset = token.offset;
    statement_.length = token.end() - statement_.offset;
    // What is beyond the limit is rows, and nothing there tells what the statement is.
    if (first || statement_.length <= longest_analysed) tokens_.push_back(token);

    const bool is_call = last_is_unlock_all_ && text_of(token) == "(";
    last_is_unlock_all_ = is_unlock_all(token);
    if (!is_call) return {};
    return fail(refusal(token.offset, "pg_advisory_unlock_all() would drop the lock that keeps a second strata out",
                        "release the locks that the migration took, by their keys, with pg_advisory_unlock()"));
  }

  bool is_unlock_all(const Token& token) const {
    constexpr std::string_view name = "pg_advisory_unlock_all";
    if (token.kind == TokenKind::word) return is_keyword(text_of(token), name);
    return token.kind == TokenKind::quoted_name && text_of(token).substr(1, token.length - 2) == name;
  }

  Result<void> end_statement() {
    fingerprint_.end_statement();
    lines_.advance_to(statement_.offset);
    statement_.line = lines_.line();
    statement_.column = lines_.column();
    statement_.text = text_.substr(statement_.offset, statement_.length);

    const StatementWords words(text_, tokens_);
    STRATA_CHECK(refuse_forbidden(words));
    if (statement_.length <= longest_analysed) {
      const auto error = find_syntax_error(statement_.text);
      if (error) STRATA_CHECK(refuse_variable(statement_.offset + *error));
      statement_.analysed = !error;
    }
    classify(statement_, words);

    script_.statements.push_back(std::move(statement_));
    statement_ = {};
    tokens_.clear();
    return {};
  }

  Result<void> refuse_forbidden(StatementWords words) const {
    if (is_transaction_control(words)) {
      return fail(
          refusal(statement_.offset,
                  one_line(statement_.text, 40) + ": a migration cannot begin or end a transaction, since strata does",
                  "delete it; a file that must not run in one transaction begins with: -- strata: no-transaction"));
    }
    if (words.accept("discard all")) {
      return fail(refusal(statement_.offset, "DISCARD ALL would drop the lock that keeps a second strata out",
                          "delete it: strata resets the session between migrations"));
    }
    return {};
  }

  // A psql variable is refused where nothing else can be meant: the grammar stumbles over just this place, and the
  // statement has none of the JSON functions in which Postgres 16 writes `key : value`.
  Result<void> refuse_variable(std::size_t offset) const {
    const auto name = variable_at(text_.substr(offset));
    const bool has_json = std::any_of(tokens_.begin(), tokens_.end(), [&](const Token& token) {
      return token.kind == TokenKind::word && is_keyword(text_of(token).substr(0, 4), "json");
    });
    if (name.empty() || has_json) return {};
    return fail(refusal(offset,
                        "psql variable " + one_line(name, 80) + ": strata has no variables, and Postgres knows none",
                        "write the value itself"));
  }

  // `:name`, `:'name'`, `:"name"` or `:{?name}` at the front of `text`; else empty.
  static std::string_view variable_at(std::string_view text) {
    const auto is_name = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
             static_cast<unsigned char>(c) >= 0x80;
    };
    for (const auto& [open, close] : {std::pair{":'", "'"}, {":\"", "\""}, {":{?", "}"}, {":", ""}}) {
      const std::string_view prefix(open);
      if (!text.starts_with(prefix)) continue;
      auto end = prefix.size();
      while (end < text.size() && is_name(text[end])) ++end;
      const bool closed = text.substr(end).starts_with(close);
      return end > prefix.size() && closed ? text.substr(0, end + std::string_view(close).size()) : std::string_view();
    }
    return {};
  }

  std::string_view text_;
  std::string_view file_;
  LineCounter lines_;
  Fingerprint fingerprint_;
  Script script_;
  Statement statement_;        // the one in hand
  std::vector<Token> tokens_;  // its own, without comments
  bool last_is_unlock_all_ = false;
};

std::string described(const Statement& statement) {
  return statement.kind + " (line " + std::to_string(statement.line) + ")";
}

// Decides how the script runs. Two statements or more share a transaction, unless the directive says otherwise.
Result<void> settle_transaction(Script& script, std::string_view file, bool no_transaction) {
  const auto& statements = script.statements;
  const auto loner = std::find_if(statements.begin(), statements.end(),
                                  [](const Statement& statement) { return !statement.can_run_in_transaction; });
  script.transactional = !no_transaction && loner == statements.end();
  if (no_transaction || loner == statements.end() || statements.size() == 1) return {};
  const auto& other = loner == statements.begin() ? statements[1] : statements.front();
  return fail(Error{
      .code = ErrorCode::bad_migration,
      .message =
          described(*loner) + " cannot run inside a transaction, and this file is one: it also has " + described(other),
      .next = "put it into a migration of its own, or let every statement run by itself, with this line at the "
              "top: -- strata: no-transaction",
      .where = {std::string(file), loner->line, loner->column}});
}

}  // namespace

Result<Script> read_script(std::string_view bytes, std::string_view file, bool no_transaction) {
  STRATA_TRY(const auto text, check_source_text(bytes, file));
  STRATA_TRY(const auto directives, read_directives(text, file));
  STRATA_TRY(auto script, ScriptReader(text, file).read());
  STRATA_CHECK(settle_transaction(script, file, no_transaction || directives.no_transaction));
  return script;
}

Result<Digest> fingerprint_of(std::string_view bytes, std::string_view file) {
  STRATA_TRY(const auto text, check_source_text(bytes, file));
  Splitter splitter(text, file);
  Fingerprint fingerprint;
  for (;;) {
    STRATA_TRY(const auto token, splitter.next());
    if (token.kind == TokenKind::end_of_text) return fingerprint.digest();
    if (token.kind == TokenKind::comment) continue;
    if (token.kind == TokenKind::end_of_statement) {
      fingerprint.end_statement();
    } else {
      fingerprint.add_token(text.substr(token.offset, token.length));
    }
  }
}

std::string warning_about(const OddName& odd, std::string_view file) {
  return std::string(file) + ":" + std::to_string(odd.line) + ":" + std::to_string(odd.column) + ": the name " +
         one_line(odd.name, 80) +
         " mixes letters of different scripts, or holds characters without width: is it the name that it looks like?";
}

Digest Script::fingerprint_of_first(std::size_t count) const {
  Fingerprint first;
  for (std::size_t i = 0; i < std::min(count, statements.size()); ++i) {
    const std::string_view text = statements[i].text;
    Splitter splitter(text, {});
    for (auto token = splitter.next(); token && token->kind != TokenKind::end_of_text; token = splitter.next()) {
      const bool counts = token->kind != TokenKind::comment && token->kind != TokenKind::copy_data &&
                          token->kind != TokenKind::end_of_statement;
      if (counts) first.add_token(text.substr(token->offset, token->length));
    }
    if (statements[i].copy_data) first.add_token(*statements[i].copy_data);
    first.end_statement();
  }
  return first.digest();
}

}  // namespace strata
