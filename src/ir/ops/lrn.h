#pragma once

#include "ir/op.h"

namespace bitloom {

/// Local response normalization across channels, ONNX LRN (Krizhevsky et al. 2012, section 3.3). x [N,C,...] floats ->
/// y like x.
///   y[n,c,...] = x[n,c,...] / (bias + alpha / size * sum over k of x[n,k,...]^2)^beta
/// k runs over the channels from c - floor((size - 1) / 2) to c + ceil((size - 1) / 2) that exist.
struct Lrn final : OpBase<Lrn> {
  static constexpr std::string_view kName = "Lrn";
  int size = 1;
  float alpha = 1e-4f, beta = 0.75f, bias = 1;
  std::span<const OperandInfo> operands() const override;
  Attributes attributes() const override;
  std::vector<TensorType> infer(const Node& node) const override;
  void evaluate(std::span<const Tensor* const> inputs, std::span<Tensor> outputs) const override;
  double steps(const Node& node) const override;
};

}  // namespace bitloom
