#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitloom::report {

/// HTML or SVG source. Other text becomes Markup through `text` alone, which escapes it: a class name or a recipe's line can never turn
/// into a tag, wherever on the page it is shown.
class Markup {
 public:
  Markup() = default;
  Markup& operator+=(const Markup& more);
  friend Markup operator+(Markup first, const Markup& second) { return first += second; }
  const std::string& str() const { return source_; }
  bool empty() const { return source_.empty(); }

  /// Source written by us, as it stands: the style sheet, the script. Never for anything that came from outside.
  static Markup own_source(std::string_view source);

 private:
  std::string source_;
};

/// An attribute; its value is escaped when it is written. Numbers keep two decimals.
struct Attribute {
  Attribute(std::string_view attribute, std::string_view text) : name(attribute), value(text) {}
  Attribute(std::string_view attribute, double number);
  Attribute(std::string_view attribute, int number) : Attribute(attribute, static_cast<double>(number)) {}
  std::string name, value;
};

/// Text with <, >, &, " and ' escaped, invalid UTF-8 replaced by U+FFFD and control characters left out.
Markup text(std::string_view plain);

/// <tag name="value">content</tag>
Markup element(std::string_view tag, const std::vector<Attribute>& attributes, const Markup& content = {});
Markup element(std::string_view tag, const Markup& content);

/// `bytes` as valid UTF-8: what is not becomes U+FFFD; control characters other than tab and newline are left out.
std::string valid_utf8(std::string_view bytes);

std::string base64(std::string_view bytes);

/// A table with a header row. Columns of numbers are right-aligned; the first cell of a row is its header.
class Table {
 public:
  struct Column {
    std::string title;
    bool numeric = false;
    std::string explanation;  ///< shown on hover of the title; may be empty
  };
  Table(std::string caption, std::vector<Column> columns);
  void add_row(std::vector<Markup> cells, std::string_view css_class = {});
  void add_total(std::vector<Markup> cells);  ///< the last row, set apart
  /// The table inside a region that scrolls sideways where it does not fit.
  Markup markup(std::string_view css_class = {}) const;

 private:
  Markup row(const std::vector<Markup>& cells, std::string_view css_class) const;
  std::string caption_;
  std::vector<Column> columns_;
  Markup body_, foot_;
};

}  // namespace bitloom::report
