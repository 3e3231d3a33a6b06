#include "passes/quantize/weight_format.h"

#include <algorithm>
#include <cmath>

#include "ir/ops/quantization.h"
#include "passes/quantize/activation_format.h"

namespace bitloom {
namespace {

/// The ends of the weights, and 0: pruned weights stay 0.
ValueRange range_of(std::span<const float> weights) {
  ValueRange range;
  for (const float w : weights) range = {std::min(range.low, w), std::max(range.high, w)};
  return range;
}

double mean_magnitude(std::span<const float> weights) {
  double sum = 0;
  for (const float w : weights) sum += std::fabs(double{w});
  return sum / static_cast<double>(weights.size());
}

}  // namespace

std::int32_t WeightFormat::integer(float w) const {
  if (element.is_bipolar()) return w < 0 ? -1 : 1;
  const double nearest = std::nearbyint(w / double{scale}) + zero_point;
  return static_cast<std::int32_t>(std::clamp(nearest, static_cast<double>(low), static_cast<double>(high)));
}

double WeightFormat::squared_error(std::span<const float> weights) const {
  double sum = 0;
  for (const float w : weights) {
    const double error = w - double{scale} * (integer(w) - zero_point);
    sum += error * error;
  }
  return sum;
}

WeightFormat weight_format(int bits, bool symmetric) {
  WeightFormat format;
  format.element = ElementType::integer(bits, symmetric);
  const bool narrow = symmetric && bits > 1;
  format.low = lowest(format.element, narrow);
  format.high = highest(format.element, narrow);
  return format;
}

WeightFormat covering(WeightFormat format, std::span<const float> weights) {
  constexpr double kNothing = 1e-30;  // below it a scale would leave float32
  const double largest = largest_magnitude(weights);
  if (format.element.is_bipolar()) {
    format.scale = static_cast<float>(mean_magnitude(weights));
  } else if (format.element.is_signed || largest < kNothing) {
    format.scale = static_cast<float>(largest / static_cast<double>(format.high));
  } else {
    const ActivationFormat cover = covering_format(range_of(weights), format.element);
    format.scale = cover.scale, format.zero_point = cover.zero_point;
  }
  return format;
}

WeightFormat at_scale(WeightFormat format, float scale, std::span<const float> weights) {
  format.scale = scale;
  if (!format.element.is_signed) format.zero_point = zero_point_for(range_of(weights).low, scale, format.element);
  return format;
}

WeightFormat of_least_error(const WeightFormat& format, std::span<const float> weights) {
  constexpr int kSteps = 80, kStepsAnOctave = 16;
  constexpr float kSmallestSign = 0x1p-40f;
  WeightFormat best = covering(format, weights);
  if (best.scale == 0) return at_scale(format, format.element.is_bipolar() ? kSmallestSign : 1, weights);  // signs of nothing are next to nothing
  if (format.element.is_bipolar()) return best;
  const double largest = best.scale;
  double least = best.squared_error(weights);
  for (int step = 1; step <= kSteps; ++step) {
    const WeightFormat tried = at_scale(format, static_cast<float>(largest * std::exp2(-static_cast<double>(step) / kStepsAnOctave)), weights);
    const double error = tried.squared_error(weights);
    if (error >= least) continue;
    best = tried;
    least = error;
  }
  return best;
}

double largest_magnitude(std::span<const float> values) {
  double largest = 0;
  for (const float x : values) largest = std::max(largest, std::fabs(double{x}));
  return largest;
}

}  // namespace bitloom
