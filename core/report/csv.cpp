#include "core/report/csv.h"

#include "core/base/escape.h"

namespace strata {

std::string csv_cell(std::string_view text) {
  auto cell = printable(text);
  if (!cell.empty() && std::string_view("=+-@\t").find(cell.front()) != std::string_view::npos) cell.insert(0, 1, '\'');
  if (cell.find_first_of(",\"\n") == std::string::npos) return cell;
  for (auto at = cell.find('"'); at != std::string::npos; at = cell.find('"', at + 2)) cell.insert(at, 1, '"');
  return '"' + cell + '"';
}

std::string csv_row(const std::vector<std::string>& cells) {
  std::string row;
  for (const auto& cell : cells) row += std::string(&cell == &cells.front() ? "" : ",") + csv_cell(cell);
  return row + "\n";
}

}  // namespace strata
