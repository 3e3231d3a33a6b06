#pragma once

#include "ir/op.h"

namespace bitloom {

/// Product of matrices in the last two axes, ONNX MatMul. Operands of any ranks from 1; the axes before the last two
/// broadcast.
///   y[..., i, j] = sum over k of a[..., i, k] * b[..., k, j]
/// An operand of rank 1 is one row (a) or one column (b), whose axis y does not have. Floats are accumulated in double and
/// rounded once; int32 and int64 that stand for themselves wrap in their type. A product with constant weights [K,M] of
/// rows [N,K] is a Gemm instead, which quantization and hardware know.
struct MatMul final : OpBase<MatMul> {
  static constexpr std::string_view kName = "MatMul";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node& node) const override;
  std::int64_t macs(const Node& node) const override;
};

namespace ops {

/// Shape of the product of a node's first two operands. @throws InputError naming both where they have none.
Shape matrix_product_shape(const Node& node);

}  // namespace ops

}  // namespace bitloom
