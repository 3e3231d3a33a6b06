#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "ir/type.h"
#include "passes/lower/wide_arithmetic.h"

/// For tests: what a value of a QDQ graph is, in 128-bit integers, for wide_reference.h.
namespace bitloom::wide_reference {

/// real = scale * n for every element; one scale, or one per output channel. With `real` set the elements are those floats instead.
struct Values {
  Shape shape;
  std::vector<Wide> n;
  std::vector<float> scales;
  std::vector<float> real;
  std::vector<Wide> other = {};  ///< of a pair: the second operand, broadcast, in steps of other_scale
  float other_scale = 0;
  bool is_product = false;
  bool is_narrow = false;  ///< what a Quantize made
  float low = -INFINITY, high = INFINITY;  ///< let through by Relu and Clip
  std::vector<Wide> size = {};             ///< of a sum: the magnitudes that were added

  float scale_of(std::size_t element) const {
    if (scales.size() == 1) return scales[0];
    const std::size_t inner = n.size() / static_cast<std::size_t>(shape[0] * shape[1]);
    return scales[element / inner % scales.size()];
  }
};

/// Real numbers, which only the next Quantize makes integers of.
inline std::vector<float> reals_of(const Values& x) {
  if (!x.real.empty()) return x.real;
  std::vector<float> real;
  for (std::size_t i = 0; i < x.n.size(); ++i) real.push_back(x.scale_of(i) * static_cast<float>(static_cast<std::int64_t>(x.n[i])));
  return real;
}

/// Of a sum, or of a pair of one scale: an integer and its scale.
inline std::pair<Wide, float> exact_element(const Values& x, std::size_t i) {
  if (x.other.empty()) return {x.n[i], x.scale_of(i)};
  if (x.is_product) return {x.n[i] * x.other[i], x.scales[0] * x.other_scale};
  return {x.n[i] + x.other[i], x.scales[0]};
}

/// The element at a position of the map; 0, which is its zero point, outside.
inline Wide at(const Values& x, std::int64_t c, std::int64_t row, std::int64_t column) {
  if (row < 0 || row >= x.shape[2] || column < 0 || column >= x.shape[3]) return 0;
  return x.n[static_cast<std::size_t>((c * x.shape[2] + row) * x.shape[3] + column)];
}

}  // namespace bitloom::wide_reference
