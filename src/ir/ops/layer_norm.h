#pragma once

#include "ir/op.h"

namespace bitloom {

/// Normalization of each image over its last axes, ONNX LayerNormalization (arXiv:1607.06450). scale and bias have the
/// shape of x's axes from `axis` on; mean and variance are taken over those axes.
///   y = (x - mean) / sqrt(variance + epsilon) * scale + bias
/// With `statistics` there are two more outputs, the mean and 1 / sqrt(variance + epsilon), with length 1 along the
/// normalized axes.
struct LayerNorm final : OpBase<LayerNorm> {
  static constexpr std::string_view kName = "LayerNorm";
  int axis = 1;
  float epsilon = 1e-5f;
  bool statistics = false;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axis != 0; }
};

/// Normalization of each channel of each image, ONNX InstanceNormalization (arXiv:1607.08022). x [N,C,...], scale and
/// bias [C]; mean and variance are taken over the axes after C.
///   y[n,c,...] = (x[n,c,...] - mean) / sqrt(variance + epsilon) * scale[c] + bias[c]
struct InstanceNorm final : OpBase<InstanceNorm> {
  static constexpr std::string_view kName = "InstanceNorm";
  float epsilon = 1e-5f;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
};

/// Normalization over chosen axes without parameters, ONNX MeanVarianceNormalization.
///   y = (x - mean) / (sqrt(variance) + 1e-9), both over `axes`
struct MeanVarianceNorm final : OpBase<MeanVarianceNorm> {
  static constexpr std::string_view kName = "MeanVarianceNorm";
  std::vector<int> axes;  ///< ascending
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  bool stacks_images(const Node&) const override { return axes.empty() || axes.front() != 0; }
};

}  // namespace bitloom
