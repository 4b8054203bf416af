#include "core/sql/directives.h"

#include "core/base/clock.h"
#include "core/base/escape.h"
#include "core/sql/source_text.h"
#include "core/sql/splitter.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace strata {

namespace {

constexpr std::string_view known_directives[] = {"needs", "no-transaction", "lock-timeout", "statement-timeout",
                                                 "allow"};
constexpr std::string_view marker = "strata:";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

// Cuts the first word off `text`, and the blanks after it.
std::string_view take_word(std::string_view& text) {
  const auto word = text.substr(0, text.find_first_of(" \t"));
  text = trimmed(text.substr(word.size()));
  return word;
}

// How many letters must be changed, added or left out to get from one word to the other.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (const char c : from) {
    std::size_t diagonal = row[0]++;
    for (std::size_t i = 0; i < to.size(); ++i) {
      const auto changed = diagonal + (c == to[i] ? 0 : 1);
      diagonal = row[i + 1];
      row[i + 1] = std::min({changed, diagonal + 1, row[i] + 1});
    }
  }
  return row.back();
}

std::string quoted(std::string_view text) {
  return "`" + one_line(text, 80) + "`";
}

Error unknown_directive(std::string_view name) {
  std::string known;
  std::string_view meant;
  for (const auto candidate : known_directives) {
    known += (known.empty() ? "" : ", ") + std::string(candidate);
    if (name.size() <= 32 && distance(name, candidate) <= 2) meant = candidate;
  }
  return Error{.code = ErrorCode::bad_migration,
               .message = "unknown directive " + quoted(name),
               .next = (meant.empty() ? "" : "did you mean " + quoted(meant) + "? ") + "The directives are: " + known};
}

Error bad_value(std::string message, std::string next) {
  return Error{.code = ErrorCode::bad_migration, .message = std::move(message), .next = std::move(next)};
}

Result<void> set_duration(std::optional<std::chrono::milliseconds>& duration, std::string_view name,
                          std::string_view value) {
  if (duration) return fail(bad_value(quoted(name) + " stands here twice", "keep one of the two lines"));
  duration = parse_duration(value);
  if (!duration) {
    return fail(bad_value(quoted(name) + " takes a length of time, not " + quoted(value),
                          "write it like `2s`, `500ms`, `10min` or `1h`; 0 means no limit"));
  }
  return {};
}

Result<Directives::Allowance> allowance(std::string_view value) {
  const auto hazard = take_word(value);
  const bool is_name = !hazard.empty() && std::all_of(hazard.begin(), hazard.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  const bool has_reason = value.size() > 2 && value.starts_with('"') && value.find('"', 1) == value.size() - 1 &&
                          !trimmed(value.substr(1, value.size() - 2)).empty();
  if (!is_name || !has_reason) {
    return fail(bad_value("`allow` takes the name of a hazard and the reason in double quotes",
                          "write it like: -- strata: allow drop-column \"read by nothing since release 41\""));
  }
  return Directives::Allowance{std::string(hazard), std::string(value.substr(1, value.size() - 2))};
}

Result<void> apply(Directives& directives, std::string_view line) {
  const auto name = take_word(line);
  if (name == "needs") {
    auto id = parse_migration_id(line);
    if (!id || line.find_first_of(" \t,") != std::string_view::npos) {
      return fail(bad_value("`needs` takes the full id of one migration, not " + quoted(line),
                            "write it like: -- strata: needs identity/20260101080000_create_users; one line for each"));
    }
    directives.needs.push_back(std::move(*id));
  } else if (name == "no-transaction") {
    if (!line.empty())
      return fail(bad_value("`no-transaction` takes no value, but has " + quoted(line), "delete the value"));
    if (directives.no_transaction)
      return fail(bad_value("`no-transaction` stands here twice", "keep one of the two lines"));
    directives.no_transaction = true;
  } else if (name == "lock-timeout") {
    STRATA_CHECK(set_duration(directives.lock_timeout, name, line));
  } else if (name == "statement-timeout") {
    STRATA_CHECK(set_duration(directives.statement_timeout, name, line));
  } else if (name == "allow") {
    STRATA_TRY(auto allowed, allowance(line));
    directives.allows.push_back(std::move(allowed));
  } else {
    return fail(unknown_directive(name));
  }
  return {};
}

}  // namespace

bool is_directive(std::string_view comment) {
  return comment.starts_with("--") && is_keyword(trimmed(comment.substr(2)).substr(0, marker.size()), marker);
}

Result<Directives> read_directives(std::string_view bytes, std::string_view file) {
  const auto text = without_bom(bytes);
  Directives directives;
  Splitter splitter(text, file);
  for (;;) {
    STRATA_TRY(const auto token, splitter.next());
    if (token.kind != TokenKind::comment) return directives;
    const auto comment = text.substr(token.offset, token.length);
    if (!is_directive(comment)) continue;
    const auto content = trimmed(trimmed(comment.substr(2)).substr(marker.size()));
    if (auto applied = apply(directives, content); !applied) {
      applied.error().where = locate(text, token.offset, file);
      return fail(std::move(applied.error()));
    }
  }
}

}  // namespace strata
