#pragma once

#include <vector>

#include "data/generated/landcover/canvas.h"

namespace bitloom::data::landcover {

/// The tile cut into parcels by fences.
struct ParcelMap {
  std::array<int, kPixels> parcel;  ///< number of the parcel, below `count`
  Field fence;                            ///< distance to the nearest fence, pixels; far from any: large
  int count = 0;
};

struct ParcelStyle {
  double longest;   ///< pixels; a longer side is cut again
  double turns;     ///< direction of the fences, with those across
  double bend = 0;  ///< how far, in pixels, fences leave the straight line
};
ParcelMap cut_parcels(const ParcelStyle& style, RandomStream& random);

struct LineStyle {
  double swing;  ///< how far, in pixels, the line leaves the straight one
  double waves;  ///< bends over the tile
};
/// A line across the tile, through or near its middle, at any angle.
std::vector<Point> wandering_line(const LineStyle& style, RandomStream& random);

/// Distance of every pixel to the polyline, with a sign: negative to the left of its direction.
Field signed_distance(const std::vector<Point>& line);

}  // namespace bitloom::data::landcover
