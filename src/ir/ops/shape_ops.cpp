#include "ir/ops/shape_ops.h"

#include <algorithm>
#include <cmath>

#include "ir/ops/check.h"

namespace bitloom {
namespace {

constexpr OperandInfo kUnary[] = {{"x"}};

}  // namespace

std::span<const OperandInfo> Flatten::operands() const { return kUnary; }

std::vector<TensorType> Flatten::infer(const Node& node) const {
  TensorType type = ops::operand(node, 0);
  ops::require(type.shape.rank() >= 2, node, "input has shape " + to_string(type.shape), "feed it a tensor NxCx...");
  ops::require(!type.quantization || !type.quantization->per_channel(), node, "input is quantized per channel",
               "quantize it per tensor; flattening mixes the channels");
  std::int64_t features = 1;
  for (int axis = 1; axis < type.shape.rank(); ++axis) features *= type.shape[axis];
  type.shape = Shape{type.shape[0], features};
  return {std::move(type)};
}

void Flatten::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape shape = outputs[0].shape();
  outputs[0] = *inputs[0];
  outputs[0].reshape(shape);
}

std::span<const OperandInfo> Softmax::operands() const { return kUnary; }

std::vector<TensorType> Softmax::infer(const Node& node) const {
  const Shape& shape = ops::float_operand(node, 0).shape;
  ops::require(shape.rank() >= 1, node, "input is a scalar", "feed it a tensor Nx...xK");
  return {{shape, ElementType::float32(), {}}};
}

void Softmax::evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const {
  const Shape& shape = inputs[0]->shape();
  const auto classes = static_cast<std::size_t>(shape[shape.rank() - 1]);
  const auto all = inputs[0]->floats();
  std::vector<double> weights(classes);
  for (std::size_t row = 0; row < all.size(); row += classes) {
    const auto x = all.subspan(row, classes);
    const double largest = *std::max_element(x.begin(), x.end());
    double sum = 0;
    for (std::size_t k = 0; k < classes; ++k) sum += weights[k] = std::exp(x[k] - largest);
    for (std::size_t k = 0; k < classes; ++k) outputs[0].floats()[row + k] = static_cast<float>(weights[k] / sum);
  }
}

}  // namespace bitloom
