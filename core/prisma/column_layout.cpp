#include "core/prisma/column_layout.h"

#include <algorithm>
#include <utility>

namespace strata::prisma {

void ColumnLayout::add_row(std::vector<std::string> columns, const std::string& behind) {
  while (!columns.empty() && columns.back().empty()) columns.pop_back();
  if (widths_.size() < columns.size()) widths_.resize(columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) widths_[i] = std::max(widths_[i], columns[i].size());
  rows_.push_back({std::move(columns), behind, {}});
}

void ColumnLayout::add_lines(std::string lines) {
  rows_.push_back({{}, {}, std::move(lines)});
}

std::string ColumnLayout::render(std::string_view indentation) const {
  std::string text;
  for (const auto& row : rows_) {
    if (row.columns.empty()) {
      text += row.lines;
      continue;
    }
    text += indentation;
    for (std::size_t i = 0; i < row.columns.size(); ++i) {
      text += row.columns[i];
      if (i + 1 < row.columns.size()) text.append(widths_[i] - row.columns[i].size() + 1, ' ');
    }
    text += (row.behind.empty() ? "" : " " + row.behind) + "\n";
  }
  return text;
}

}  // namespace strata::prisma
