#pragma once

#include <array>

#include "ir/ops/quantization.h"

namespace bitloom {

/// The addition of a residual network on integers of different scales:
///   y = clamp(zero_point + round((a - za) * factors[0] + (b - zb) * factors[1]), low, high)
/// with a and b of at most 16 bits and one shape, their zero points za and zb, and factors that are a.scale / y.scale and b.scale / y.scale
/// in float32, held exactly. The sum is exact and rounded once: this is ONNX Runtime's QLinearAdd without its rounding errors.
struct RescaledAdd final : OpBase<RescaledAdd> {
  static constexpr std::string_view kName = "RescaledAdd";
  std::array<FixedMultiplier, 2> factors;
  Rounding rounding = Rounding::kHalfToEven;
  ElementType element = ElementType::int8();
  Quantization quantization;            ///< of the output, per tensor
  std::int32_t low = -128, high = 127;  ///< within element; a ReLU behind it makes low the zero_point

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

}  // namespace bitloom
