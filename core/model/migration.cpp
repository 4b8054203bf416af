#include "core/model/migration.h"

#include <algorithm>

namespace strata {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

bool is_calendar_time(std::string_view digits) {
  const std::chrono::year_month_day day{std::chrono::year(two_digits(digits, 0) * 100 + two_digits(digits, 2)),
                                        std::chrono::month(static_cast<unsigned>(two_digits(digits, 4))),
                                        std::chrono::day(static_cast<unsigned>(two_digits(digits, 6)))};
  return day.ok() && two_digits(digits, 8) < 24 && two_digits(digits, 10) < 60 && two_digits(digits, 12) < 60;
}

bool begins_with_14_digits(std::string_view text) {
  return text.size() >= 14 && std::all_of(text.begin(), text.begin() + 14, is_digit);
}

}  // namespace

bool is_module_id(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_lower(text[0]) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_migration_name(std::string_view text) {
  return begins_with_14_digits(text) && text.size() >= 16 && text.size() <= 200 && text[14] == '_' &&
         is_calendar_time(text) &&
         std::all_of(text.begin() + 15, text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '_'; });
}

bool is_prisma_migration_name(std::string_view text) {
  return !text.empty() && text.size() <= 200 &&
         std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
}

bool precedes_in_prisma(std::string_view a, std::string_view b) {
  constexpr std::string_view order = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789abcdefghijklmnopqrstuvwxyz";
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  // UTF-8 sorts by code point as bytes do, and its bytes are above all of ASCII.
  const auto weight = [&](char c) {
    const auto at = order.find(is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c);
    return at == std::string_view::npos ? 256 + static_cast<unsigned char>(c) : static_cast<int>(at);
  };
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (weight(a[i]) != weight(b[i])) return weight(a[i]) < weight(b[i]);
  }
  if (a.size() != b.size()) return a.size() < b.size();
  const auto differ = std::mismatch(a.begin(), a.end(), b.begin());
  return differ.first != a.end() && is_upper(*differ.second);
}

std::optional<MigrationId> parse_migration_id(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos || slash == 0 || slash + 1 == text.size()) return std::nullopt;
  MigrationId id{std::string(text.substr(0, slash)), std::string(text.substr(slash + 1))};
  if (!is_module_id(id.module) || id.name.find('/') != std::string::npos) return std::nullopt;
  return id;
}

std::string_view Migration::timestamp() const {
  const std::string_view name = id.name;
  return begins_with_14_digits(name) ? name.substr(0, 14) : name;
}

}  // namespace strata
