#include <ATen/ops/add.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/div.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/round.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "ir/ops/quantization.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {
namespace {

/// One scale, or one per index of an axis, in a shape that broadcasts over the tensor.
at::Tensor scale_tensor(const Quantization& quantization, int rank) {
  const at::Tensor scales = at::tensor(quantization.scales);
  if (!quantization.per_channel()) return scales;
  std::vector<std::int64_t> shape(static_cast<std::size_t>(rank), 1);
  shape[static_cast<std::size_t>(quantization.axis)] = -1;
  return scales.reshape(shape);
}

/// Whole numbers in a float tensor. Training sees rounding as the identity (straight-through estimator, arXiv:1308.3432) and clamping as
/// what it is.
Kernel quantize(const Node& node) {
  const Quantize& op = *node.as<Quantize>();
  const auto low = static_cast<double>(op.element.min() - op.quantization.zero_point);
  const auto high = static_cast<double>(op.element.max() - op.quantization.zero_point);
  const at::Tensor scale = scale_tensor(op.quantization, node.input(0)->shape().rank());
  return [=, zero_point = op.quantization.zero_point](Operands in, Mode mode) {
    const at::Tensor x = at::div(in[0], scale);
    const at::Tensor rounded = mode == Mode::kTrain ? at::add(x, at::sub(at::round(x), x).detach()) : at::round(x);
    return at::add(at::clamp(rounded, low, high), zero_point);
  };
}

Kernel dequantize(const Node& node) {
  const Quantization& quantization = *node.input(0)->type().quantization;
  return [zero_point = quantization.zero_point, scale = scale_tensor(quantization, node.input(0)->shape().rank())](Operands in, Mode) {
    return at::mul(at::sub(in[0], zero_point), scale);
  };
}

constexpr KernelEntry kKernels[] = {
    {Dequantize::kName, dequantize},
    {Quantize::kName, quantize},
};

}  // namespace

KernelFamily quantization_kernels() { return kKernels; }

}  // namespace bitloom::train
