#include "data/generated/landcover/layout.h"

#include <algorithm>

namespace bitloom::data::landcover {
namespace {

/// A node of the tree of cuts: a fence, or (parcel >= 0) a parcel. A point p lies beyond the fence if p . normal > offset.
struct Cut {
  Point normal;
  double offset = 0;
  int before = -1, beyond = -1;  // nodes on its two sides
  int parcel = -1;
};

struct Extent {
  double low_u, high_u, low_v, high_v;
};

/// Cuts `e` (in the style's turned axes) across its longer side and both halves likewise; returns the node's index.
int grow(std::vector<Cut>& tree, const Extent& e, const ParcelStyle& style, int& parcels, RandomStream& random) {
  const int node = static_cast<int>(tree.size());
  tree.emplace_back();
  const double u = e.high_u - e.low_u, v = e.high_v - e.low_v;
  if (std::max(u, v) <= style.longest * random.uniform(0.8, 1.2)) {
    tree[static_cast<std::size_t>(node)].parcel = parcels++;
    return node;
  }
  const bool along_u = u > v;
  const double share = random.uniform(0.32, 0.68);
  const double at = along_u ? e.low_u + share * u : e.low_v + share * v;
  const double lean = random.uniform(-0.02, 0.02);
  Extent low = e, high = e;
  (along_u ? low.high_u : low.high_v) = at;
  (along_u ? high.low_u : high.low_v) = at;
  const int before = grow(tree, low, style, parcels, random);
  const int beyond = grow(tree, high, style, parcels, random);
  Cut& cut = tree[static_cast<std::size_t>(node)];
  cut.normal = rotate(along_u ? Point{1, 0} : Point{0, 1}, style.turns + lean);
  cut.offset = at;
  cut.before = before;
  cut.beyond = beyond;
  return node;
}

}  // namespace

ParcelMap cut_parcels(const ParcelStyle& style, RandomStream& random) {
  std::vector<Cut> tree;
  ParcelMap map;
  const double reach = 46;  // half the tile's diagonal
  grow(tree, {-reach, reach, -reach, reach}, style, map.count, random);
  const Field east = value_noise(20, random), south = value_noise(20, random);
  for (int y = 0; y < kTile; ++y) {
    for (int x = 0; x < kTile; ++x) {
      const std::size_t i = pixel(x, y);
      const Point p = centre_of(x, y) - Point{kTile / 2.0, kTile / 2.0} + Point{east[i] - 0.5, south[i] - 0.5} * (2 * style.bend);
      double nearest = 1e9;
      const Cut* cut = tree.data();
      while (cut->parcel < 0) {
        const double side = p.x * cut->normal.x + p.y * cut->normal.y - cut->offset;
        nearest = std::min(nearest, std::abs(side));
        cut = &tree[static_cast<std::size_t>(side > 0 ? cut->beyond : cut->before)];
      }
      map.parcel[i] = cut->parcel;
      map.fence[i] = nearest;
    }
  }
  return map;
}

std::vector<Point> wandering_line(const LineStyle& style, RandomStream& random) {
  const double turns = random.uniform(), aside = random.uniform(-14, 14);
  const double phase = random.uniform(), second_phase = random.uniform(), second = random.uniform(0.2, 0.5);
  std::vector<Point> line;
  constexpr int kPieces = 20;
  for (int i = 0; i <= kPieces; ++i) {
    const double t = static_cast<double>(i) / kPieces;
    const double wave = sin_turns(style.waves * t + phase) + second * sin_turns(2.3 * style.waves * t + second_phase);
    line.push_back(rotate({(t - 0.5) * 110, aside + style.swing * wave}, turns) + Point{kTile / 2.0, kTile / 2.0});
  }
  return line;
}

Field signed_distance(const std::vector<Point>& line) {
  Field field;
  field.fill(1e9);
  for (std::size_t s = 0; s + 1 < line.size(); ++s) {
    const Point along = line[s + 1] - line[s];
    const double squared = along.x * along.x + along.y * along.y;
    for (int y = 0; y < kTile; ++y) {
      for (int x = 0; x < kTile; ++x) {
        const Point from = centre_of(x, y) - line[s];
        const double t = clamp01((from.x * along.x + from.y * along.y) / squared);
        const double distance = length(from - along * t);
        double& nearest = field[pixel(x, y)];
        if (distance < std::abs(nearest)) nearest = along.x * from.y - along.y * from.x > 0 ? distance : -distance;
      }
    }
  }
  return field;
}

}  // namespace bitloom::data::landcover
