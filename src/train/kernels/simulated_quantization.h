#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// Quantize and Dequantize behind each other in one pass over memory, where LibTorch's operators take nine; the same floats to the last bit.
/// Plain C++ on several threads.
namespace bitloom::train {

/// The integers of a quantizer, as floats.
struct IntegerRange {
  float low, high;
};

/// Values in blocks of `block` that share a scale and a zero point: all of a tensor, or an output channel's weights.
struct QuantizedBlocks {
  std::int64_t block;
  std::span<const float> scales, zeros;  ///< one of each a block
  IntegerRange range;
  bool is_bipolar = false;  ///< round(u) is then the sign of u: -1 where u < 0, else 1
};

/// y = (min(max(round(x / scale) + zero, low), high) - zero) * scale, halves to even. `x` and `y` hold all blocks, one behind the other.
void simulate_quantization(const float* x, const QuantizedBlocks& blocks, float* y);

/// dx = dy where round(x / scale) + zero lies in the range, and 0 elsewhere: the straight-through estimator (arXiv:1308.3432), clipped.
void simulate_quantization_gradient(const float* x, const float* dy, const QuantizedBlocks& blocks, float* dx);

/// What a learned quantizer's scale gets of an element's gradient dy, with u = x / scale bounded by low - zero and high - zero:
///   inside                dy * (round(u) - u) * inside       the error of rounding, which grows with the scale (arXiv:1902.08153, eq. 3)
///   outside, by its end   dy * (the end - (zero, or 0 where the zero point moves with the scale: arXiv:2004.09576, eq. 5))
struct ScaleRule {
  bool rounding_counts = true;   ///< inside is 1, or 0: what is clipped alone says how large the scale should be (arXiv:1805.06085)
  bool zero_moves = false;
};

/// Of each block.
struct StepGradient {
  std::vector<double> scale;
  std::vector<double> outside;  ///< sum of dy over the elements that are cut off: the gradient of an offset
};

/// dx = dy where x / scale lies between low - zero and high - zero, ends included, and 0 elsewhere. One pass; sums are in float64, in an order
/// that no number of threads changes.
StepGradient learned_quantization_gradient(const float* x, const float* dy, const QuantizedBlocks& blocks, ScaleRule rule, float* dx);

/// The least and the largest of `count` numbers, and 0: a range that a quantizer with an exact 0 has to have. What is no number counts as 0.
struct Extremes {
  float least = 0, most = 0;
};
Extremes extremes_with_zero(const float* x, std::int64_t count);

}  // namespace bitloom::train
