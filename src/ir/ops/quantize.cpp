#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "ir/ops/check.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

bool fits_int32(ElementType element) { return element.bits <= (element.is_signed ? 32 : 31); }

/// Calls use(scale, zero point, first element, one past the last) for each run of elements that share them.
template <class Use>
void for_each_scale(const Quantization& quantization, const Shape& shape, Use use) {
  std::int64_t outer = 1, inner = shape.elements();
  const std::int64_t channels = quantization.per_channel() ? shape[quantization.axis] : 1;
  if (quantization.per_channel()) {
    for (int axis = 0; axis < quantization.axis; ++axis) outer *= shape[axis];
    inner = channels * outer == 0 ? 0 : shape.elements() / (outer * channels);
  }
  for (std::int64_t run = 0; run < outer * channels; ++run)
    use(quantization.scales[static_cast<std::size_t>(run % channels)], quantization.zero_point_of(static_cast<std::size_t>(run % channels)),
        static_cast<std::size_t>(run * inner), static_cast<std::size_t>((run + 1) * inner));
}

}  // namespace

std::string_view to_string(Rounding rounding) {
  constexpr std::string_view kNames[] = {"half_to_even", "half_up", "floor", "ceil", "towards_zero", "away_from_zero", "half_away_from_zero",
                                         "half_towards_zero", "half_to_odd"};
  return kNames[static_cast<std::size_t>(rounding)];
}

double round_to(Rounding rounding, double x) {
  switch (rounding) {
    case Rounding::kHalfToEven:
      return std::nearbyint(x);
    case Rounding::kHalfUp:
      return std::floor(x) + (x - std::floor(x) >= 0.5 ? 1 : 0);
    case Rounding::kFloor:
      return std::floor(x);
    case Rounding::kCeil:
      return std::ceil(x);
    case Rounding::kTowardsZero:
      return std::trunc(x);
    case Rounding::kAwayFromZero:
      return std::copysign(std::ceil(std::abs(x)), x);
    case Rounding::kHalfAwayFromZero:
      return std::round(x);
    case Rounding::kHalfTowardsZero:
      return std::copysign(std::ceil(std::abs(x) - 0.5), x);
    case Rounding::kHalfToOdd:
      return std::nearbyint(x + 1) - 1;
  }
  return x;
}

std::span<const OperandInfo> Quantize::operands() const { return kUnary; }

Attributes Quantize::attributes() const {
  Attributes list{{"element", to_string(element)}};
  if (narrow) list.emplace_back("narrow", std::int64_t{1});
  if (rounding != Rounding::kHalfToEven) list.emplace_back("rounding", std::string(to_string(rounding)));
  return list;
}

std::vector<TensorType> Quantize::infer(const Node& node) const {
  const TensorType& x = ops::float_operand(node, 0);
  ops::check_quantization(node, quantization, element, x.shape);
  ops::require(fits_int32(element), node, "quantizes to " + to_string(element), "use at most 32 bits, 31 unsigned");
  ops::require(!narrow || element.bits > 1, node, "a narrow range of one bit", "use at least 2 bits, or the whole range");
  return {{x.shape, element, quantization}};
}

void Quantize::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto x = inputs[0]->floats();
  const auto q = outputs[0].integers();
  const auto least = static_cast<double>(low()), most = static_cast<double>(high());
  for_each_scale(quantization, inputs[0]->shape(), [&](float scale, std::int32_t zero_point, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const float quotient = x[i] / scale;  // a double holds all that follows exactly
      if (std::isnan(quotient)) throw InputError(kName, "a value to quantize is not a number", "check weights and inputs for NaN");
      if (element.is_bipolar())
        q[i] = quotient < 0 ? -1 : 1;
      else
        q[i] = static_cast<std::int32_t>(std::fmin(std::fmax(round_to(rounding, quotient) + zero_point, least), most));
    }
  });
}

std::span<const OperandInfo> Trunc::operands() const { return kUnary; }

Attributes Trunc::attributes() const {
  std::vector<std::int64_t> zeros;
  for (std::size_t i = 0; i < input.scales.size(); ++i) zeros.push_back(input.zero_point_of(i));
  Attributes list{{"element", to_string(element)}, {"shift", std::int64_t{shift}}, {"rounding", std::string(to_string(rounding))},
                  {"input_scales", fmt::format("{}", fmt::join(input.scales, ", "))}};
  if (std::ranges::any_of(zeros, [](std::int64_t zero) { return zero != 0; })) list.emplace_back("input_zero_points", std::move(zeros));
  if (narrow) list.emplace_back("narrow", std::int64_t{1});
  return list;
}

std::vector<TensorType> Trunc::infer(const Node& node) const {
  const TensorType& x = ops::float_operand(node, 0);
  ops::check_quantization(node, input, ElementType::int32(), x.shape);
  ops::check_quantization(node, quantization, element, x.shape);
  ops::require(shift >= 0 && shift < 32, node, fmt::format("drops {} bits", shift), "drop 0 to 31");
  ops::require(fits_int32(element) && !element.is_bipolar(), node, "cuts to " + to_string(element), "use 1 to 31 bits unsigned, or 2 to 32 signed");
  ops::require(!narrow || element.bits > 1, node, "a narrow range of one bit", "use at least 2 bits, or the whole range");
  return {{x.shape, element, quantization}};
}

void Trunc::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto x = inputs[0]->floats();
  const auto y = outputs[0].integers();
  const auto least = static_cast<double>(lowest(element, narrow)), most = static_cast<double>(highest(element, narrow));
  for_each_scale(input, inputs[0]->shape(), [&](float scale, std::int32_t zero_point, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const float quotient = x[i] / scale;
      if (std::isnan(quotient)) throw InputError(kName, "a value to quantize is not a number", "check weights and inputs for NaN");
      const double q = std::nearbyint(double{quotient} + zero_point);
      y[i] = static_cast<std::int32_t>(std::clamp(round_to(rounding, std::ldexp(q, -shift)), least, most));
    }
  });
}

std::span<const OperandInfo> Dequantize::operands() const { return kUnary; }

std::vector<TensorType> Dequantize::infer(const Node& node) const {
  const TensorType& x = ops::integer_operand(node, 0);
  ops::require(x.quantization.has_value(), node, "input has no quantization", "give its tensor type a scale and a zero point");
  ops::check_quantization(node, *x.quantization, x.element, x.shape);
  return {{x.shape, ElementType::float32(), {}}};
}

void Dequantize::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto q = inputs[0]->integers();
  const auto x = outputs[0].floats();
  const Quantization& quantization = *inputs[0]->type().quantization;
  for_each_scale(quantization, inputs[0]->shape(), [&](float scale, std::int32_t zero_point, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) x[i] = scale * static_cast<float>(std::int64_t{q[i]} - zero_point);
  });
}

}  // namespace bitloom
