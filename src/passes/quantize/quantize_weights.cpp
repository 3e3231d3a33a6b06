#include "passes/quantize/quantize_weights.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "passes/quantize/activation_format.h"
#include "passes/quantize/weight_format.h"

namespace bitloom {
namespace {

constexpr double kBiasEnd = 0x1p30;        // leaves half of int32 to the products
constexpr double kFinestFactor = 0x1p-30;  // below it a sum cannot move its requantized value any more

/// Finds the format of weights that share one: of an output, of a group of them, or of all.
class FormatFinder {
 public:
  FormatFinder(float x_scale, std::optional<float> y_scale, const QuantizeOptions& options)
      : x_scale_(x_scale),
        y_scale_(y_scale),
        format_(weight_format(options.weight_bits, options.symmetric_weights)),
        power_of_two_(options.power_of_two) {}

  ElementType element() const { return format_.element; }

  WeightFormat operator()(std::span<const float> weights, std::span<const float> bias) const {
    const double least = least_weight_scale(bias, x_scale_, y_scale_);
    const WeightFormat covering_all = covering(format_, weights);
    double scale = std::max(double{covering_all.scale}, least);
    if (scale == 0) scale = 1 / static_cast<double>(format_.high);  // a classifier whose every parameter is 0
    if (power_of_two_) return with_power_of_two_product(weights, scale, least);
    return scale == covering_all.scale ? covering_all : at_scale(format_, static_cast<float>(scale), weights);
  }

 private:
  WeightFormat with_power_of_two_product(std::span<const float> weights, double scale, double least) const {
    const std::optional<float> reciprocal = exact_reciprocal(x_scale_);
    assert(reciprocal);  // powers of two have one, and pixel_format chooses a scale that has one
    const float power = round_up_to_power_of_two(static_cast<float>(scale / *reciprocal)) * *reciprocal;
    const WeightFormat above = at_scale(format_, power, weights), below = at_scale(format_, power / 2, weights);
    return below.scale >= least && below.squared_error(weights) < above.squared_error(weights) ? below : above;
  }

  float x_scale_;
  std::optional<float> y_scale_;
  WeightFormat format_;
  bool power_of_two_;
};

/// The scales and zero points of these formats: one for all, or one an output.
Quantization quantization_of(const std::vector<WeightFormat>& formats, bool per_channel) {
  if (!per_channel) return {{formats.front().scale}, formats.front().zero_point, -1};
  Quantization result{{}, 0, 0};
  std::vector<std::int32_t> zeros;
  for (const WeightFormat& format : formats) {
    result.scales.push_back(format.scale);
    zeros.push_back(format.zero_point);
  }
  result.set_zero_points(std::move(zeros));
  return result;
}

}  // namespace

double least_weight_scale(std::span<const float> bias, float x_scale, std::optional<float> y_scale) {
  const double least = largest_magnitude(bias) / x_scale / kBiasEnd;
  return y_scale ? std::max(least, double{*y_scale} * kFinestFactor / x_scale) : least;
}

Tensor integer_bias(std::span<const float> bias, float x_scale, const Quantization& of_weights) {
  Quantization quantization{{}, 0, of_weights.axis};
  for (const float scale : of_weights.scales) quantization.scales.push_back(x_scale * scale);
  std::vector<std::int32_t> integers;
  for (std::size_t o = 0; o < bias.size(); ++o)
    integers.push_back(static_cast<std::int32_t>(std::nearbyint(bias[o] / double{quantization.scales[of_weights.per_channel() ? o : 0]})));
  return Tensor({{static_cast<std::int64_t>(bias.size())}, ElementType::int32(), std::move(quantization)}, std::move(integers));
}

QuantizedParameters quantize_parameters(const Tensor& weights, const Tensor* bias, float x_scale, std::optional<float> y_scale,
                                        bool per_channel, const QuantizeOptions& options) {
  const auto outputs = static_cast<std::size_t>(weights.shape()[0]), group = per_channel ? static_cast<std::size_t>(options.group) : outputs;
  const std::size_t fan_in = weights.floats().size() / outputs;
  const FormatFinder find(x_scale, y_scale, options);

  std::vector<WeightFormat> formats;  // of each output
  for (std::size_t first = 0; first < outputs; first += group) {
    const std::size_t count = std::min(group, outputs - first);
    const auto own_bias = bias ? bias->floats().subspan(first, count) : std::span<const float>{};
    formats.resize(first + count, find(weights.floats().subspan(first * fan_in, count * fan_in), own_bias));
  }
  std::vector<std::int32_t> q;
  for (std::size_t i = 0; i < weights.floats().size(); ++i) q.push_back(formats[i / fan_in].integer(weights.floats()[i]));

  const Quantization quantization = quantization_of(formats, per_channel);
  QuantizedParameters result{Tensor({weights.shape(), find.element(), quantization}, std::move(q)), {}};
  if (bias) result.bias = integer_bias(bias->floats(), x_scale, quantization);
  return result;
}

}  // namespace bitloom
