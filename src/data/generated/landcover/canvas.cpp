#include "data/generated/landcover/canvas.h"

#include <algorithm>
#include <vector>

namespace bitloom::data::landcover {
namespace {

/// Pixels whose centres may lie within `reach` of `middle` on one axis.
struct Range {
  int first, last;
  Range(double middle, double reach)
      : first(std::max(0, static_cast<int>(std::floor(middle - reach)))),
        last(std::min(kTile - 1, static_cast<int>(std::floor(middle + reach)))) {}
};

}  // namespace

void Canvas::stamp_disc(Point centre, double radius, Rgb colour, double opacity, double softness) {
  const Range rows(centre.y, radius + softness), columns(centre.x, radius + softness);
  for (int y = rows.first; y <= rows.last; ++y)
    for (int x = columns.first; x <= columns.last; ++x)
      if (const double inside = clamp01(0.5 + (radius - length(centre_of(x, y) - centre)) / softness); inside > 0)
        cover(x, y, colour, opacity * inside);
}

void Canvas::stamp_box(Point centre, Point half, double turns, Rgb colour, double far_side, double opacity) {
  const double reach = half.x + half.y + 1, c = cos_turns(turns), s = sin_turns(turns);
  const Range rows(centre.y, reach), columns(centre.x, reach);
  for (int y = rows.first; y <= rows.last; ++y) {
    for (int x = columns.first; x <= columns.last; ++x) {
      const Point p = centre_of(x, y) - centre;
      const double u = c * p.x + s * p.y, v = c * p.y - s * p.x;
      const double outside = std::max(std::abs(u) - half.x, std::abs(v) - half.y);
      if (outside < 0.5) cover(x, y, v > 0 ? colour * far_side : colour, opacity * std::min(1.0, 0.5 - outside));
    }
  }
}

void Canvas::blur(double share) {
  const std::array<Rgb, kPixels> sharp = pixels_;
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      Rgb sum;
      for (int v = -1; v <= 1; ++v)
        for (int u = -1; u <= 1; ++u)
          sum = sum + sharp[pixel(std::clamp(x + u, 0, kTile - 1), std::clamp(y + v, 0, kTile - 1))];
      cover(x, y, sum * (1 / 9.0), share);
    }
  }
}

Field value_noise(double cell, RandomStream& random) {
  const int points = static_cast<int>(kTile / cell) + 3;
  std::vector<double> lattice(static_cast<std::size_t>(points) * static_cast<std::size_t>(points));
  for (double& value : lattice) value = random.uniform();
  const Point shift{random.uniform(), random.uniform()};

  struct Step {
    int index;
    double share;
  };
  const auto steps = [cell](double offset) {
    std::array<Step, kTile> out;
    for (int i = 0; i < kTile; ++i) {
      const double at = i / cell + offset;
      const int index = static_cast<int>(at);
      out[static_cast<std::size_t>(i)] = {index, smoothstep(0, 1, at - index)};
    }
    return out;
  };
  const std::array<Step, kTile> columns = steps(shift.x), rows = steps(shift.y);

  Field field;
  for (int y = 0; y < kTile; ++y) {
    const Step row = rows[static_cast<std::size_t>(y)];
    const double* top = lattice.data() + static_cast<std::ptrdiff_t>(row.index) * points;
    const double* bottom = top + points;
    for (int x = 0; x < kTile; ++x) {
      const Step column = columns[static_cast<std::size_t>(x)];
      field[pixel(x, y)] = data::mix(data::mix(top[column.index], top[column.index + 1], column.share),
                                     data::mix(bottom[column.index], bottom[column.index + 1], column.share), row.share);
    }
  }
  return field;
}

Field fractal_noise(double cell, int octaves, double gain, RandomStream& random) {
  Field sum{};
  double weight = 1, total = 0;
  for (int octave = 0; octave < octaves; ++octave, weight *= gain, cell *= 0.5) {
    const Field layer = value_noise(cell, random);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += weight * layer[i];
    total += weight;
  }
  for (double& value : sum) value /= total;
  return sum;
}

}  // namespace bitloom::data::landcover
