#pragma once

#include "ir/op.h"

namespace bitloom {

/// Transposed two-dimensional convolution, ONNX ConvTranspose: what a Conv2d with these attributes does to gradients.
/// Floats. x [N,C,H,W], w [C,O/groups,KH,KW], b [O] -> y [N,O,H',W'], H' = stride_h*(H-1) + dilation_h*(KH-1) + 1 +
/// output_pad_h - pad_top - pad_bottom.
///   y[n,o,i,j] = b[o] + sum of x[n,c,h,v] * w[c,o,u,t] over all c, h, v, u, t of o's group with
///                i = h*stride_h + u*dilation_h - pad_top,  j = v*stride_w + t*dilation_w - pad_left
/// Accumulated in double, rounded once. A pad crops the result; an output pad adds rows below and columns on the right.
struct ConvTranspose2d final : OpBase<ConvTranspose2d> {
  static constexpr std::string_view kName = "ConvTranspose2d";
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int output_pad_h = 0, output_pad_w = 0;
  int dilation_h = 1, dilation_w = 1;
  int groups = 1;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  std::int64_t macs(const Node& node) const override;
};

}  // namespace bitloom
