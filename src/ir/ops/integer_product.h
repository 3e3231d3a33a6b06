#pragma once

#include "ir/ops/conv2d.h"

/// Sums of products of integers whose zero points are operands: what networks hold that quantize their activations while they run
/// (DynamicQuantize). Factors are integers of at most 8 bits, taken as they stand: scales are the business of the nodes behind the sum. The
/// sum is exact, int32, and stands for itself.
namespace bitloom {

/// y = (a - a_zero_point) (b - b_zero_point), matrices as in MatMul; ONNX MatMulInteger. A zero point is one number or is broadcast to its
/// operand: [M,1] is one per row of a, [N] one per column of b. Absent it is 0.
struct MatMulInteger final : OpBase<MatMulInteger> {
  static constexpr std::string_view kName = "MatMulInteger";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
  std::int64_t macs(const Node& node) const override;
};

/// The convolution of x - x_zero_point with w - w_zero_point, images and weights as in Conv2d; ONNX ConvInteger. Positions outside x add
/// nothing. x_zero_point is one number, w_zero_point one or [O], one per output channel. Absent they are 0.
struct ConvInteger final : OpBase<ConvInteger> {
  static constexpr std::string_view kName = "ConvInteger";
  Conv2d geometry;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override { return geometry.attributes(); }
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
  std::int64_t macs(const Node& node) const override { return geometry.macs(node); }
};

}  // namespace bitloom
