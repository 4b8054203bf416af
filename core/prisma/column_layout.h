// Rows whose columns are padded to a common width, with whole lines between them that take no part in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strata::prisma {

class ColumnLayout {
 public:
  // Empty columns are only allowed at the end. `behind` follows the last column, unaligned.
  void add_row(std::vector<std::string> columns, const std::string& behind);
  void add_lines(std::string lines);  // as they are, with their line ends

  // All rows and lines in their order, each row indented and ended.
  std::string render(std::string_view indentation) const;

 private:
  struct Row {
    std::vector<std::string> columns;
    std::string behind;
    std::string lines;
  };
  std::vector<Row> rows_;
  std::vector<std::size_t> widths_;
};

}  // namespace strata::prisma
