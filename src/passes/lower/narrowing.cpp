#include "passes/lower/narrowing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>

#include "base/error.h"
#include "ir/ops/elementwise.h"
#include "passes/lower/value_range.h"

namespace bitloom::lowering {
namespace {

/// The integer that the Quantize makes of a bound of the Cut. All its roundings keep the order, so cutting the integers is cutting the reals.
std::int32_t quantized(const Quantize& quantize, float bound) {
  const Tensor x({1}, {bound});
  const Tensor* inputs[] = {&x};
  Tensor outputs[] = {Tensor(TensorType{{1}, quantize.element, quantize.quantization})};
  quantize.evaluate(inputs, outputs);
  return outputs[0].integers().front();
}

void set_narrowing(Narrowing& narrowing, const Node& node, const Cut& cut) {
  const Quantize& quantize = *node.as<Quantize>();
  if (quantize.quantization.per_channel())
    throw InputError(node.where(), "quantizes an activation per channel", "quantize activations per tensor");
  assert(!quantize.element.is_bipolar());
  if (quantize.rounding > Rounding::kFloor)
    throw InputError(node.where(), fmt::format("requantizes to {} rounding {}", to_string(quantize.element), to_string(quantize.rounding)),
                     "requantization rounds half_to_even, half_up or floor");
  narrowing.element = quantize.element;
  narrowing.quantization = quantize.quantization;
  narrowing.rounding = quantize.rounding;
  narrowing.low = static_cast<std::int32_t>(quantize.low());
  narrowing.high = static_cast<std::int32_t>(quantize.high());
  if (std::isfinite(cut.low)) narrowing.low = std::clamp(quantized(quantize, cut.low), narrowing.low, narrowing.high);
  if (std::isfinite(cut.high)) narrowing.high = std::clamp(quantized(quantize, cut.high), narrowing.low, narrowing.high);
}

FixedMultiplier factor_of(const Node& node, float scale) {
  try {
    return fixed_multiplier(scale / node.as<Quantize>()->quantization.scales.front());
  } catch (const InputError& error) {
    throw InputError(node.where(), error.what());
  }
}

/// Rounding down keeps what is less than 0 there.
void set_sign(Narrowing& sign) {
  sign.rounding = Rounding::kFloor;
  sign.element = ElementType::integer(2, true);
  sign.quantization = {{1}, 0, -1};
  sign.low = -1, sign.high = 0;
}

/// Makes of `exact` what has nothing to round or clamp: results low .. high on the scale.
void set_exact(Narrowing& exact, float scale, std::int64_t low, std::int64_t high) {
  exact.element = narrowed(ElementType::int32(), std::min<std::int64_t>(low, 0), std::max<std::int64_t>(high, 0));
  exact.quantization = {{scale}, 0, -1};
  exact.low = static_cast<std::int32_t>(low), exact.high = static_cast<std::int32_t>(high);
}

/// Distances from the zero point.
IntegerRange centred(const Value& x) {
  const IntegerRange range = value_range(x);
  const std::int64_t zero = x.type().quantization->zero_point;
  return {range.low - zero, range.high - zero};
}

/// @throws InputError where an operand of a pair is quantized per channel: it has no one scale
float scale_of(const Node& quantize, const Value& x) {
  if (x.type().quantization->per_channel())
    throw InputError(quantize.where(), fmt::format("'{}' is quantized per channel", x.name()), "quantize activations per tensor");
  return x.type().quantization->scales.front();
}

}  // namespace

Cut Cut::then(const Cut& next) const {
  const auto through = [&](float x) { return std::min(std::max(x, next.low), next.high); };
  return {through(low), through(high)};
}

Cut cut_of(const Node& node) {
  if (const auto* clip = node.as<Clip>()) return {std::min(clip->low, clip->high), clip->high};  // as Clip has it: low > high gives high
  return {.low = 0};
}

ElementType narrowed(ElementType element, std::int64_t low, std::int64_t high) {
  if (element != ElementType::int32()) return element;
  ElementType narrow = ElementType::integer(low < 0 ? 2 : 1, low < 0);
  while (narrow.min() > low || narrow.max() < high) ++narrow.bits;
  return narrow.bits < 32 ? narrow : element;
}

Requantize requantize_of(const Node& quantize, std::span<const float> scales, const Cut& cut) {
  Requantize requantize;
  set_narrowing(requantize, quantize, cut);
  for (const float scale : scales) requantize.factors.push_back(factor_of(quantize, scale));
  const auto& factors = requantize.factors;
  if (std::adjacent_find(factors.begin(), factors.end(), std::not_equal_to<>()) == factors.end()) requantize.factors.resize(1);
  return requantize;
}

RescaledAdd rescaled_add_of(const Node& quantize, const Value& a, const Value& b, const Cut& cut) {
  RescaledAdd add;
  set_narrowing(add, quantize, cut);
  add.factors = {factor_of(quantize, scale_of(quantize, a)), factor_of(quantize, scale_of(quantize, b))};
  return add;
}

RescaledMul rescaled_mul_of(const Node& quantize, const Value& a, const Value& b, const Cut& cut) {
  RescaledMul mul;
  set_narrowing(mul, quantize, cut);
  mul.factor = factor_of(quantize, scale_of(quantize, a) * scale_of(quantize, b));
  return mul;
}

RescaledAdd sign_of_add(const Node& add, const Value& a, const Value& b) {
  RescaledAdd sign;
  set_sign(sign);
  try {
    sign.factors = {fixed_multiplier(scale_of(add, a)), fixed_multiplier(scale_of(add, b))};
  } catch (const InputError& error) {
    throw InputError(add.where(), error.what());
  }
  return sign;
}

RescaledMul sign_of_mul() {
  RescaledMul sign;
  set_sign(sign);
  return sign;
}

RescaledAdd exact_add_of(const Node& node, const Value& a, const Value& b) {
  const float scale = scale_of(node, a);
  if (scale != scale_of(node, b))
    throw InputError(node.where(), fmt::format("adds integers of scales {} and {}, whose sum is none of either", scale, scale_of(node, b)),
                     "quantize both with one scale, or their sum");
  RescaledAdd add;
  const IntegerRange x = centred(a), y = centred(b);
  set_exact(add, scale, x.low + y.low, x.high + y.high);
  return add;
}

RescaledMul exact_mul_of(const Node& node, const Value& a, const Value& b) {
  RescaledMul mul;
  const IntegerRange x = centred(a), y = centred(b);
  const auto [low, high] = std::minmax({x.low * y.low, x.low * y.high, x.high * y.low, x.high * y.high});
  set_exact(mul, scale_of(node, a) * scale_of(node, b), low, high);
  return mul;
}

}  // namespace bitloom::lowering
