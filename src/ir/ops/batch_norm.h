#pragma once

#include "ir/op.h"

namespace bitloom {

/// Inference-mode batch normalization, ONNX BatchNormalization. x [N,C,...], the rest [C] -> y like x.
///   y[n,c,...] = (x[n,c,...] - mean[c]) / sqrt(variance[c] + epsilon) * gamma[c] + beta[c]
/// `momentum` is the share of the old statistic kept per training step (ONNX's meaning; LibTorch's is 1 - momentum).
struct BatchNorm final : OpBase<BatchNorm> {
  static constexpr std::string_view kName = "BatchNorm";
  float epsilon = 1e-5f;
  float momentum = 0.9f;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
