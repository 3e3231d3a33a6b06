#pragma once

#include "ir/op.h"

namespace bitloom {

/// q = bias + how many of its channel's thresholds x reaches (t <= x). QONNX and FINN MultiThreshold: what a quantizer and the layers
/// before it come down to in hardware (arXiv:1709.04060). x and thresholds [C,T] or [1,T] are both floats, or, as `lower` makes them, both
/// integers, compared as they lie: an accumulator and its steps. q is of the given type. A bipolar q is +1 where x reaches the one
/// threshold, else -1. NaN reaches none.
struct MultiThreshold final : OpBase<MultiThreshold> {
  static constexpr std::string_view kName = "MultiThreshold";
  int axis = 1;  ///< of the channels
  std::int32_t bias = 0;
  ElementType element = ElementType::uint8();
  Quantization quantization;  ///< of q, per tensor

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override;
  bool stacks_images(const Node& node) const override;
};

}  // namespace bitloom
