#include "report/charts/gantt.h"

#include <fmt/format.h>

#include <algorithm>

#include "report/format.h"
#include "report/svg.h"

namespace bitloom::report {
namespace {

constexpr double kWidth = 1080, kRowHeight = 24, kBarHeight = 16, kTop = 46;
constexpr std::size_t kLongestName = 36;
constexpr int kColours = 3;

struct Layout {
  std::vector<std::string> units;               // in the order of the stream
  std::vector<const UnitActivity*> shown;
  Scale x;
  std::vector<double> ticks;
  double bottom = 0;

  double row(const std::string& unit) const {
    const auto at = std::find(units.begin(), units.end(), unit);
    return kTop + kRowHeight * static_cast<double>(at - units.begin());
  }
};

Layout lay_out(const Gantt& gantt) {
  Layout layout;
  std::int64_t end = 1;
  double longest = 0;
  for (const UnitActivity& activity : gantt.activities) {
    if (activity.image >= gantt.images) continue;
    layout.shown.push_back(&activity);
    end = std::max(end, activity.last_cycle);
    if (std::find(layout.units.begin(), layout.units.end(), activity.unit) != layout.units.end()) continue;
    layout.units.push_back(activity.unit);
    longest = std::max(longest, text_width(shortened(activity.unit, kLongestName)));
  }
  layout.ticks = round_ticks(0, static_cast<double>(end), 8);
  std::erase_if(layout.ticks, [&](double tick) { return tick > static_cast<double>(end); });
  layout.x = {0, static_cast<double>(end), longest + 12, kWidth - 24};
  layout.bottom = kTop + kRowHeight * static_cast<double>(layout.units.size());
  return layout;
}

void draw_grid(Drawing& drawing, const Layout& layout) {
  for (const double tick : layout.ticks) {
    drawing.line(layout.x(tick), kTop - 4, layout.x(tick), layout.bottom, "grid");
    drawing.text(layout.x(tick), layout.bottom + 16, grouped(static_cast<std::int64_t>(tick)), "tick", Drawing::Anchor::kMiddle);
  }
  for (const std::string& unit : layout.units)
    drawing.text(layout.x.start - 10, layout.row(unit) + kBarHeight - 3, shortened(unit, kLongestName), "tick", Drawing::Anchor::kEnd);
}

void draw_bars(Drawing& drawing, const Layout& layout) {
  for (const UnitActivity* activity : layout.shown) {
    const double begin = layout.x(static_cast<double>(activity->first_cycle)), y = layout.row(activity->unit);
    const double width = std::max(1.5, layout.x(static_cast<double>(activity->last_cycle + 1)) - begin);
    const std::string hover = fmt::format("{}, image {}: cycles {} to {}", activity->unit, activity->image, grouped(activity->first_cycle),
                                          grouped(activity->last_cycle));
    drawing.rect(begin, y, width, kBarHeight, fmt::format("image-{}", activity->image % kColours), hover);
    const std::string number = std::to_string(activity->image);
    if (width > text_width(number) + 6)
      drawing.text(begin + width / 2, y + kBarHeight - 4, number, "on-bar", Drawing::Anchor::kMiddle);
  }
}

/// Last cycles of the last unit, image by image.
std::vector<std::int64_t> finishing_cycles(const Layout& layout) {
  std::vector<std::int64_t> cycles;
  for (const UnitActivity* activity : layout.shown)
    if (activity->unit == layout.units.back()) cycles.push_back(activity->last_cycle);
  std::sort(cycles.begin(), cycles.end());
  return cycles;
}

void draw_spans(Drawing& drawing, const Gantt& gantt, const Layout& layout) {
  const double right_end = kWidth - 4;
  if (gantt.latency_cycles > 0) {
    const std::string time = gantt.latency_time.empty() ? "" : " = " + gantt.latency_time;
    const double end = layout.x(static_cast<double>(gantt.latency_cycles));
    drawing.span(layout.x(0), end, kTop - 18, fmt::format("latency {} cycles{}", grouped(gantt.latency_cycles), time), right_end);
    drawing.line(end, kTop - 12, end, layout.bottom, "mark");
  }
  const std::vector<std::int64_t> finished = finishing_cycles(layout);
  if (finished.size() < 2) return;
  const std::int64_t from = finished[finished.size() - 2], to = finished.back();
  const double begin = layout.x(static_cast<double>(from)), end = layout.x(static_cast<double>(to)), y = layout.bottom + 40;
  for (const double x : {begin, end}) drawing.line(x, layout.bottom - kRowHeight, x, y, "mark");
  drawing.span(begin, end, y, fmt::format("initiation interval {} cycles", grouped(to - from)), right_end);
}

}  // namespace

Markup draw(const Gantt& gantt) {
  const Layout layout = lay_out(gantt);
  if (layout.shown.empty()) return {};
  Drawing drawing(kWidth, layout.bottom + 50, gantt.title, gantt.description);
  draw_grid(drawing, layout);
  draw_bars(drawing, layout);
  draw_spans(drawing, gantt, layout);
  drawing.text(layout.x.start - 10, layout.bottom + 16, "cycle", "tick", Drawing::Anchor::kEnd);
  return drawing.markup("chart wide");
}

}  // namespace bitloom::report
