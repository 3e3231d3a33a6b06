#pragma once

#include <cstdint>

#include "ir/op.h"

namespace bitloom {

/// Formats whose values a float32 tensor may be confined to.
enum class FloatFormat { kFloat32, kFloat16, kBfloat16 };
std::string_view to_string(FloatFormat format);

/// The value of `format` nearest to x, ties to the even one; beyond its largest, infinity.
float rounded_to(float x, FloatFormat format);

/// Another type for the same numbers; ONNX Cast.
///   to float32   the nearest value of `format`, stored as float32
///   to integers  cut towards zero, then wrapped in the type; NaN gives 0, and what leaves int64 its nearest value
///   to boolean   x != 0
struct Cast final : OpBase<Cast, Elementwise> {
  static constexpr std::string_view kName = "Cast";
  ElementType element = ElementType::float32();
  FloatFormat format = FloatFormat::kFloat32;  ///< kFloat32 unless `element` is float32
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

namespace ops {

/// x cut towards zero; NaN gives 0, and what leaves int64 its nearest value.
std::int64_t truncated(double x);

}  // namespace ops
}  // namespace bitloom
