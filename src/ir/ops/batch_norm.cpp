#include "ir/ops/batch_norm.h"

#include <cmath>

#include "ir/ops/check.h"

namespace bitloom {

std::span<const OperandInfo> BatchNorm::operands() const {
  static constexpr OperandInfo kOperands[] = {{"x"},
                                              {"gamma", OperandRole::kParameter},
                                              {"beta", OperandRole::kParameter},
                                              {"mean", OperandRole::kStatistic},
                                              {"variance", OperandRole::kStatistic}};
  return kOperands;
}

Attributes BatchNorm::attributes() const { return {{"epsilon", double{epsilon}}, {"momentum", double{momentum}}}; }

std::vector<TensorType> BatchNorm::infer(const Node& node) const {
  const TensorType& x = ops::float_operand(node, 0);
  ops::require(x.shape.rank() >= 2, node, "input has shape " + to_string(x.shape), "feed it a tensor NxCx...");
  ops::require(std::isfinite(epsilon) && epsilon >= 0, node, "epsilon is " + std::to_string(epsilon), "use a small positive number");
  for (int i = 1; i < static_cast<int>(operands().size()); ++i) {
    const Shape& shape = ops::float_operand(node, i).shape;
    ops::require(shape == Shape{x.shape[1]}, node,
                 std::string(operands()[static_cast<std::size_t>(i)].name) + " has shape " + to_string(shape) + " for " +
                     std::to_string(x.shape[1]) + " channels",
                 "give one value per channel");
  }
  return {{x.shape, ElementType::float32(), {}}};
}

void BatchNorm::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& shape = inputs[0]->shape();
  const std::int64_t channels = shape[1], inner = shape.elements() / (shape[0] * channels);
  const float *x = inputs[0]->floats().data(), *gamma = inputs[1]->floats().data(), *beta = inputs[2]->floats().data(),
              *mean = inputs[3]->floats().data(), *variance = inputs[4]->floats().data();
  float* y = outputs[0].floats().data();
  for (std::int64_t plane = 0; plane < shape[0] * channels; ++plane) {
    const std::int64_t c = plane % channels;
    const double deviation = std::sqrt(double{variance[c]} + epsilon);
    for (std::int64_t p = plane * inner; p < (plane + 1) * inner; ++p)
      y[p] = static_cast<float>((double{x[p]} - mean[c]) / deviation * gamma[c] + beta[c]);
  }
}

}  // namespace bitloom
