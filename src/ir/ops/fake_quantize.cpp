#include "ir/ops/fake_quantize.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr float kSmallestScale = 0x1p-40f;

/// 2 to the power of the whole number nearest to log2 of x > 0.
float nearest_power_of_two(float x) {
  constexpr float kRootOfHalf = 0.70710678f;
  int exponent = 0;
  const float fraction = std::frexp(x, &exponent);  // in [1/2, 1)
  return std::ldexp(1.0f, fraction < kRootOfHalf ? exponent - 1 : exponent);
}

/// tanh(x) over its largest magnitude, times `reach`, for numbers that share a scale.
void bound_by_tanh(std::span<float> x, float reach) {
  float largest = 0;
  for (float& value : x) {
    value = std::tanh(value);
    largest = std::max(largest, std::abs(value));
  }
  if (largest == 0) return;
  for (float& value : x) value = value / largest * reach;
}

}  // namespace

std::string_view to_string(Estimator estimator) {
  constexpr std::string_view kNames[] = {"straight-through", "lsq", "lsq+", "pact", "dorefa", "inq"};
  return kNames[static_cast<std::size_t>(estimator)];
}

int exponent_of_rounded(float x) {
  int exponent = 0;
  const float fraction = std::frexp(x, &exponent);  // in [1/2, 1)
  return fraction >= 0.75f ? exponent : exponent - 1;
}

float FakeQuantize::power_of_two_level(float steps) const {
  const float size = std::abs(steps), largest = std::ldexp(1.0f, std::bit_width(static_cast<std::uint64_t>(high())) - 1);
  if (!(size >= 0.5f)) return 0;
  const float level = size < largest ? std::ldexp(1.0f, std::max(0, exponent_of_rounded(size))) : largest;
  return std::copysign(level, steps);
}

float FakeQuantize::effective_scale(float operand) const {
  const float scale = operand > kSmallestScale ? operand : kSmallestScale;  // also for what is no number: verify and the loss tell of those
  return power_of_two == 0 ? scale : power_of_two * nearest_power_of_two(scale / power_of_two);
}

FakeQuantize::Reach FakeQuantize::reach_of(float least, float most, bool has_offset) const {
  const auto first = static_cast<float>(low()), last = static_cast<float>(high()), zero = static_cast<float>(zero_point);
  if (!has_offset) {
    const float above = last > zero ? most / (last - zero) : 0, below = first < zero ? least / (first - zero) : 0;
    return {std::max(above, below), 0};
  }
  const float scale = (most - least) / (last - first);
  return {scale, least - first * scale};
}

Quantize FakeQuantize::quantizer(const Tensor& scale, const Tensor* offset, std::int64_t channels) const {
  Quantize op;
  op.element = element;
  op.narrow = narrow;
  op.quantization.zero_point = zero_point;
  op.quantization.axis = per_channel ? 0 : -1;
  const auto operand_of = [&](std::int64_t c) { return static_cast<std::size_t>(per_channel ? c / group : 0); };
  std::vector<std::int32_t> zeros;
  for (std::int64_t c = 0; c < (per_channel ? channels : 1); ++c) {
    op.quantization.scales.push_back(effective_scale(scale.floats()[operand_of(c)]));
    if (offset) zeros.push_back(zero_point_at(offset->floats()[operand_of(c)], op.quantization.scales.back()));
  }
  if (offset) op.quantization.set_zero_points(std::move(zeros));
  return op;
}

std::int32_t FakeQuantize::zero_point_at(float offset, float scale) const {
  const int step = element.bits == 8 ? 1 : 2;
  const double zero = step * std::nearbyint(-offset / scale / static_cast<float>(step));
  const auto least = static_cast<double>(low() + (low() & (step - 1))), most = static_cast<double>(high() - (high() & (step - 1)));
  return static_cast<std::int32_t>(std::fmin(std::fmax(zero, least), most));
}

Tensor FakeQuantize::as_rounded(const Tensor& x, std::span<const float> scales) const {
  Tensor result = x;
  const std::size_t block = result.floats().size() / scales.size();
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const std::span<float> values = result.floats().subspan(c * block, block);
    if (estimator == Estimator::kDorefa)
      bound_by_tanh(values, scales[c] * static_cast<float>(high()));
    else
      for (float& value : values) value = power_of_two_level(value / scales[c]) * scales[c];
  }
  return result;
}

