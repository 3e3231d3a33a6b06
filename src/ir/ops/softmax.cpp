#include "ir/ops/softmax.h"

#include <algorithm>
#include <cmath>

#include "ir/ops/check.h"
#include "ir/ops/groups.h"

namespace bitloom {

std::span<const OperandInfo> AlongAxis::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"}};
  return kOperands;
}

Attributes AlongAxis::attributes() const {
  return axis == -1 ? Attributes{} : Attributes{{"axis", std::int64_t{axis}}};
}

std::vector<TensorType> AlongAxis::infer(const Node& node) const {
  const Shape& shape = ops::float_operand(node, 0).shape;
  ops::require(shape.rank() >= 1, node, "input is a scalar", "feed it a tensor Nx...xK");
  ops::require(axis < 0 && axis >= -shape.rank(), node,
               "axis " + std::to_string(axis) + " of a tensor " + to_string(shape),
               "choose one from " + std::to_string(-shape.rank()) + " to -1");
  return {{shape, ElementType::float32(), {}}};
}

void AlongAxis::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const int axes[] = {axis + inputs[0]->shape().rank()};
  const ops::Groups lines = ops::groups_along(inputs[0]->shape(), axes);
  if (lines.step.empty()) return;
  const std::span<const float> x = inputs[0]->floats();
  const std::span<float> y = outputs[0].floats();
  std::vector<double> line(lines.step.size());
  for (const std::int64_t first : lines.first) {
    const auto at = [&](std::size_t k) { return static_cast<std::size_t>(first + lines.step[k]); };
    for (std::size_t k = 0; k < line.size(); ++k) line[k] = x[at(k)];
    apply(line);
    for (std::size_t k = 0; k < line.size(); ++k) y[at(k)] = static_cast<float>(line[k]);
  }
}

bool AlongAxis::stacks_images(const Node& node) const {
  return axis != -node.input(0)->shape().rank();
}

void Softmax::apply(std::span<double> line) const {
  const double largest = *std::ranges::max_element(line);
  double sum = 0;
  for (double& x : line) sum += x = std::exp(x - largest);
  for (double& x : line) x /= sum;
}

void LogSoftmax::apply(std::span<double> line) const {
  const double largest = *std::ranges::max_element(line);
  double sum = 0;
  for (double& x : line) sum += std::exp(x -= largest);
  for (double& x : line) x -= std::log(sum);
}

void Hardmax::apply(std::span<double> line) const {
  const auto largest = std::ranges::max_element(line) - line.begin();
  std::ranges::fill(line, 0);
  line[static_cast<std::size_t>(largest)] = 1;
}

}  // namespace bitloom
