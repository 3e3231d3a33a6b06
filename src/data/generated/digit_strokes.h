#pragma once

#include <vector>

#include "data/generated/exact_math.h"

namespace bitloom::data {

/// One movement of the pen through `points`: a smooth curve (Catmull-Rom) or straight lines with corners.
struct Stroke {
  bool smooth;
  std::vector<Point> points;
};

/// A way to write a digit: strokes in a box of width 1 and height 1, y downwards.
using Skeleton = std::vector<Stroke>;

/// The ways to write `digit` (0..9), plain forms first.
const std::vector<Skeleton>& skeletons_of(int digit);

/// The stroke as a polyline: each span of a smooth one is cut into `steps` pieces.
std::vector<Point> flatten(const Stroke& stroke, int steps);

}  // namespace bitloom::data
