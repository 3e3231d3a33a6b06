#pragma once

#include <span>
#include <string_view>

#include "train/operators.h"

/// LibTorch's side of the operators, by family: one file each, with the family's table at its end.
namespace bitloom::train {

using Operands = std::span<const at::Tensor>;

struct KernelEntry {
  std::string_view op;                 ///< Op::name()
  Kernel (*prepare)(const Node& node);
};
using KernelFamily = std::span<const KernelEntry>;

/// A kernel's own constant where its operand lies; the constant itself on a CPU.
inline at::Tensor beside(const at::Tensor& operand, const at::Tensor& constant) { return constant.to(operand.device()); }

KernelFamily batch_norm_kernels();
KernelFamily elementwise_kernels();
KernelFamily fake_quantize_kernels();
KernelFamily movement_kernels();
KernelFamily quantization_kernels();
KernelFamily reduction_kernels();
KernelFamily window_kernels();
KernelFamily window_nd_kernels();

}  // namespace bitloom::train
