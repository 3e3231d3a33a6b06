#include "report/charts/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/format.h"
#include "report/svg.h"

namespace bitloom::report {
namespace {

constexpr double kWidth = 520, kHeight = 264, kLeft = 46, kTop = 34, kBottom = 226, kRight = 440;

struct Axes {
  Scale x, y;
  std::vector<double> ticks;
};

Axes make_axes(const LineChart& chart) {
  double low = chart.low, high = std::max(chart.low, chart.high);
  for (const LineChart::Series& series : chart.series)
    for (const double value : series.values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  Axes axes;
  axes.ticks = round_ticks(low, high, 5);
  axes.y = {axes.ticks.front(), axes.ticks.back(), kBottom, kTop};
  axes.x = {static_cast<double>(chart.x.front()), static_cast<double>(chart.x.back()), kLeft + 8, kRight - 8};
  if (chart.x.size() == 1) axes.x.start = (kLeft + kRight) / 2;
  return axes;
}

void draw_axes(Drawing& drawing, const LineChart& chart, const Axes& axes) {
  const double step = axes.ticks[1] - axes.ticks[0];
  for (const double tick : axes.ticks) {
    drawing.line(kLeft, axes.y(tick), kRight, axes.y(tick), tick == axes.ticks.front() ? "axis" : "grid");
    drawing.text(kLeft - 8, axes.y(tick) + 4, tick_text(tick, step), "tick", Drawing::Anchor::kEnd);
  }
  const auto every = std::max<std::size_t>(1, (chart.x.size() + 9) / 10);
  for (std::size_t i = 0; i < chart.x.size(); i += every)
    drawing.text(axes.x(chart.x[i]), kBottom + 18, std::to_string(chart.x[i]), "tick", Drawing::Anchor::kMiddle);
  drawing.text((kLeft + kRight) / 2, kBottom + 34, "epoch", "tick", Drawing::Anchor::kMiddle);
  drawing.text(0, 14, chart.title, "strong");
  drawing.text(text_width(chart.title) + 12, 14, chart.unit, "tick");
}

void draw_mark(Drawing& drawing, const LineChart& chart, const Axes& axes) {
  if (std::find(chart.x.begin(), chart.x.end(), chart.marked_x) == chart.x.end()) return;
  const double x = axes.x(chart.marked_x);
  drawing.line(x, kTop - 6, x, kBottom, "mark");
  const bool fits_left = x - text_width(chart.mark) > kLeft;
  drawing.text(x + (fits_left ? -5 : 5), kTop - 3, chart.mark, "tick", fits_left ? Drawing::Anchor::kEnd : Drawing::Anchor::kStart);
}

/// The line, broken where a value is not finite, and a point to hover over at each value.
void draw_series(Drawing& drawing, const LineChart& chart, const LineChart::Series& series, std::size_t index, const Axes& axes) {
  const std::string css_class = fmt::format("series-{}{}", index, series.dashed ? " dashed" : "");
  std::vector<std::pair<double, double>> points;
  const auto flush = [&] {
    if (points.size() > 1) drawing.polyline(points, css_class);
    points.clear();
  };
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!std::isfinite(series.values[i]))
      flush();
    else
      points.emplace_back(axes.x(chart.x[i]), axes.y(series.values[i]));
  }
  flush();
  for (std::size_t i = 0; i < series.values.size(); ++i) {
    if (!std::isfinite(series.values[i])) continue;
    const bool marked = chart.x[i] == chart.marked_x;
    const std::string hover = fmt::format("epoch {}, {}: {} {}", chart.x[i], series.name, fixed(series.values[i], 4), chart.unit);
    drawing.circle(axes.x(chart.x[i]), axes.y(series.values[i]), marked ? 4.5 : 3, fmt::format("point-{}", index), hover);
  }
}

/// Names at the ends of the lines, moved apart where they would overlap.
void draw_names(Drawing& drawing, const LineChart& chart, const Axes& axes) {
  struct Label {
    double y;
    std::size_t index;
  };
  std::vector<Label> labels;
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    const std::vector<double>& values = chart.series[i].values;
    const auto last = std::find_if(values.rbegin(), values.rend(), [](double value) { return std::isfinite(value); });
    if (last != values.rend()) labels.push_back({axes.y(*last) + 4, i});
  }
  std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
  constexpr double kLineHeight = 15;
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + kLineHeight);
  const double sunk = labels.empty() ? 0 : std::max(0.0, labels.back().y - kBottom);
  for (const Label& label : labels)
    drawing.text(kRight + 8, label.y - sunk, chart.series[label.index].name, fmt::format("name-{}", label.index));
}

}  // namespace

Markup draw(const LineChart& chart) {
  if (chart.x.empty()) return {};
  const Axes axes = make_axes(chart);
  Drawing drawing(kWidth, kHeight, chart.title, chart.description);
  draw_axes(drawing, chart, axes);
  draw_mark(drawing, chart, axes);
  for (std::size_t i = 0; i < chart.series.size(); ++i) draw_series(drawing, chart, chart.series[i], i, axes);
  draw_names(drawing, chart, axes);
  return drawing.markup("chart");
}

}  // namespace bitloom::report
