// The words that blocks begin with.
#pragma once

#include "core/prisma/schema_tree.h"

#include <array>
#include <string_view>
#include <utility>

namespace strata::prisma {

inline constexpr std::array<std::pair<std::string_view, Block::Kind>, 6> keywords = {{
    {"datasource", Block::Kind::datasource},
    {"generator", Block::Kind::generator},
    {"model", Block::Kind::model},
    {"view", Block::Kind::view},
    {"enum", Block::Kind::enumeration},
    {"type", Block::Kind::composite},
}};

// Also the noun for such a block in messages.
constexpr std::string_view keyword_of(Block::Kind kind) {
  std::string_view keyword;
  for (const auto& [word, meaning] : keywords) {
    if (meaning == kind) keyword = word;
  }
  return keyword;
}

}  // namespace strata::prisma
