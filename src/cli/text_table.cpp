#include "cli/text_table.h"

#include <algorithm>
#include <cassert>

namespace bitloom::cli {
namespace {

/// Characters on a terminal: UTF-8 continuation bytes take no room.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t to, TextTable::Align align) {
  const std::string spaces(to - width(text), ' ');
  return align == TextTable::Align::kLeft ? text + spaces : spaces + text;
}

}  // namespace

void TextTable::add_row(std::vector<std::string> cells) {
  assert(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::vector<std::string> TextTable::lines() const {
  std::vector<std::string> lines(rows_.size() + 1);
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t widest = 0;
    for (const auto& row : rows_) widest = std::max(widest, width(row[c]));
    if (widest == 0) continue;
    widest = std::max(widest, width(columns_[c].title));
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (!lines[i].empty()) lines[i] += "  ";
      lines[i] += padded(i == 0 ? columns_[c].title : rows_[i - 1][c], widest, columns_[c].align);
    }
  }
  for (std::string& line : lines) line.erase(line.find_last_not_of(' ') + 1);
  return lines;
}

std::string count_cell(std::int64_t count) {
  if (count == 0) return "";
  std::string digits = std::to_string(count);
  for (std::ptrdiff_t at = std::ssize(digits) - 3; at > (count < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  return digits;
}

}  // namespace bitloom::cli
