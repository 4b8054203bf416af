// Comma-separated values as RFC 4180 has them, but for line feeds alone at the end of a row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata {

// A cell as it stands in a row. What strangers wrote is made printable, and gets an apostrophe in front where a
// spreadsheet would take it for a formula.
std::string csv_cell(std::string_view text);
std::string csv_row(const std::vector<std::string>& cells);

}  // namespace strata
