#pragma once

#include "ir/op.h"

namespace bitloom {

/// Fully connected layer, ONNX Gemm with transB = 1. x [N,K], w [M,K], b [M] -> y [N,M].
///   y[n,m] = b[m] + sum over k of (x[n,k] - z) * w[m,k]
/// Float: z = 0, accumulated in double, rounded once. Integer: z is x's zero_point, y the exact int32 accumulator (see Conv2d).
struct Gemm final : OpBase<Gemm> {
  static constexpr std::string_view kName = "Gemm";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  std::int64_t macs(const Node& node) const override;
};

}  // namespace bitloom
