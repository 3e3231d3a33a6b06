#include "report/charts/heat_map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "report/format.h"
#include "report/svg.h"

namespace bitloom::report {
namespace {

constexpr double kWidth = 372, kTitle = 28, kRoom = 16;  // kRoom: for the words "label" and "prediction"
constexpr std::size_t kMostNamed = 24;                   // above this, names and counts would be unreadable: hover shows them
constexpr std::size_t kMostCounted = 12;
constexpr std::size_t kLongestName = 14;                // characters

struct Layout {
  double left, top, cell;
  bool named, counted, upright;
};

Layout lay_out(const HeatMap& map) {
  const std::size_t count = map.counts.size();
  Layout layout{};
  layout.named = count <= kMostNamed;
  layout.counted = count <= kMostCounted;
  double longest = 0;
  for (const std::string& name : map.classes) longest = std::max(longest, text_width(shortened(name, kLongestName)));
  const double names = layout.named ? longest + 8 : 0;
  layout.left = kRoom + names;
  layout.cell = (kWidth - layout.left) / static_cast<double>(std::max<std::size_t>(1, count));
  layout.upright = longest + 4 > layout.cell;
  layout.top = kTitle + kRoom + (!layout.named ? 0 : layout.upright ? names : 16);
  return layout;
}

/// Darkness in ten steps, so that the style sheet can choose letters that stand out on each.
int shade(double share) { return std::clamp(static_cast<int>(std::ceil(10 * share)), 0, 10); }

std::string css_class(const HeatMap& map, std::size_t label, std::size_t prediction, std::int64_t row_total) {
  const std::int64_t count = map.counts[label][prediction];
  if (count == 0) return "cell none";
  const bool diagonal = label == prediction;
  if (diagonal && !map.signed_difference)
    return fmt::format("cell right s{}", shade(static_cast<double>(count) / static_cast<double>(row_total)));
  const bool better = (count > 0) == diagonal;
  const double share = static_cast<double>(std::abs(count)) / static_cast<double>(std::max<std::int64_t>(1, map.most_wrong));
  return fmt::format("cell {} s{}", better ? "right" : "wrong", shade(std::sqrt(share)));
}

std::string hover(const HeatMap& map, std::size_t label, std::size_t prediction) {
  const std::int64_t count = map.counts[label][prediction];
  const std::string &truth = map.classes[label], &answer = map.classes[prediction];
  if (map.signed_difference)
    return fmt::format("{}{} images labelled {} and answered {} by the integer network", count > 0 ? "+" : "", grouped(count), truth,
                       answer);
  return fmt::format("{} labelled {}, answered {}", counted(count, "image"), truth, answer);
}

void draw_names(Drawing& drawing, const HeatMap& map, const Layout& layout) {
  const double extent = layout.cell * static_cast<double>(map.counts.size());
  drawing.text(layout.left + extent / 2, kTitle + 8, "prediction", "tick", Drawing::Anchor::kMiddle);
  drawing.text(10, layout.top + extent / 2, "label", "tick", Drawing::Anchor::kMiddle, -90);
  if (!layout.named) return;
  for (std::size_t i = 0; i < map.counts.size(); ++i) {
    const std::string name = shortened(map.classes[i], kLongestName);
    const double middle = (static_cast<double>(i) + 0.5) * layout.cell;
    drawing.text(layout.left - 6, layout.top + middle + 4, name, "tick", Drawing::Anchor::kEnd);
    if (layout.upright)
      drawing.text(layout.left + middle + 4, layout.top - 6, name, "tick", Drawing::Anchor::kStart, -90);
    else
      drawing.text(layout.left + middle, layout.top - 6, name, "tick", Drawing::Anchor::kMiddle);
  }
}

void draw_cells(Drawing& drawing, const HeatMap& map, const Layout& layout) {
  const double extent = layout.cell * static_cast<double>(map.counts.size());
  if (!layout.counted) drawing.rect(layout.left, layout.top, extent, extent, "cell none");
  for (std::size_t label = 0; label < map.counts.size(); ++label) {
    const std::vector<std::int64_t>& row = map.counts[label];
    const std::int64_t total = std::max<std::int64_t>(1, std::accumulate(row.begin(), row.end(), std::int64_t{0}));
    for (std::size_t prediction = 0; prediction < row.size(); ++prediction) {
      const double x = layout.left + static_cast<double>(prediction) * layout.cell,
                   y = layout.top + static_cast<double>(label) * layout.cell;
      if (!layout.counted && row[prediction] == 0) continue;  // the ground shows: a hundred classes have ten thousand cells
      const std::string shading = css_class(map, label, prediction, total);
      const double gap = layout.counted ? 1.5 : 0.25;
      drawing.rect(x, y, layout.cell - gap, layout.cell - gap, shading, hover(map, label, prediction));
      if (!layout.counted || row[prediction] == 0) continue;
      const std::string_view sign = map.signed_difference && row[prediction] > 0 ? "+" : "";
      drawing.text(x + (layout.cell - gap) / 2, y + layout.cell / 2 + 3, fmt::format("{}{}", sign, row[prediction]),
                   fmt::format("count {}", shading), Drawing::Anchor::kMiddle);
    }
  }
}

}  // namespace

std::int64_t most_wrong(const CountMatrix& counts) {
  std::int64_t most = 0;
  for (std::size_t label = 0; label < counts.size(); ++label)
    for (std::size_t prediction = 0; prediction < counts[label].size(); ++prediction)
      if (label != prediction) most = std::max(most, std::abs(counts[label][prediction]));
  return most;
}

Markup draw(const HeatMap& map) {
  const Layout layout = lay_out(map);
  Drawing drawing(kWidth, layout.top + layout.cell * static_cast<double>(map.counts.size()) + 2, map.title, map.description);
  drawing.text(0, 14, map.title, "strong");
  draw_names(drawing, map, layout);
  draw_cells(drawing, map, layout);
  return drawing.markup("chart matrix");
}

}  // namespace bitloom::report
