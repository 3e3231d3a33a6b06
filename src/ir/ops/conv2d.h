#pragma once

#include "ir/op.h"

namespace bitloom {

/// Two-dimensional convolution, ONNX Conv. x [N,C,H,W], w [O,C/groups,KH,KW], b [O] -> y [N,O,H',W'].
///   y[n,o,i,j] = b[o] + sum over c,u,v of w[o,c,u,v]
///                * (x[n, c, i*stride_h + u*dilation_h - pad_top, j*stride_w + v*dilation_w - pad_left] - z)
/// Float: z = 0, accumulated in double, rounded once. Integer (x, w integers, b int32): z is x's zero_point, positions outside x
/// read as z and so add nothing, y is the exact int32 accumulator with scale x.scale * w.scale.
struct Conv2d final : OpBase<Conv2d> {
  static constexpr std::string_view kName = "Conv2d";
  int stride_h = 1, stride_w = 1;
  int pad_top = 0, pad_left = 0, pad_bottom = 0, pad_right = 0;
  int dilation_h = 1, dilation_w = 1;
  int groups = 1;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  Shape output_shape(const Node& node) const;  ///< of operands that are `node`'s first two. @throws InputError where the geometry does not fit
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  std::int64_t macs(const Node& node) const override;
};

}  // namespace bitloom
