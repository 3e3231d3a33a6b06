#pragma once

#include "ir/op.h"

namespace bitloom {

/// Floats to uint8 with a scale and a zero point that are found from the tensor itself; ONNX DynamicQuantizeLinear.
///   low = min(0, min of x)   high = max(0, max of x)
///   scale      = (high - low) / 255                              float32 []; 1 where that is 0, as ONNX Runtime has it for zeros
///   zero_point = round(clamp(-low / scale, 0, 255))              uint8 []
///   y          = clamp(round(x / scale) + zero_point, 0, 255)    uint8, like x
/// In float32, rounding half to even. y stands for scale * (y - zero_point), which its type cannot say: both are outputs. Each image has
/// its own scale, so images do not stack.
struct DynamicQuantize final : OpBase<DynamicQuantize> {
  static constexpr std::string_view kName = "DynamicQuantize";
  std::span<const OperandInfo> operands() const override;
  std::vector<TensorType> infer(const Node& node) const override;  ///< y, scale, zero_point
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return false; }
};

}  // namespace bitloom
