#include "core/prisma/constraint_names.h"

namespace strata::prisma {

namespace {

constexpr std::size_t longest_name = 63;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// At most `most` bytes from the beginning, as whole characters.
std::string_view first_bytes(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && continues_character(text[most])) --most;
  return text.substr(0, most);
}

std::string_view first_characters(std::string_view text, std::size_t most) {
  std::size_t end = 0;
  for (std::size_t characters = 0; end < text.size(); ++end) {
    if (!continues_character(text[end]) && ++characters > most) break;
  }
  return text.substr(0, end);
}

std::string by_bytes(std::string_view name, std::string_view suffix) {
  return std::string(first_bytes(name, longest_name - suffix.size())).append(suffix);
}

std::string by_characters(std::string_view name, std::string_view suffix) {
  return std::string(first_characters(name, longest_name - suffix.size())).append(suffix);
}

std::string joined(std::string table, const std::vector<std::string>& columns) {
  for (const auto& column : columns) table += "_" + column;
  return table;
}

}  // namespace

std::string primary_key_name(const std::string& table) {
  return by_bytes(table, "_pkey");
}

std::string unique_name(const std::string& table, const std::vector<std::string>& columns) {
  return by_bytes(joined(table, columns), "_key");
}

std::string index_name(const std::string& table, const std::vector<std::string>& columns) {
  return by_bytes(joined(table, columns), "_idx");
}

std::string foreign_key_name(const std::string& table, const std::vector<std::string>& columns) {
  return by_bytes(joined(table, columns), "_fkey");
}

std::string join_table_name(std::string_view relation) {
  return by_characters(std::string("_").append(relation), "");
}

std::string join_primary_key_name(const std::string& table) {
  return by_characters(table, "_AB_pkey");
}

std::string join_index_name(const std::string& table) {
  return by_characters(table, "_B_index");
}

std::string join_foreign_key_name(const std::string& table, const char* column) {
  return by_bytes(table, std::string("_") + column + "_fkey");
}

}  // namespace strata::prisma
