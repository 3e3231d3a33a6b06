#pragma once

#include "ir/op.h"
#include "ir/ops/window_nd.h"

namespace bitloom {

/// Convolution of images with any number of axes, ONNX Conv; of two, Conv2d is the operator. Floats, accumulated in double, rounded once.
/// x [N,C,D1,...], w [O,C/groups,K1,...], b [O] -> y [N,O,D1',...], Da' = (Da + pads - extent) / stride + 1.
///   y[n,o,p] = b[o] + sum over c,u of w[o,c,u] * x[n, c, what the window covers with u at p]; outside x there is 0
struct ConvNd final : OpBase<ConvNd> {
  static constexpr std::string_view kName = "ConvNd";
  WindowNd window;
  int groups = 1;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  std::int64_t macs(const Node& node) const override;
};

/// Transposed convolution of images with any number of axes, ONNX ConvTranspose: what a ConvNd with this window does to gradients. Floats,
/// as above. x [N,C,D1,...], w [C,O/groups,K1,...], b [O] -> y [N,O,D1',...], Da' = stride * (Da - 1) + extent + output_pad - pads.
///   y[n,o,q] = b[o] + sum of x[n,c,p] * w[c,o,u] over all c of o's group and all p, u where the window over y covers q with u at p
struct ConvTransposeNd final : OpBase<ConvTransposeNd> {
  static constexpr std::string_view kName = "ConvTransposeNd";
  WindowNd window;
  std::vector<int> output_pads;  ///< behind the last element of each axis
  int groups = 1;

  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  std::int64_t macs(const Node& node) const override;
};

}  // namespace bitloom