Tensor FakeQuantize::integers(const Tensor& x, const Tensor& scale, const Tensor* offset) const {
  const Quantize op = quantizer(scale, offset, x.shape().rank() > 0 ? x.shape()[0] : 1);
  const bool is_changed = estimator == Estimator::kDorefa || estimator == Estimator::kIncremental;
  const Tensor changed = is_changed ? as_rounded(x, op.quantization.scales) : Tensor();
  const Tensor* inputs[] = {is_changed ? &changed : &x};
  Tensor q(TensorType{x.shape(), element, op.quantization});
  op.evaluate(inputs, {&q, 1});
  return q;
}

std::span<const OperandInfo> FakeQuantize::operands() const {
  static constexpr OperandInfo kTrained[] = {{"x"}, {"scale", OperandRole::kParameter}, {"offset", OperandRole::kParameter, true}};
  static constexpr OperandInfo kFixed[] = {{"x"}, {"scale", OperandRole::kStatistic}, {"offset", OperandRole::kStatistic, true}};
  const bool is_trained = estimator == Estimator::kLsq || estimator == Estimator::kLsqPlus || estimator == Estimator::kPact;
  return is_trained ? kTrained : kFixed;
}

Attributes FakeQuantize::attributes() const {
  Attributes list{{"element", to_string(element)}, {"estimator", std::string(to_string(estimator))}};
  if (narrow) list.emplace_back("narrow", std::int64_t{1});
  if (per_channel) list.emplace_back("per_channel", std::int64_t{1});
  if (group != 1) list.emplace_back("group", group);
  if (zero_point != 0) list.emplace_back("zero_point", std::int64_t{zero_point});
  if (power_of_two != 0) list.emplace_back("power_of_two", double{power_of_two});
  if (observer_share != 0) list.emplace_back("observer_share", double{observer_share});
  return list;
}

std::vector<TensorType> FakeQuantize::infer(const Node& node) const {
  const TensorType& x = ops::float_operand(node, 0);
  ops::require(!element.is_float && element.bits <= 16, node, "simulates " + to_string(element), "use integers of 1 to 16 bits");
  ops::require(!narrow || element.bits > 1, node, "a narrow range of one bit", "use at least 2 bits, or the whole range");
  const bool has_zero = element.is_bipolar() ? zero_point == 0 && !ops::optional_operand(node, 2)
                                             : zero_point >= element.min() && zero_point <= element.max();
  ops::require(has_zero, node, "zero point " + std::to_string(zero_point) + " lies outside " + to_string(element),
               "choose one that the type has; bipolar values have none");
  ops::require(std::isfinite(power_of_two) && power_of_two >= 0, node, "power_of_two = " + std::to_string(power_of_two), "use a positive number or 0");
  ops::require(observer_share >= 0 && observer_share <= 1, node, "observer_share = " + std::to_string(observer_share), "use 0 to 1");
  ops::require(observer_share == 0 || (!per_channel && operands()[1].role == OperandRole::kStatistic), node, "observes a range that is learned, or one a channel",
               "observe activations with an estimator that leaves scales alone");
  const Shape& scale = ops::float_operand(node, 1).shape;
  const bool rounds_them_all = estimator == Estimator::kDorefa || estimator == Estimator::kIncremental;
  ops::require(group == 1 || (group > 1 && per_channel && !rounds_them_all), node,
               "group = " + std::to_string(group) + " of scales that are not per channel, or of " + std::string(to_string(estimator)), "use 1");
  const std::int64_t channels = x.shape.rank() > 0 ? x.shape[0] : 1;
  const Shape wanted = per_channel ? Shape{(channels + group - 1) / group} : Shape{};
  ops::require(scale == wanted, node, "scales " + to_string(scale) + " for a tensor " + to_string(x.shape), "give " + to_string(wanted));
  if (ops::optional_operand(node, 2))
    ops::require(ops::float_operand(node, 2).shape == wanted, node,
                 "offsets " + to_string(ops::float_operand(node, 2).shape) + " for scales " + to_string(wanted), "give one for each scale");
  return {{x.shape, ElementType::float32(), {}}};
}

void FakeQuantize::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Tensor q = integers(*inputs[0], *inputs[1], inputs.size() > 2 ? inputs[2] : nullptr);
  const Tensor* integer_inputs[] = {&q};
  Dequantize{}.evaluate(integer_inputs, outputs);
}

}  // namespace bitloom
