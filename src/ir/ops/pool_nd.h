#pragma once

#include "ir/op.h"
#include "ir/ops/window_nd.h"

namespace bitloom {

/// Maximum of each window, of images with any number of axes, and where it stands if that is asked for; ONNX MaxPool. Without `indices`,
/// and of two axes, MaxPool2d is the operator. Positions outside x are skipped. On integers as on floats; y has x's type. An index is that
/// of the first largest element in x as one row-major list, int64, all images and channels included; with column_major the axes of the
/// image, but for N and C, count the other way round. So images do not stack with `indices`.
struct MaxPoolNd final : OpBase<MaxPoolNd> {
  static constexpr std::string_view kName = "MaxPoolNd";
  WindowNd window;
  bool indices = false;       ///< whether there is a second output
  bool column_major = false;  ///< of the indices; ONNX's storage_order

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override { return window.steps(node); }
  bool stacks_images(const Node&) const override { return !indices; }
};

/// Mean of each window, of images with any number of axes, floats only; ONNX AveragePool. Of two axes, AveragePool2d is the operator.
/// Divides by the size of the kernel, or, with count_include_pad off, by the positions inside x.
struct AveragePoolNd final : OpBase<AveragePoolNd> {
  static constexpr std::string_view kName = "AveragePoolNd";
  WindowNd window;
  bool count_include_pad = false;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override { return window.steps(node); }
};

}  // namespace bitloom
