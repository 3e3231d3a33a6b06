#pragma once

#include <optional>

#include "passes/quantize/histogram.h"
#include "passes/quantize/quantize_model.h"

namespace bitloom {

/// How an activation is quantized: per tensor.
struct ActivationFormat {
  ElementType element;
  float scale = 1;
  std::int32_t zero_point = 0;

  Quantization quantization() const { return {{scale}, zero_point, -1}; }
};

/// The zero point of `element` nearest to -low / scale. Of other widths than 8 bits it is even: QONNX, in which those are written, rounds
/// x / scale + zero_point, and only an even one leaves halves to the even integer.
std::int32_t zero_point_for(double low, double scale, ElementType element);

/// The format of the smallest scale whose values from `element` cover the range, but for half a step. Its zero point is one of zero_point_for.
ActivationFormat covering_format(ValueRange range, ElementType element);

/// The range that `options.calibration` reads off the values seen:
///   min-max         the extremes
///   moving average  those of each image, averaged as they come
///   percentile      as many per cent of the values, half of the others being left out at either end
///   squared error   a share of the extremes, whose format has the least squared error over the values (arXiv:2106.08295, section 3.1)
///   entropy         the one whose format's distribution diverges least from that of the values (calibration.h)
ValueRange calibrated_range(const Histogram& values, const QuantizeOptions& options);

/// Whether that range and the format that covers it depend on more than the extremes.
bool needs_counts(const QuantizeOptions& options);

/// Whether the value is one bit that may be negative: then it is bipolar, -scale or +scale, and has no 0
/// (quantize/bipolar.h says who can read that).
bool is_bipolar_at(int bits, const Histogram& values);

/// The format that covers the calibrated range; with power_of_two, of the scales above and below it the one with the smaller squared error
/// over the values. A range of nothing but 0 gets scale 1.
/// One bit is {0, scale}, or {-scale, +scale} where values are negative, at the scale of the least squared error whatever the calibration: what
/// covers the extremes would round most values to 0. Of the signs that scale is the mean magnitude (XNOR-Net, arXiv:1603.05279, section 3.1).
ActivationFormat activation_format(const Histogram& values, const QuantizeOptions& options);

/// uint8 under which every raw pixel is its own quantized value; nothing where the graph's preprocessing has no such format (channels
/// with means or deviations of their own, a zero point outside 0..255), or where `options` ask for a zero point of 0 and it is another.
std::optional<ActivationFormat> pixel_format(const Graph& graph, const QuantizeOptions& options);

/// The power of two that is at least x > 0.
float round_up_to_power_of_two(float x);

/// A float32 r with float32(x * r) == 1, or nothing where rounding leaves none.
std::optional<float> exact_reciprocal(float x);

}  // namespace bitloom
