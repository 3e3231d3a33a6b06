#include "passes/quantize/activation_format.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <limits>
#include <numeric>

#include "ir/interpreter.h"
#include "ir/ops/quantization.h"
#include "passes/quantize/calibration.h"

namespace bitloom {
namespace {

bool all_equal(const std::vector<float>& values) {
  return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

/// The 256 pixel values after the graph's preprocessing.
Tensor preprocessed_pixels(const Graph& graph) {
  Graph probe;
  probe.add_input("pixels", {{1, 1, 16, 16}, ElementType::float32(), {}});
  probe.preprocessing = graph.preprocessing;
  std::vector<std::uint8_t> pixels(256);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  return preprocess(probe, pixels);
}

bool maps_pixels_to_themselves(const ActivationFormat& format, const Tensor& pixels) {
  Quantize quantize;
  quantize.element = format.element;
  quantize.quantization = format.quantization();
  const Tensor* inputs[] = {&pixels};
  Tensor outputs[] = {Tensor(TensorType{pixels.shape(), format.element, {}})};
  quantize.evaluate(inputs, outputs);
  for (std::int32_t p = 0; p < 256; ++p)
    if (outputs[0].integers()[static_cast<std::size_t>(p)] != p) return false;
  return true;
}

double squared_error(const Histogram& values, const ActivationFormat& f) {
  return values.squared_error(f.scale, f.element.min() - f.zero_point, f.element.max() - f.zero_point);
}

/// The mean magnitude is what signs times a scale differ least from.
ActivationFormat bipolar_format(const Histogram& values, const QuantizeOptions& options) {
  const double mean = values.mean_magnitude();
  if (mean < FLT_MIN) return {ElementType::bipolar(), 1, 0};
  if (!options.power_of_two) return {ElementType::bipolar(), static_cast<float>(mean), 0};
  // The squared error is a parabola around the mean, so the nearer power is the better one.
  const float above = round_up_to_power_of_two(static_cast<float>(mean)), below = above / 2;
  return {ElementType::bipolar(), mean - below < above - mean ? below : above, 0};
}

/// The format that covers `range`.
ActivationFormat format_of(ValueRange range, const Histogram& values, const QuantizeOptions& options) {
  const double low = range.low, high = range.high;
  const bool is_signed = options.activation_bits > 1 && (!options.unsigned_activations || (options.symmetric_activations && low < 0));
  const ElementType element = ElementType::integer(options.activation_bits, is_signed);
  const auto with_scale = [&](float scale) {
    return ActivationFormat{element, scale, options.symmetric_activations ? 0 : zero_point_for(low, scale, element)};
  };

  const double steps = static_cast<double>(options.symmetric_activations ? element.max() : element.max() - element.min());
  const double scale = (options.symmetric_activations ? std::max(-low, high) : high - low) / steps;
  if (scale < FLT_MIN) return with_scale(1);  // a range of nothing but 0, or as good as that
  const ActivationFormat covering = options.symmetric_activations ? with_scale(static_cast<float>(scale)) : covering_format(range, element);
  if (!options.power_of_two) return covering;
  const float power = round_up_to_power_of_two(covering.scale);
  const ActivationFormat above = with_scale(power), below = with_scale(power / 2);
  return squared_error(values, below) < squared_error(values, above) ? below : above;
}

ValueRange range_of_least_squares(const Histogram& values, const QuantizeOptions& options) {
  return range_of_least(values, [&](ValueRange range) { return squared_error(values, format_of(range, values, options)); });
}

}  // namespace

std::int32_t zero_point_for(double low, double scale, ElementType element) {
  const int step = element.bits == 8 ? 1 : 2;
  const auto least = static_cast<double>(element.min()), most = static_cast<double>(element.max() + 1 - step);
  return static_cast<std::int32_t>(std::clamp(step * std::nearbyint((least - low / scale) / step), least, most));
}

ActivationFormat covering_format(ValueRange range, ElementType element) {
  const double low = range.low, high = range.high, levels = static_cast<double>(element.max() - element.min());
  const double scale = (high - low) / levels;
  if (element.bits == 8) return {element, static_cast<float>(scale), zero_point_for(low, static_cast<float>(scale), element)};
  // Below the exact zero point the high end asks for the smaller scale, above it the low end: the best even one is a neighbour of it.
  // An end that is the zero point itself covers half a step, which is rounded to it.
  ActivationFormat best{element, std::numeric_limits<float>::infinity(), 0};
  for (const double exact : {low + scale, low, low - scale}) {
    const std::int32_t zero_point = zero_point_for(exact, scale, element);
    const auto distance = [&](std::int64_t end) { return std::max(static_cast<float>(std::abs(end - zero_point)), 0.5f); };
    const float below = range.low < 0 ? -range.low / distance(element.min()) : 0,
                above = range.high > 0 ? range.high / distance(element.max()) : 0;
    if (const float needed = std::max(below, above); needed < best.scale) best = {element, needed, zero_point};
  }
  return best;
}

float round_up_to_power_of_two(float x) {
  int exponent = 0;
  const float fraction = std::frexp(x, &exponent);  // in [1/2, 1)
  return std::ldexp(1.0f, fraction == 0.5f ? exponent - 1 : exponent);
}

std::optional<float> exact_reciprocal(float x) {
  const float near = 1 / x;
  for (const float r : {near, std::nextafter(near, 0.0f), std::nextafter(near, INFINITY)})
    if (x * r == 1) return r;
  return {};
}

bool is_bipolar_at(int bits, const Histogram& values) { return bits == 1 && values.extremes().low < 0; }

ValueRange calibrated_range(const Histogram& values, const QuantizeOptions& options) {
  if (options.activation_bits == 1) return range_of_least_squares(values, options);
  switch (options.calibration) {
    case Calibration::kMinMax:
      return values.extremes();
    case Calibration::kMovingAverage:
      return values.averaged_extremes();
    case Calibration::kPercentile:
      return values.without((100 - options.percentile) / 200);
    case Calibration::kSquaredError:
      return range_of_least_squares(values, options);
    case Calibration::kEntropy: {
      const bool is_two_sided = values.extremes().low < 0 || (options.symmetric_activations && !options.unsigned_activations);
      return least_divergent_range(values, std::size_t{1} << (options.activation_bits - (is_two_sided ? 1 : 0)));
    }
  }
  return values.extremes();
}

bool needs_counts(const QuantizeOptions& options) {
  const bool has_one_bit = options.activation_bits == 1 || options.first_last_bits == 1 || options.sum_bits == 1 ||
                           std::ranges::any_of(options.layers, [](const auto& layer) { return layer.second.activations == 1; });
  return has_one_bit || options.power_of_two ||
         (options.calibration != Calibration::kMinMax && options.calibration != Calibration::kMovingAverage);
}

ActivationFormat activation_format(const Histogram& values, const QuantizeOptions& options) {
  if (is_bipolar_at(options.activation_bits, values)) return bipolar_format(values, options);
  return format_of(calibrated_range(values, options), values, options);
}

std::optional<ActivationFormat> pixel_format(const Graph& graph, const QuantizeOptions& options) {
  const Preprocessing& p = graph.preprocessing;
  if (graph.inputs().front()->shape().rank() != 4 || !all_equal(p.mean) || !all_equal(p.std)) return {};
  const double mean = p.mean.empty() ? 0 : p.mean.front(), deviation = p.std.empty() ? 1 : p.std.front();
  const double step = (double{p.high} - p.low) / 255 / deviation;
  const double zero_point = std::nearbyint((mean - p.low) / (double{p.high} - p.low) * 255);
  if (!(step >= FLT_MIN) || !std::isfinite(step) || !(zero_point >= 0 && zero_point <= 255)) return {};
  if (options.symmetric_activations && zero_point != 0) return {};

  ActivationFormat format{ElementType::uint8(), static_cast<float>(step), static_cast<std::int32_t>(zero_point)};
  const Tensor pixels = preprocessed_pixels(graph);
  constexpr int kNeighbours = 16;  // of the scale, one unit in the last place after the other; three in four have an exact reciprocal
  for (int i = 0; i < kNeighbours; ++i, format.scale = std::nextafter(format.scale, 0.0f))
    if (maps_pixels_to_themselves(format, pixels) && (!options.power_of_two || exact_reciprocal(format.scale))) return format;
  return {};
}

}  // namespace bitloom
