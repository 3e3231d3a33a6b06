#pragma once

#include <cstdint>
#include <span>

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
};

/// y = (min(max(round(x / scale) + zero, low), high) - zero) * scale, halves to even. `x` and `y` hold all blocks, one behind the other.
void simulate_quantization(const float* x, const QuantizedBlocks& blocks, float* y);

/// dx = dy where round(x / scale) + zero lies in the range, and 0 elsewhere: the straight-through estimator (arXiv:1308.3432), clipped.
void simulate_quantization_gradient(const float* x, const float* dy, const QuantizedBlocks& blocks, float* dx);

}  // namespace bitloom::train
