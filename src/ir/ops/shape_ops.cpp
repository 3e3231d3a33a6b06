#include "ir/ops/shape_ops.h"

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

}  // namespace bitloom
