#include "ir/ops/multi_threshold.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {

using ops::require;

std::span<const OperandInfo> MultiThreshold::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"}, {"thresholds"}};
  return kOperands;
}

Attributes MultiThreshold::attributes() const {
  Attributes list{{"element", to_string(element)}, {"axis", std::int64_t{axis}}};
  if (bias != 0) list.emplace_back("bias", std::int64_t{bias});
  return list;
}

std::vector<TensorType> MultiThreshold::infer(const Node& node) const {
  const Shape &x = ops::float_operand(node, 0).shape, &thresholds = ops::float_operand(node, 1, 2).shape;
  require(axis >= 0 && axis < x.rank(), node, fmt::format("axis {} of a tensor {}", axis, to_string(x)), "choose one that it has");
  require(thresholds[0] == 1 || thresholds[0] == x[axis], node,
          fmt::format("thresholds {} for {} channels", to_string(thresholds), x[axis]), "give one row, or one per channel");
  const bool fits = element.is_bipolar()
                        ? thresholds[1] == 1 && bias == 0
                        : !element.is_float && element.bits <= 32 && bias >= element.min() && bias + thresholds[1] <= element.max();
  require(fits, node, fmt::format("{} thresholds above {} in {}", thresholds[1], bias, to_string(element)), "use a wider type");
  require(!quantization.per_channel(), node, "output is quantized per channel", "give it one scale");
  ops::check_quantization(node, quantization, element, x);
  return {{x, element, quantization}};
}

void MultiThreshold::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const auto x = inputs[0]->floats(), thresholds = inputs[1]->floats();
  const auto q = outputs[0].integers();
  const Shape& shape = inputs[0]->shape();
  const auto rows = static_cast<std::size_t>(inputs[1]->shape()[0]), count = static_cast<std::size_t>(inputs[1]->shape()[1]);
  std::size_t inner = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= static_cast<std::size_t>(shape[i]);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t channel = i / inner % static_cast<std::size_t>(shape[axis]);
    const auto row = thresholds.subspan((rows == 1 ? 0 : channel) * count, count);
    const auto reached = static_cast<std::int32_t>(std::ranges::count_if(row, [&](float threshold) { return x[i] >= threshold; }));
    q[i] = element.is_bipolar() ? 2 * reached - 1 : bias + reached;
  }
}

double MultiThreshold::steps(const Node& node) const {
  return Op::steps(node) * static_cast<double>(std::max<std::int64_t>(node.input(1)->shape()[1], 1));
}

bool MultiThreshold::stacks_images(const Node& node) const { return axis != 0 || node.input(1)->shape()[0] == 1; }

}  // namespace bitloom
