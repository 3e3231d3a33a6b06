#pragma once

#include "ir/op.h"

namespace bitloom {

/// Window geometry that the pooling operators share. The window at (i, j) covers the positions
///   (i*stride_h + u*dilation_h - pad_top, j*stride_w + v*dilation_w - pad_left),  0 <= u < kernel_h, 0 <= v < kernel_w.
/// Output sizes are rounded down. ONNX's ceil_mode needs nothing of its own: it is padding at the bottom and on the right.
struct PoolWindow {
  int kernel_h = 1, kernel_w = 1;
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int dilation_h = 1, dilation_w = 1;

  bool is_dilated() const { return dilation_h != 1 || dilation_w != 1; }
  Attributes attributes() const;
  Shape output_shape(const Node& node, const Shape& x) const;  ///< @throws InputError also where a window would cover nothing of x
  double steps(const Node& node) const;                        ///< every window's positions inside x, or more
};

/// ONNX MaxPool. Positions outside x are skipped, not read as 0. On integers as on floats; y has x's type.
struct MaxPool2d final : OpBase<MaxPool2d> {
  static constexpr std::string_view kName = "MaxPool2d";
  PoolWindow window;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override { return window.attributes(); }
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override { return window.steps(node); }
};

/// ONNX AveragePool, floats only. Divides by the kernel area, or, with count_include_pad off, by the positions inside x.
struct AveragePool2d final : OpBase<AveragePool2d> {
  static constexpr std::string_view kName = "AveragePool2d";
  PoolWindow window;
  bool count_include_pad = false;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override { return window.steps(node); }
};

/// The integer half of an average pool: y = sum over the window of (x - zero_point), exact in int32, scale x.scale / kernel area.
/// Positions outside x add nothing. A Requantize after it does the division.
struct SumPool2d final : OpBase<SumPool2d> {
  static constexpr std::string_view kName = "SumPool2d";
  PoolWindow window;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override { return window.attributes(); }
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override { return window.steps(node); }
};

}  // namespace bitloom
