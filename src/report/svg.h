#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/html.h"

namespace bitloom::report {

/// A picture made of SVG elements, in units of its own; the page scales it to the width it has. Colours come from the style sheet through
/// CSS classes, so the same picture serves a light page, a dark page and paper.
class Drawing {
 public:
  /// @param title, description  what the picture is and what it shows, for those who cannot see it
  Drawing(double width, double height, std::string title, std::string description);

  void rect(double x, double y, double width, double height, std::string_view css_class, std::string_view hover = {});
  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void circle(double x, double y, double radius, std::string_view css_class, std::string_view hover = {});
  void polyline(const std::vector<std::pair<double, double>>& points, std::string_view css_class);
  enum class Anchor { kStart, kMiddle, kEnd };
  void text(double x, double y, std::string_view words, std::string_view css_class, Anchor anchor = Anchor::kStart, double rotation = 0);
  /// A double-ended arrow with its words in the middle, or behind its end where it is too short for them; at least `room` units wide.
  void span(double x1, double x2, double y, std::string_view words, double right_end);

  /// @param css_class  for its size on the page: "chart", "chart wide"
  Markup markup(std::string_view css_class) const;

 private:
  void add(std::string_view tag, std::vector<Attribute> attributes, std::string_view hover);
  double width_, height_;
  std::string title_, description_;
  Markup content_;
};

/// Maps [from, to] to [start, end] linearly.
struct Scale {
  double from = 0, to = 1, start = 0, end = 1;
  double operator()(double value) const { return to == from ? start : start + (value - from) / (to - from) * (end - start); }
};

/// Round values (1, 2 or 5 times a power of ten) that cover [low, high] in about `count` steps; the first is <= low, the last >= high.
std::vector<double> round_ticks(double low, double high, int count);
std::string tick_text(double value, double step);

/// At most `most` characters of a name, the last an ellipsis where something is left out.
std::string shortened(const std::string& name, std::size_t most);

/// About how wide `words` are when drawn at the charts' letter size.
double text_width(std::string_view words);

/// A horizontal bar that fills `share` (0..1) of its cell, for use in a table beside the figure it shows.
Markup bar(double share, std::string_view css_class);

}  // namespace bitloom::report
