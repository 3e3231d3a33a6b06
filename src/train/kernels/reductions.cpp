#include <ATen/ops/batch_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/softmax.h>

#include "ir/ops/batch_norm.h"
#include "ir/ops/gemm.h"
#include "ir/ops/shape_ops.h"
#include "train/kernels/kernels.h"

namespace bitloom::train {
namespace {

Kernel gemm(const Node&) {
  return [](Operands in, Mode) { return at::linear(in[0], in[1], in.size() > 2 ? in[2] : at::Tensor()); };
}

/// In training: normalizes by the batch's own mean and variance and moves the running ones towards them (the variance with n - 1 in the
/// divisor, as LibTorch does).
Kernel batch_norm(const Node& node) {
  const BatchNorm& op = *node.as<BatchNorm>();
  return [epsilon = op.epsilon, share_of_new = 1.0 - double{op.momentum}](Operands in, Mode mode) {
    return at::batch_norm(in[0], in[1], in[2], in[3], in[4], mode == Mode::kTrain, share_of_new, epsilon, /*cudnn_enabled=*/false);
  };
}

constexpr KernelEntry kKernels[] = {
    {BatchNorm::kName, batch_norm},
    {Gemm::kName, gemm},
    {Softmax::kName, [](const Node&) -> Kernel { return [](Operands in, Mode) { return at::softmax(in[0], -1); }; }},
};

}  // namespace

KernelFamily reduction_kernels() { return kKernels; }

}  // namespace bitloom::train
