#include <cmath>

#include "base/error.h"
#include "ir/ops/check.h"
#include "ir/ops/quantization.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

/// Calls use(index of the scale, first element, one past the last) for each run of elements that share a scale.
template <class Use>
void for_each_scale(const Quantization& quantization, const Shape& shape, Use use) {
  std::int64_t outer = 1, inner = shape.elements();
  const std::int64_t channels = quantization.per_channel() ? shape[quantization.axis] : 1;
  if (quantization.per_channel()) {
    for (int axis = 0; axis < quantization.axis; ++axis) outer *= shape[axis];
    inner = channels * outer == 0 ? 0 : shape.elements() / (outer * channels);
  }
  for (std::int64_t run = 0; run < outer * channels; ++run)
    use(quantization.scales[static_cast<std::size_t>(run % channels)], static_cast<std::size_t>(run * inner),
        static_cast<std::size_t>((run + 1) * inner));
}

}  // namespace

std::span<const OperandInfo> Quantize::operands() const { return kUnary; }

Attributes Quantize::attributes() const { return {{"element", to_string(element)}}; }

std::vector<TensorType> Quantize::infer(const Node& node) const {
  const TensorType& x = ops::float_operand(node, 0);
  ops::check_quantization(node, quantization, element, x.shape);
  return {{x.shape, element, quantization}};
}

void Quantize::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto x = inputs[0]->floats();
  const auto q = outputs[0].integers();
  const auto low = static_cast<double>(element.min()), high = static_cast<double>(element.max());
  for_each_scale(quantization, inputs[0]->shape(), [&](float scale, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const double rounded = std::nearbyint(x[i] / scale);  // the quotient is a float32; a double holds all that follows exactly
      if (std::isnan(rounded)) throw InputError(kName, "a value to quantize is not a number", "check weights and inputs for NaN");
      q[i] = static_cast<std::int32_t>(std::fmin(std::fmax(rounded + quantization.zero_point, low), high));
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
  for_each_scale(quantization, inputs[0]->shape(), [&](float scale, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) x[i] = scale * static_cast<float>(std::int64_t{q[i]} - quantization.zero_point);
  });
}

}  // namespace bitloom
