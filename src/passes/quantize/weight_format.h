#pragma once

#include <span>

#include "ir/type.h"

namespace bitloom {

/// How weights that share a scale become integers: q = clamp(round(w / scale) + zero_point, low, high), or the sign of w where they are bipolar.
struct WeightFormat {
  ElementType element;
  std::int64_t low = -127, high = 127;
  float scale = 1;
  std::int32_t zero_point = 0;

  std::int32_t integer(float w) const;
  double squared_error(std::span<const float> weights) const;
};

/// What `bits` of symmetric weights are: bipolar, or signed and in the narrow range +-(2^(bits-1) - 1). Of others: unsigned, all of the range.
WeightFormat weight_format(int bits, bool symmetric);

/// `format` with the smallest scale whose integers cover all weights, and the zero point for that. Signs cover nothing:
/// their scale is the one of the least squared error, the mean magnitude (XNOR-Net, arXiv:1603.05279, section 3.1).
/// Scale 0 where all weights are 0.
WeightFormat covering(WeightFormat format, std::span<const float> weights);

/// `format` at another scale, with the zero point that suits it.
WeightFormat at_scale(WeightFormat format, float scale, std::span<const float> weights);

/// `format` at the scale of the least squared error: of signs as above, else from the one that covers all weights down to a 32nd, in steps of a
/// sixteenth of an octave. Scale 1 where all weights are 0.
WeightFormat of_least_error(const WeightFormat& format, std::span<const float> weights);

double largest_magnitude(std::span<const float> values);

}  // namespace bitloom
