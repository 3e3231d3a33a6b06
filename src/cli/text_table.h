#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bitloom::cli {

/// A table for people: columns as wide as their widest cell, two spaces apart.
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kRight;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  /// One cell per column.
  void add_row(std::vector<std::string> cells);
  /// One line a row, the titles first; no spaces at the end of a line. A column without any content is left out.
  std::vector<std::string> lines() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// "1,234,567"; "" for 0, which in a table is the absence of something.
std::string count_cell(std::int64_t count);

}  // namespace bitloom::cli
