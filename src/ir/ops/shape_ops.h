#pragma once

#include "ir/op.h"

namespace bitloom {

/// [N,C,H,W] -> [N, C*H*W], any element type; ONNX Flatten with axis 1.
struct Flatten final : OpBase<Flatten> {
  static constexpr std::string_view kName = "Flatten";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
