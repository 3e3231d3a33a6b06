#pragma once

#include <array>

#include "ir/ops/quantization.h"

/// Sums and products of two tensors of integers that stand for reals on scales of their own. Shapes are broadcast as ops/broadcast.h says.
/// The result is exact and rounded once: ONNX Runtime's QLinearAdd and QLinearMul without their rounding errors.
namespace bitloom {

/// The addition of a residual network:
///   y = clamp(zero_point + round((a - za) * factors[0] + (b - zb) * factors[1]), low, high)
/// with a and b of at most 16 bits, their zero points za and zb, and factors that are a.scale / y.scale and b.scale / y.scale in float32,
/// held exactly.
struct RescaledAdd final : OpBase<RescaledAdd>, Narrowing {
  static constexpr std::string_view kName = "RescaledAdd";
  std::array<FixedMultiplier, 2> factors;

  int common_shift() const;                           ///< of both factors
  std::array<std::int64_t, 2> aligned_factors() const;  ///< times 2^common_shift, below 2^44

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  bool stacks_images(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// The product of two tensors, such as a map and the gate of its channels:
///   y = clamp(zero_point + round((a - za) * (b - zb) * factor), low, high)
/// with a and b of at most 28 bits together and a factor that is float32(a.scale * b.scale) / y.scale in float32, held exactly.
struct RescaledMul final : OpBase<RescaledMul>, Narrowing {
  static constexpr std::string_view kName = "RescaledMul";
  FixedMultiplier factor;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  bool stacks_images(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
