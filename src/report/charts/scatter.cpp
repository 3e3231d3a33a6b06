#include "report/charts/scatter.h"

#include <algorithm>

#include "report/svg.h"

namespace bitloom::report {
namespace {

constexpr double kWidth = 640, kHeight = 320, kLeft = 46, kTop = 34, kBottom = 272, kRight = 620;

struct Axis {
  Scale scale;
  std::vector<double> ticks;
};

Axis axis_over(const std::vector<double>& values, double start, double end, int count) {
  const auto [low, high] = std::ranges::minmax(values);
  Axis axis{{}, round_ticks(low, high, count)};
  axis.scale = {axis.ticks.front(), axis.ticks.back(), start, end};
  return axis;
}

std::vector<Scatter::Point> all_points(const Scatter& chart) {
  std::vector<Scatter::Point> all = chart.line;
  all.insert(all.end(), chart.points.begin(), chart.points.end());
  all.push_back(chart.marked);
  return all;
}

std::vector<double> each(const std::vector<Scatter::Point>& points, double Scatter::Point::*member) {
  std::vector<double> values;
  for (const Scatter::Point& point : points) values.push_back(point.*member);
  return values;
}

class Plot {
 public:
  explicit Plot(const Scatter& chart)
      : chart_(chart), drawing_(kWidth, kHeight, chart.title, chart.description),
        x_(axis_over(each(all_points(chart), &Scatter::Point::x), kLeft + 8, kRight - 8, 8)),
        y_(axis_over(each(all_points(chart), &Scatter::Point::y), kBottom, kTop, 5)) {}

  Markup draw() {
    axes();
    if (chart_.limit > x_.scale.from && chart_.limit < x_.scale.to) limit();
    std::vector<std::pair<double, double>> line;
    for (const Scatter::Point& point : chart_.line) line.emplace_back(x_.scale(point.x), y_.scale(point.y));
    if (line.size() > 1) drawing_.polyline(line, "series-1");
    if (chart_.line.size() <= kMostMarks)
      for (const Scatter::Point& one : chart_.line) point(one, 2, "point-1");
    for (const Scatter::Point& one : chart_.points) point(one, 4, "point-0");
    point(chart_.marked, 6, "point-1");
    return drawing_.markup("chart single");
  }

 private:
  static constexpr std::size_t kMostMarks = 200;  ///< of a line; more run into each other

  void axes() {
    for (const double tick : y_.ticks) {
      drawing_.line(kLeft, y_.scale(tick), kRight, y_.scale(tick), tick == y_.ticks.front() ? "axis" : "grid");
      drawing_.text(kLeft - 8, y_.scale(tick) + 4, tick_text(tick, y_.ticks[1] - y_.ticks[0]), "tick", Drawing::Anchor::kEnd);
    }
    for (const double tick : x_.ticks)
      drawing_.text(x_.scale(tick), kBottom + 18, tick_text(tick, x_.ticks[1] - x_.ticks[0]), "tick", Drawing::Anchor::kMiddle);
    drawing_.text((kLeft + kRight) / 2, kBottom + 36, chart_.x_title, "tick", Drawing::Anchor::kMiddle);
    drawing_.text(0, 14, chart_.title, "strong");
    drawing_.text(text_width(chart_.title) + 12, 14, chart_.unit, "tick");
  }

  void limit() {
    const double x = x_.scale(chart_.limit);
    drawing_.line(x, kTop - 6, x, kBottom, "mark");
    drawing_.text(x + 5, kBottom - 6, chart_.limit_name, "tick");
  }

  void point(const Scatter::Point& one, double radius, const char* css_class) {
    const double x = x_.scale(one.x), y = y_.scale(one.y);
    drawing_.circle(x, y, radius, css_class, one.hover);
    if (one.name.empty()) return;
    const bool fits_right = x + radius + 6 + text_width(one.name) < kRight;
    drawing_.text(x + (fits_right ? radius + 4 : -radius - 4), y + 14, one.name, "tick", fits_right ? Drawing::Anchor::kStart : Drawing::Anchor::kEnd);
  }

  const Scatter& chart_;
  Drawing drawing_;
  Axis x_, y_;
};

}  // namespace

Markup draw(const Scatter& chart) { return Plot(chart).draw(); }

}  // namespace bitloom::report
