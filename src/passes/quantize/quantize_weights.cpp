#include "passes/quantize/quantize_weights.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "passes/quantize/activation_format.h"

namespace bitloom {
namespace {

constexpr double kBiasEnd = 0x1p30;        // leaves half of int32 to the products
constexpr double kFinestFactor = 0x1p-30;  // below it a sum cannot move its requantized value any more

double largest_magnitude(std::span<const float> values) {
  double largest = 0;
  for (const float x : values) largest = std::max(largest, std::fabs(double{x}));
  return largest;
}

double squared_error(std::span<const float> values, double scale, double least, double most) {
  double sum = 0;
  for (const float x : values) {
    const double error = x - scale * std::clamp(std::nearbyint(x / scale), least, most);
    sum += error * error;
  }
  return sum;
}

/// One scale for `weights`, the weights of one output or of all.
class WeightScale {
 public:
  WeightScale(float x_scale, std::optional<float> y_scale, const QuantizeOptions& options)
      : x_scale_(x_scale), y_scale_(y_scale), most_((1 << (options.weight_bits - 1)) - 1), power_of_two_(options.power_of_two) {}

  float operator()(std::span<const float> weights, std::span<const float> bias) const {
    const double least = least_weight_scale(bias, x_scale_, y_scale_);
    double scale = std::max(largest_magnitude(weights) / most_, least);
    if (scale == 0) scale = 1 / most_;  // a classifier whose every parameter is 0
    return power_of_two_ ? with_power_of_two_product(weights, scale, least) : static_cast<float>(scale);
  }

 private:
  float with_power_of_two_product(std::span<const float> weights, double scale, double least) const {
    const std::optional<float> reciprocal = exact_reciprocal(x_scale_);
    assert(reciprocal);  // powers of two have one, and pixel_format chooses a scale that has one
    const float above = round_up_to_power_of_two(static_cast<float>(scale / *reciprocal)) * *reciprocal, below = above / 2;
    return below >= least && squared_error(weights, below, -most_, most_) < squared_error(weights, above, -most_, most_) ? below : above;
  }

  float x_scale_;
  std::optional<float> y_scale_;
  double most_;
  bool power_of_two_;
};

}  // namespace

double least_weight_scale(std::span<const float> bias, float x_scale, std::optional<float> y_scale) {
  const double least = largest_magnitude(bias) / x_scale / kBiasEnd;
  return y_scale ? std::max(least, double{*y_scale} * kFinestFactor / x_scale) : least;
}

float least_error_scale(std::span<const float> weights, std::int64_t low, std::int64_t high) {
  constexpr int kSteps = 80, kStepsAnOctave = 16;
  const double largest = largest_magnitude(weights), least = static_cast<double>(low), most = static_cast<double>(high);
  if (largest == 0) return 1;
  double best = largest / most, best_error = squared_error(weights, best, least, most);
  for (int step = 1; step <= kSteps; ++step) {
    const double scale = largest / most * std::exp2(-static_cast<double>(step) / kStepsAnOctave);
    const double error = squared_error(weights, scale, least, most);
    if (error >= best_error) continue;
    best = scale;
    best_error = error;
  }
  return static_cast<float>(best);
}

QuantizedParameters quantize_parameters(const Tensor& weights, const Tensor* bias, float x_scale, std::optional<float> y_scale,
                                        bool per_channel, const QuantizeOptions& options) {
  const auto outputs = static_cast<std::size_t>(weights.shape()[0]), groups = per_channel ? outputs : std::size_t{1};
  const std::size_t fan_in = weights.floats().size() / outputs, group = weights.floats().size() / groups;
  const std::span<const float> no_bias;
  const WeightScale scale_of(x_scale, y_scale, options);

  Quantization of_weights{{}, 0, per_channel ? 0 : -1}, of_bias = of_weights;
  for (std::size_t g = 0; g < groups; ++g) {
    const auto own_bias = bias ? bias->floats().subspan(g * outputs / groups, outputs / groups) : no_bias;
    of_weights.scales.push_back(scale_of(weights.floats().subspan(g * group, group), own_bias));
    of_bias.scales.push_back(x_scale * of_weights.scales.back());
  }

  const double most = (1 << (options.weight_bits - 1)) - 1;
  std::vector<std::int32_t> q(weights.floats().size());
  for (std::size_t i = 0; i < q.size(); ++i) {
    const double scale = of_weights.scales[per_channel ? i / fan_in : 0];
    q[i] = static_cast<std::int32_t>(std::clamp(std::nearbyint(weights.floats()[i] / scale), -most, most));
  }
  QuantizedParameters result{
      Tensor({weights.shape(), ElementType::integer(options.weight_bits, true), std::move(of_weights)}, std::move(q)), {}};
  if (!bias) return result;

  std::vector<std::int32_t> b(outputs);
  for (std::size_t o = 0; o < outputs; ++o)
    b[o] = static_cast<std::int32_t>(std::nearbyint(bias->floats()[o] / double{of_bias.scales[per_channel ? o : 0]}));
  result.bias = Tensor({bias->shape(), ElementType::int32(), std::move(of_bias)}, std::move(b));
  return result;
}

}  // namespace bitloom
