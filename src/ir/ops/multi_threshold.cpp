#include "ir/ops/multi_threshold.h"

#include <fmt/format.h>

#include <algorithm>

#include "ir/ops/check.h"

namespace bitloom {

using ops::require;

namespace {

/// Calls use(i, how many thresholds x[i] reaches) for every element of x.
template <class T, class Use>
void count_reached(const Tensor& x, const Tensor& thresholds, int axis, Use use) {
  const auto values = x.values<T>(), steps = thresholds.values<T>();
  const auto rows = static_cast<std::size_t>(thresholds.shape()[0]), count = static_cast<std::size_t>(thresholds.shape()[1]);
  std::size_t inner = 1;
  for (int i = axis + 1; i < x.shape().rank(); ++i) inner *= static_cast<std::size_t>(x.shape()[i]);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t channel = i / inner % static_cast<std::size_t>(x.shape()[axis]);
    const auto row = steps.subspan((rows == 1 ? 0 : channel) * count, count);
    use(i, static_cast<std::int32_t>(std::ranges::count_if(row, [&](T threshold) { return values[i] >= threshold; })));
  }
}

/// x and thresholds, which are of one kind.
void check_kinds(const Node& node) {
  if (ops::operand(node, 0).element.is_float) {
    ops::float_operand(node, 1, 2);
    return;
  }
  for (int i = 0; i < 2; ++i) {
    const TensorType& type = ops::integer_operand(node, i, i == 0 ? -1 : 2);
    require(type.element.bits <= 32, node, "compares " + to_string(type.element), "use at most 32 bits");
  }
}

}  // namespace

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
  check_kinds(node);
  const Shape &x = node.input(0)->shape(), &thresholds = node.input(1)->shape();
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
  const auto q = outputs[0].integers();
  const auto use = [&](std::size_t i, std::int32_t reached) { q[i] = element.is_bipolar() ? 2 * reached - 1 : bias + reached; };
  if (inputs[0]->is_float())
    count_reached<float>(*inputs[0], *inputs[1], axis, use);
  else
    count_reached<std::int32_t>(*inputs[0], *inputs[1], axis, use);
}

double MultiThreshold::steps(const Node& node) const {
  return Op::steps(node) * static_cast<double>(std::max<std::int64_t>(node.input(1)->shape()[1], 1));
}

bool MultiThreshold::stacks_images(const Node& node) const { return axis != 0 || node.input(1)->shape()[0] == 1; }

}  // namespace bitloom
